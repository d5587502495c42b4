/** What the embedder costs on this machine: see `--help`. Takes under a minute with the default count. */
import { createReadStream, existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import {
  createEmbedder,
  type LocalEmbedder,
  MAX_DOCUMENTS_PER_CALL,
} from '../../src/embedding/create-embedder.js';
import type { DocumentText } from '../../src/embedding/embedder.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import { runBench } from './run-bench.js';

const HELP = `Usage: node dist/scripts/bench/embedding.js [options]

Embeds abstracts with one and with two workers and prints abstracts per second, the milliseconds of a cold
load, and the milliseconds of a query on an idle embedder and while it embeds documents.

  --count N      abstracts, 1 to 5000 (default 256)
  --model DIR    a model folder (default models/Xenova/all-MiniLM-L6-v2)
  --input FILE   JSON lines with title and abstract, .gz too (default: ../shared/data/papers-100k.jsonl.gz
                 where that exists, else samples/landmark-papers.jsonl)
  --json         one JSON object on one line
  --help         this text
`;

const QUERIES = [
  'infinite width limits of neural networks',
  'searching for neural architectures',
  'how do large language models use long contexts',
  'protein structure',
];
const QUERY_COUNT = 60;

interface Milliseconds {
  p50: number;
  p95: number;
}

function parseOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '256' },
      model: { type: 'string', default: join(projectRoot, 'models', 'Xenova', 'all-MiniLM-L6-v2') },
      input: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const count = Number(values.count);
  if (!Number.isInteger(count) || count < 1 || count > 5000) {
    throw new Error(`--count must be a whole number from 1 to 5000, not ${values.count}`);
  }
  const candidates = [
    join(projectRoot, '..', 'shared', 'data', 'papers-100k.jsonl.gz'),
    join(projectRoot, 'samples', 'landmark-papers.jsonl'),
  ];
  const input = values.input ?? candidates.find((file) => existsSync(file));
  if (input === undefined)
    throw new Error(`no input: neither ${candidates.join(' nor ')} is there; give --input`);
  return { ...values, count, input };
}

/** The first `count` documents of a file, from its beginning again where it has fewer. */
async function readDocuments(file: string, count: number): Promise<DocumentText[]> {
  const input = createReadStream(file);
  const found: DocumentText[] = [];
  for await (const line of createInterface({
    input: file.endsWith('.gz') ? input.pipe(createGunzip()) : input,
  })) {
    if (line.trim() === '') continue;
    const { title, abstract }: DocumentText = JSON.parse(line);
    found.push({ title, abstract: abstract ?? '' });
    if (found.length === count) break;
  }
  input.destroy();
  if (found.length === 0) throw new Error(`${file} has no documents`);
  return Array.from({ length: count }, (_, at) => found[at % found.length]!);
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const started = performance.now();
  const value = await work();
  return { ms: performance.now() - started, value };
}

async function withEmbedder<T>(
  modelDir: string,
  workers: number,
  use: (embedder: LocalEmbedder) => Promise<T>,
): Promise<T> {
  const embedder = await createEmbedder({ modelDir, workers, log: silentLogger });
  try {
    await embedder.warm();
    for (let tries = 0; embedder.stats().workers < workers; tries++) {
      if (tries === 600)
        throw new Error(`only ${embedder.stats().workers} of ${workers} workers started in a minute`);
      await sleep(100);
    }
    return await use(embedder);
  } finally {
    await embedder.close();
  }
}

async function embedAll(embedder: LocalEmbedder, documents: readonly DocumentText[]): Promise<void> {
  for (let at = 0; at < documents.length; at += MAX_DOCUMENTS_PER_CALL) {
    await embedder.embedDocuments(documents.slice(at, at + MAX_DOCUMENTS_PER_CALL));
  }
}

async function measureQueries(embedder: LocalEmbedder, goOn: () => boolean): Promise<Milliseconds> {
  const times: number[] = [];
  for (let at = 0; at < QUERY_COUNT && goOn(); at++) {
    times.push((await timed(() => embedder.embedQuery(`${QUERIES[at % QUERIES.length]} ${at}`))).ms);
    // People don't type in lockstep with batches.
    await sleep(at % 23);
  }
  times.sort((a, b) => a - b);
  const quantile = (q: number) =>
    round(times[Math.min(times.length - 1, Math.floor(q * times.length))] ?? Number.NaN);
  return { p50: quantile(0.5), p95: quantile(0.95) };
}

const round = (value: number): number => Math.round(value * 10) / 10;

async function measure({ count, model, input }: ReturnType<typeof parseOptions>) {
  const documents = await readDocuments(input, count);
  const load = await timed(async () => {
    const embedder = await createEmbedder({ modelDir: model, workers: 1, log: silentLogger });
    await embedder.warm();
    return embedder;
  });
  await load.value.close();
  const perSecond: Record<string, number> = {};
  let meanTokens = 0;
  for (const workers of [1, 2]) {
    await withEmbedder(model, workers, async (embedder) => {
      const { ms } = await timed(() => embedAll(embedder, documents));
      perSecond[workers] = round((count / ms) * 1000);
      meanTokens = Math.round(embedder.stats().tokens / count);
    });
  }
  const queryMs = await withEmbedder(model, 2, async (embedder) => {
    const idle = await measureQueries(embedder, () => true);
    let busy = true;
    const background = embedAll(embedder, documents).finally(() => {
      busy = false;
    });
    const whileEmbedding = await measureQueries(embedder, () => busy);
    await background;
    return { idle, whileEmbedding };
  });
  return {
    benchmark: 'embedding',
    model: load.value.model.id,
    node: process.version,
    cpu: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`,
    input: relative(projectRoot, input),
    count,
    meanTokens,
    loadMs: Math.round(load.ms),
    abstractsPerSecond: perSecond,
    queryMs,
  };
}

function asText(result: Awaited<ReturnType<typeof measure>>): string {
  const { queryMs, abstractsPerSecond: rate } = result;
  const line = ({ p50, p95 }: Milliseconds) => `${p50} ms (median), ${p95} ms (95th percentile)`;
  return `${result.model} on ${result.cpu}, Node.js ${result.node}
${result.count} abstracts of ${result.input}, ${result.meanTokens} tokens on average
  cold load               ${result.loadMs} ms
  one worker              ${rate['1']} abstracts/s
  two workers             ${rate['2']} abstracts/s
  query, idle             ${line(queryMs.idle)}
  query, while embedding  ${line(queryMs.whileEmbedding)}
`;
}

await runBench({ name: 'embedding', help: HELP, parse: parseOptions, measure, asText });
