/** What the vector index costs on this machine: see `--help`. Takes a minute with the default count. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import { createVectorIndex } from '../../src/vectors/worker/client.js';
import { runBench } from './run-bench.js';
import { DIMENSION, loadVectors, randomNumbers, sharedVectors } from './vectors-data.js';
import { createLoopWatch, measureMemory, round, until } from './vectors-measure.js';
import {
  addition,
  type BenchState,
  measureBuild,
  measureFilters,
  measureLatencies,
  measureRecall,
  runRound,
} from './vectors-phases.js';

const HELP = `Usage: node dist/scripts/bench/vectors.js [options]

Puts vectors into the index, on its thread and by its client, as the service does, and prints: when searches were
complete without a snapshot, when the graph was there; its recall at 10 against exact search and how many vectors
don't find themselves, at first and after rounds of deletions and updates; searches alone, during additions, during
a snapshot and during compaction; filters from all to one; the memory and the file a vector, and the time of loading.

  --count N      vectors, 6000 to 100000 (default 10000)
  --queries N    vectors searched for, of which none is in the index, 50 to 1000 (default 1000)
  --rounds N     in each half is deleted, as many come in and a third is updated, 0 to 10 (default 2)
  --input FILE   ${DIMENSION} little-endian float16 a vector (default: ../shared/data/papers-100k.minilm.f16
                 where that exists, else random vectors in clusters)
  --seed N       of every random choice (default 1)
  --json         one JSON object on one line
  --help         this text
`;

const MODEL = 'bench';
/** Longest wait for the snapshot and the audit after it. */
const SAVE_LIMIT_MS = 120_000;

function parseOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '10000' },
      queries: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '2' },
      input: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'count' | 'queries' | 'rounds' | 'seed', min: number, max: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new Error(`--${name} must be a whole number from ${min} to ${max}, not ${values[name]}`);
    }
    return value;
  };
  return {
    count: whole('count', 6_000, 100_000),
    queries: whole('queries', 50, 1_000),
    rounds: whole('rounds', 0, 10),
    seed: whole('seed', 0, 2 ** 31),
    input: values.input ?? sharedVectors(),
    json: values.json,
    help: values.help,
  };
}

type Options = ReturnType<typeof parseOptions>;

/** The state of now saved, and what a process that loads it takes. */
async function measureSnapshot({ index, live }: BenchState, dir: string) {
  const saved = await index.save();
  if (saved === null) throw new Error('there was nothing to save');
  const { lastMs } = index.stats().activity.snapshots;
  const { loadMs, size, bytes, smallSize, threadBytes } = await measureMemory(dir, MODEL);
  if (size !== live.size) throw new Error(`${size} vectors were loaded, ${live.size} saved`);
  return {
    fileBytesPerVector: round(saved.bytes / live.size, 0),
    writeMs: Math.round(lastMs),
    loadMs,
    threadMegabytes: round(threadBytes / 1e6, 1),
    memoryBytesPerVector: round((bytes - threadBytes) / (size - smallSize), 0),
    memoryBytesPerVectorWithThread: round(bytes / live.size, 0),
  };
}

async function measureIn(dir: string, { count, queries, rounds, input, seed }: Options) {
  const data = await loadVectors({ input, count, queries, seed });
  const index = createVectorIndex({ dimension: DIMENSION, modelId: MODEL, dir, log: silentLogger });
  const watch = createLoopWatch();
  const state: BenchState = {
    index,
    ...data,
    random: randomNumbers(seed + 1),
    watch,
    live: new Map(),
    nextLabel: 1,
    seq: 0n,
  };
  await index.open();
  try {
    const changes = data.vectors.map((vector) => addition(state, vector));
    const build = await watch.during(() => measureBuild(state, changes));
    await until(() => index.stats().activity.snapshots.count > 0, 'the snapshot', SAVE_LIMIT_MS);
    const snapshot = await measureSnapshot(state, dir);
    const fresh = await measureRecall(state);
    const filters = await measureFilters(state);
    const searchMs = await measureLatencies(state);
    let compaction: Awaited<ReturnType<typeof runRound>> | null = null;
    for (let i = 0; i < rounds; i++) {
      const times = await runRound(state, { timed: i === 0 });
      compaction ??= times;
    }
    // With the audit of the last graph, which begins when that is saved.
    await index.save();
    const worn = rounds === 0 ? null : await measureRecall(state);
    const { strays, dead, activity } = index.stats();
    return {
      benchmark: 'vectors',
      node: process.version,
      cpu: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`,
      input: input === null ? 'random' : relative(projectRoot, input),
      ...{ count, queries, rounds, seed, mixed: data.mixed },
      build,
      fresh,
      afterRounds: worn === null ? null : { ...worn, strays, dead, rebuilds: activity.rebuilds },
      snapshot,
      searchMs: { ...searchMs, whileCompacting: compaction },
      filters,
      mainThreadMost: watch.most,
    };
  } finally {
    await index.close();
  }
}

async function measure(options: Options) {
  const dir = await mkdtemp(join(tmpdir(), 'quire-bench-'));
  try {
    return await measureIn(dir, options);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function asText({ build, fresh, afterRounds, snapshot, searchMs, filters, ...run }: Result): string {
  const line = (name: string, value: object | null): string =>
    `  ${name.padEnd(18)}${JSON.stringify(value)}\n`;
  return [
    `${run.count} vectors of ${run.input} on ${run.cpu}, Node.js ${run.node}\n`,
    line('build', build),
    line('fresh', fresh),
    line(`after ${run.rounds} rounds`, afterRounds),
    line('snapshot', snapshot),
    ...Object.entries(searchMs).map(([name, value]) => line(name, value as object)),
    ...filters.map(({ matches, ...byK }) => line(`of ${matches}`, byK)),
    line('main thread, most', run.mainThreadMost),
  ].join('');
}

type Result = Awaited<ReturnType<typeof measureIn>>;

await runBench({ name: 'vectors', help: HELP, parse: parseOptions, measure, asText });
