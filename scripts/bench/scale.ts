/** `npm run bench:scale`: the whole service with many papers. See `--help`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../../src/platform/db/embedded/postgres.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import { commandEnv, type RunningService, startQuire } from '../../tests/support/process.js';
import { fillDataFolder } from './fill.js';
import { type Memory, memoryOf } from './process-memory.js';
import { SLOW_POLL_MS, until } from './ready.js';
import { runBench } from './run-bench.js';
import { requireSharedData } from './shared-data.js';

const HELP = `npm run bench:scale -- [--count 100000] [--seconds 20] [--json]

The whole service (HTTP, index, one embedding worker, embedded PostgreSQL) with --count real papers and their
vectors from ../shared/data: seconds until exact answers without a snapshot, until the graph is in service, and
until ready with a snapshot; milliseconds a search over HTTP; memory of all processes, idle and while --seconds
of searches run. Appends a line to bench/results.jsonl.
`;

/** Searches under way at once: a busy afternoon of a lab. */
const CLIENTS = 4;

function parse() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100000' },
      seconds: { type: 'string', default: '20' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, seconds] = [Number(values.count), Number(values.seconds)];
  if (!(count >= 100 && count <= 100_000)) throw new Error('--count: expected 100 to 100000');
  if (!values.help) requireSharedData();
  return { ...values, count, seconds };
}

interface Latency {
  p50: number;
  p99: number;
  perSecond: number;
}

/** Searches by titles of papers, each another one, so that nothing is answered from memory. */
async function search(service: RunningService, titles: readonly string[], seconds: number): Promise<Latency> {
  const times: number[] = [];
  const until = performance.now() + seconds * 1_000;
  let next = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const query = encodeURIComponent(`${titles[(next++ * 7_919) % titles.length]} ${next}`.slice(0, 500));
      const started = performance.now();
      const answer = await fetch(`${service.url}/api/v1/search?q=${query}&limit=10`);
      const { items } = (await answer.json()) as { items: unknown[] };
      if (items.length !== 10) throw new Error(`a search brought ${items.length} papers`);
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  times.sort((a, b) => a - b);
  const quantile = (q: number): number =>
    round(times[Math.min(times.length - 1, Math.floor(q * times.length))]!);
  return { p50: quantile(0.5), p99: quantile(0.99), perSecond: Math.round(times.length / seconds) };
}

const round = (value: number): number => Math.round(value * 10) / 10;

async function measure({ count, seconds }: ReturnType<typeof parse>) {
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-scale-'));
  const env = commandEnv(dataDir, {
    MODELS_DIR: join(projectRoot, 'models'),
    MODEL: 'Xenova/all-MiniLM-L6-v2',
    EMBED_WORKERS: '1',
    SAMPLE: 'off',
    LOG_LEVEL: 'error',
  });
  const note = (text: string) => process.stderr.write(`${text}\n`);
  let service: RunningService | null = null;
  try {
    const filled = performance.now();
    const titles = await fillDataFolder(dataDir, count);
    note(`filled in ${Math.round((performance.now() - filled) / 1_000)} s`);
    const memory: Record<string, Memory> = {};

    let started = performance.now();
    const since = (): number => round((performance.now() - started) / 1_000);
    service = await startQuire([], env);
    await until(service.url, { what: 'exact answers', holds: ({ ready }) => ready });
    const exactReady = since();
    const exact = await search(service, titles, Math.min(5, seconds));
    await until(service.url, {
      what: 'the graph',
      holds: ({ index }) => index.kind === 'hnsw' || count <= 5_000,
      pollMs: SLOW_POLL_MS,
    });
    const graphReady = since();
    memory['afterBuild'] = await memoryOf(service.pid, dataDir);
    note(`exact after ${exactReady} s, graph after ${graphReady} s`);
    if ((await service.stop()) !== 0) throw new Error(`it did not stop well: ${service.stderr()}`);

    const readies: number[] = [];
    for (let run = 0; run < 3; run++) {
      started = performance.now();
      service = await startQuire([], env);
      await until(service.url, { what: 'ready from the snapshot', holds: ({ ready }) => ready });
      readies.push(since());
      if (run < 2) await service.stop();
    }
    await sleep(5_000);
    memory['idle'] = await memoryOf(service.pid, dataDir);
    const load = search(service, titles, seconds);
    await sleep(seconds * 900);
    memory['underLoad'] = await memoryOf(service.pid, dataDir);
    const searches = await load;
    await service.stop();
    service = null;
    return {
      benchmark: 'scale',
      papers: count,
      seconds: { exactReady, graphReady, readyFromSnapshot: readies.sort((a, b) => a - b)[1]! },
      searchMs: { exact, graph: searches },
      memory,
    };
  } finally {
    await service?.kill();
    await startEmbeddedPostgres({ dataDir, log: silentLogger }).then((postgres) => postgres.close());
    await rm(dataDir, { recursive: true, force: true });
  }
}

function asText({ papers, seconds, searchMs, memory }: Awaited<ReturnType<typeof measure>>): string {
  const latency = ({ p50, p99, perSecond }: Latency) => `${p50} ms (median), ${p99} ms (p99), ${perSecond}/s`;
  const lines = Object.entries(memory).map(
    ([when, { megabytes, residentMegabytes, service, database, processes }]) =>
      `  memory, ${when.padEnd(20)} ${megabytes} MB (service ${service}, database ${database}; plain sum of ${processes} processes ${residentMegabytes})`,
  );
  return `${papers} papers, one embedding worker
  exact answers without a snapshot after ${seconds.exactReady} s, the graph after ${seconds.graphReady} s
  ready with a snapshot after ${seconds.readyFromSnapshot} s
  search over HTTP, exact      ${latency(searchMs.exact)}
  search over HTTP, graph      ${latency(searchMs.graph)}
${lines.join('\n')}
`;
}

await runBench({ name: 'scale', help: HELP, parse, measure, asText });
