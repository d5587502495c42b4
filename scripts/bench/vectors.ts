/** What the vector index costs on this machine: see `--help`. Takes under a minute with the default count. */
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/platform/clock.js';
import { projectRoot } from '../../src/platform/paths.js';
import { findStrays } from '../../src/vectors/audit.js';
import { createExactIndex } from '../../src/vectors/exact.js';
import { createHnswIndex } from '../../src/vectors/hnsw.js';
import type { Hit } from '../../src/vectors/ports.js';
import { loadSnapshot, writeSnapshot } from '../../src/vectors/snapshot.js';
import { runBench } from './run-bench.js';

const DIMENSION = 384;
const HELP = `Usage: node dist/scripts/bench/vectors.js [options]

Puts vectors into the exact and into the approximate index and prints the time a vector, the milliseconds of
a search for 10, the recall of the approximate index against the exact one, how many vectors don't find
themselves in it, and what writing and loading a snapshot takes.

  --count N      vectors, 1000 to 99000 (default 20000)
  --queries N    vectors searched for, of which none is in the index, 10 to 1000 (default 500)
  --input FILE   ${DIMENSION} little-endian float16 a vector (default: ../shared/data/papers-100k.minilm.f16
                 where that exists, else random vectors in clusters)
  --seed N       of the random vectors (default 1)
  --json         one JSON object on one line
  --help         this text
`;
const K = 10;

function parseOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '20000' },
      queries: { type: 'string', default: '500' },
      input: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'count' | 'queries' | 'seed', min: number, max: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new Error(`--${name} must be a whole number from ${min} to ${max}, not ${values[name]}`);
    }
    return value;
  };
  const shared = join(projectRoot, '..', 'shared', 'data', 'papers-100k.minilm.f16');
  return {
    count: whole('count', 1_000, 99_000),
    queries: whole('queries', 10, 1_000),
    seed: whole('seed', 0, 2 ** 31),
    input: values.input ?? (existsSync(shared) ? shared : null),
    json: values.json,
    help: values.help,
  };
}

/** IEEE 754 binary16. Node.js 20 has no Float16Array. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function normalize(vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

async function readVectors(file: string, count: number): Promise<Float32Array[]> {
  const handle = await open(file, 'r');
  try {
    const bytes = Buffer.alloc(count * DIMENSION * 2);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    if (bytesRead < bytes.length) throw new Error(`${file} has fewer than ${count} vectors of ${DIMENSION}`);
    const half = (at: number): number => fromHalf(bytes.readUInt16LE(at * 2));
    const row = (i: number): Float32Array =>
      Float32Array.from({ length: DIMENSION }, (_, j) => half(i * DIMENSION + j));
    return Array.from({ length: count }, (_, i) => normalize(row(i)));
  } finally {
    await handle.close();
  }
}

/** Around as many random centres as a thirtieth of the vectors (mulberry32). */
function randomVectors(count: number, seed: number): Float32Array[] {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const gaussian = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const centres = Array.from({ length: Math.ceil(count / 30) }, () =>
    Float32Array.from({ length: DIMENSION }, gaussian),
  );
  return Array.from({ length: count }, () => {
    const centre = centres[Math.floor(uniform() * centres.length)]!;
    return normalize(centre.map((value) => value + gaussian()));
  });
}

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

async function timed<T>(work: () => T | Promise<T>): Promise<{ ms: number; value: T }> {
  const started = performance.now();
  const value = await work();
  return { ms: performance.now() - started, value };
}

async function measureSearches(
  index: { search(vector: Float32Array, k: number): Hit[] },
  queries: Float32Array[],
) {
  for (const query of queries.slice(0, 20)) index.search(query, K);
  const times: number[] = [];
  const found: Hit[][] = [];
  for (const query of queries) {
    const { ms, value } = await timed(() => index.search(query, K));
    times.push(ms);
    found.push(value);
  }
  times.sort((a, b) => a - b);
  const quantile = (q: number): number =>
    round(times[Math.min(times.length - 1, Math.floor(q * times.length))]!);
  return { found, searchMs: { p50: quantile(0.5), p99: quantile(0.99) } };
}

async function measure({ count, queries, input, seed }: ReturnType<typeof parseOptions>) {
  const all =
    input === null ? randomVectors(count + queries, seed) : await readVectors(input, count + queries);
  const vectors = all.slice(0, count);
  const held = all.slice(count);
  const exact = createExactIndex(DIMENSION);
  const graph = createHnswIndex(DIMENSION);
  const add = (index: { add(label: number, vector: Float32Array): void }) =>
    timed(() => vectors.forEach((vector, label) => void index.add(label, vector)));
  const exactBuild = await add(exact);
  const exactSearch = await measureSearches(exact, held);
  const graphBuild = await add(graph);
  const graphSearch = await measureSearches(graph, held);
  const expected = exactSearch.found.map((hits) => new Set(hits.map((hit) => hit.label)));
  const matches = graphSearch.found.flatMap((hits, i) => hits.filter((hit) => expected[i]!.has(hit.label)));

  const dir = await mkdtemp(join(tmpdir(), 'quire-bench-'));
  try {
    const target = { dir, model: 'bench', dimension: DIMENSION };
    const write = await timed(() => writeSnapshot(target, { graph, watermark: 0n, clock: systemClock }));
    const blocked = await timed(() => graph.writeTo(join(dir, 'again')));
    const load = await timed(() => loadSnapshot(target));
    if (load.value.loaded === null)
      throw new Error(`the snapshot was not loaded: ${load.value.problems.join('; ')}`);
    const audit = await timed(() => findStrays(graph, write.value.report, () => false));
    const lost = vectors.filter((vector, label) =>
      graph.search(vector, K).every((hit) => hit.label !== label),
    );
    return {
      benchmark: 'vectors',
      node: process.version,
      cpu: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`,
      input: input === null ? `random, seed ${seed}` : relative(projectRoot, input),
      count,
      queries,
      exact: {
        microsecondsPerVector: round((exactBuild.ms * 1000) / count, 1),
        searchMs: exactSearch.searchMs,
      },
      hnsw: {
        microsecondsPerVector: round((graphBuild.ms * 1000) / count, 1),
        searchMs: graphSearch.searchMs,
        recallAt10: round(matches.length / (queries * K), 4),
        notFoundByThemselves: lost.length,
      },
      snapshot: {
        megabytes: round(write.value.manifest.size / 1e6, 1),
        writeMs: Math.round(write.ms),
        searchesWaitMs: Math.round(blocked.ms),
        loadMs: Math.round(load.ms),
        auditMs: Math.round(audit.ms),
        keptBeside: audit.value?.size ?? 0,
      },
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function asText({ exact, hnsw, snapshot, ...run }: Awaited<ReturnType<typeof measure>>): string {
  return `${run.count} vectors of ${run.input} on ${run.cpu}, Node.js ${run.node}
                      exact     approximate
  add, us a vector    ${String(exact.microsecondsPerVector).padEnd(10)}${hnsw.microsecondsPerVector}
  search, median ms   ${String(exact.searchMs.p50).padEnd(10)}${hnsw.searchMs.p50}
  search, p99 ms      ${String(exact.searchMs.p99).padEnd(10)}${hnsw.searchMs.p99}
  recall at 10        1         ${hnsw.recallAt10}
  not found by itself 0         ${hnsw.notFoundByThemselves} (kept beside: ${snapshot.keptBeside})
  snapshot            ${snapshot.megabytes} MB, written in ${snapshot.writeMs} ms (searches wait for ${snapshot.searchesWaitMs} of them)
                      loaded in ${snapshot.loadMs} ms, audited in ${snapshot.auditMs} ms
`;
}

await runBench({ name: 'vectors', help: HELP, parse: parseOptions, measure, asText });
