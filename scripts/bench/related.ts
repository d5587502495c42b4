import { Agent, get } from 'node:http';
import { parseArgs } from 'node:util';
import { foldTitle, titleKey } from '../../src/papers/fold.js';
import { createProgress } from '../../src/platform/progress.js';
import { until } from './ready.js';
import { runBench } from './run-bench.js';
import { prepare } from './search-prepare.js';
import { quantile, tenth } from './search-protocol.js';
import { startOurs } from './search-services.js';
import { requireSharedData } from './shared-data.js';

const help = `npm run bench:related -- [OPTIONS]

Asks for papers related to random ones of ../shared/data, with reasons, over HTTP, closed loop, and looks into every answer: the paper itself,
a paper with its title or with its abstract must not be there. Exits with 1 if one is.

  --count N        papers; default: 100000
  --tries N        default: 10000, at most 20000
  --connections N  default: 8
  --data DIR       the folders of bench:search, kept for the next run; default: made and removed
  --json           the result as JSON
  --help
`;

interface Options {
  count: number;
  tries: number;
  connections: number;
  data?: string | undefined;
  json: boolean;
  help: boolean;
}

interface Result {
  papers: number;
  tries: number;
  connections: number;
  perSecond: number;
  p50: number;
  p99: number;
  most: number;
  /** Answers that hold the paper itself, and those that hold a copy of it. */
  itself: string[];
  copies: string[];
  /** Answers with fewer papers than asked for. */
  short: number;
  failed: Record<string, number>;
}

const REQUEST_LIMIT_MS = 30_000;
const LIMIT = 10;

interface Listed {
  id: string;
  title: string;
  abstract: string;
}

function parse(): Options {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100000' },
      tries: { type: 'string', default: '10000' },
      connections: { type: 'string', default: '8' },
      data: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, tries, connections] = [values.count, values.tries, values.connections].map(Number);
  if (![count, tries, connections].every((value) => Number.isInteger(value) && value! > 0))
    throw new Error('--count, --tries and --connections: expected whole numbers from 1');
  return { ...values, count: count!, tries: tries!, connections: connections! };
}

async function measure(options: Options): Promise<Result> {
  requireSharedData();
  const prepared = await prepare(options.count, options.data ?? null);
  try {
    const service = await startOurs(prepared.ours);
    try {
      await until(service.url, { what: 'the service', holds: ({ ready }) => ready });
      return await askAll(service.url, prepared.ids.slice(0, options.tries), options);
    } finally {
      await service.stop();
    }
  } finally {
    await prepared.remove();
  }
}

async function askAll(url: string, ids: readonly string[], options: Options): Promise<Result> {
  const { count, connections } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const progress = createProgress('related', process.stderr);
  const times: number[] = [];
  const found = { itself: [] as string[], copies: [] as string[], short: 0 };
  const failed: Record<string, number> = {};
  let next = 0;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      const asked = performance.now();
      try {
        const path = `${url}/api/v1/papers/${encodeURIComponent(id)}`;
        const related = await read<{ items: { paper: Listed }[] }>(agent, `${path}/related?limit=${LIMIT}`);
        times.push(performance.now() - asked);
        const paper = await read<Listed>(agent, path);
        check(paper, related.items, found);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failed[reason] = (failed[reason] ?? 0) + 1;
      }
      if (next % 100 === 0) progress.update({ done: next, total: ids.length });
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - started) / 1_000;
  progress.end();
  agent.destroy();
  times.sort((a, b) => a - b);
  if (found.itself.length + found.copies.length > 0 || Object.keys(failed).length > 0) process.exitCode = 1;
  return {
    ...{ papers: count, tries: ids.length, connections, perSecond: tenth(times.length / seconds) },
    ...{
      p50: tenth(quantile(times, 0.5)),
      p99: tenth(quantile(times, 0.99)),
      most: tenth(times.at(-1) ?? 0),
    },
    ...found,
    failed,
  };
}

function check(
  paper: Listed,
  items: readonly { paper: Listed }[],
  found: Pick<Result, 'itself' | 'copies' | 'short'>,
): void {
  if (items.length < LIMIT) found.short++;
  const text = foldTitle(paper.abstract);
  for (const { paper: other } of items) {
    if (other.id === paper.id) found.itself.push(paper.id);
    const isSameText = text !== '' && foldTitle(other.abstract) === text;
    if (isSameText || titleKey(other.title) === titleKey(paper.title))
      found.copies.push(`${paper.id}: ${other.id} ${other.title}`);
  }
}

function read<T>(agent: Agent, url: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, timeout: REQUEST_LIMIT_MS }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`));
        else resolve(JSON.parse(Buffer.concat(parts).toString()) as T);
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${REQUEST_LIMIT_MS} ms`)));
    request.on('error', reject);
  });
}

function asText(result: Result): string {
  const { tries, papers, connections, perSecond, p50, p99, most, itself, copies, short, failed } = result;
  return `${tries} papers of ${papers}, ${connections} connections: ${perSecond}/s, p50 ${p50} ms, p99 ${p99} ms, most ${most} ms
the paper itself: ${itself.length}; copies of it: ${copies.length}; fewer than ${LIMIT}: ${short}; failed: ${JSON.stringify(failed)}
${copies.map((copy) => `  ${copy}\n`).join('')}`;
}

await runBench({ name: 'related', help, parse, measure, asText });
