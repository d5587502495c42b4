import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createTopK } from '../../src/vectors/exact.js';
import type { Hit, VectorIndex } from '../../src/vectors/ports.js';
import { dot } from '../../src/vectors/vector.js';

/** As many as the client hands to the thread at once. */
const CONCURRENCY = 16;

/** Scores of equal vectors differ by less: a hit as near as the vector itself is as good. */
const SAME_SCORE = 1e-5;

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

export function quantiles(times: number[]): { n: number; p50: number; p99: number; max: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (q: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0);
  return { n: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** The exact answer, best first. */
export function exactTop(live: Iterable<[number, Float32Array]>, query: Float32Array, k: number): Hit[] {
  const best = createTopK(k);
  for (const [label, vector] of live) best.offer(label, dot(query, vector));
  return best.hits();
}

/** The share of `expected` that was found; another vector with the same score counts. */
export function recallOf(found: readonly Hit[], expected: readonly Hit[]): number {
  const worst = (expected.at(-1)?.score ?? 0) - SAME_SCORE;
  const good = found.slice(0, expected.length).filter((hit) => hit.score >= worst).length;
  return expected.length === 0 ? 1 : good / expected.length;
}

export const mean = (values: number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Searches one after the other, over and over, for as long as `goOn` says and at most `limit`. */
export async function timeSearches(
  index: VectorIndex,
  queries: readonly Float32Array[],
  { k = 10, limit, goOn = () => true }: { k?: number; limit: number; goOn?: () => boolean },
): Promise<number[]> {
  const times: number[] = [];
  while (times.length < limit && goOn()) {
    const started = performance.now();
    await index.search(queries[times.length % queries.length]!, k);
    times.push(performance.now() - started);
  }
  return times;
}

/** How many live vectors a search for themselves doesn't bring among the first ten. */
export async function countLost(
  index: VectorIndex,
  live: ReadonlyMap<number, Float32Array>,
): Promise<number> {
  const entries = live.entries();
  let lost = 0;
  const work = async (): Promise<void> => {
    for (const [label, vector] of entries) {
      const hits = await index.search(vector, 10);
      const worst = hits.at(-1)?.score ?? -1;
      const isFound = hits.some((hit) => hit.label === label) || worst > 1 - SAME_SCORE;
      if (!isFound) lost++;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return lost;
}

export async function until(condition: () => boolean, what: string, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1_000} s for ${what}`);
    await wait(20);
  }
}

/** The longest that the event loop of this thread was blocked while `work` ran. */
export function createLoopWatch() {
  let maxMs = 0;
  const resolution = 2;
  return {
    get maxMs(): number {
      return round(maxMs, 1);
    },
    async during<T>(work: () => Promise<T>): Promise<T> {
      // What this thread did before must not count.
      await wait(10);
      const histogram = monitorEventLoopDelay({ resolution });
      histogram.enable();
      try {
        return await work();
      } finally {
        await wait(10);
        histogram.disable();
        maxMs = Math.max(maxMs, histogram.max / 1e6 - resolution);
      }
    },
  };
}

export interface MemoryReport {
  loadMs: number;
  size: number;
  bytes: number;
  /** Of an index that small. */
  smallSize: number;
  threadBytes: number;
}

export async function measureMemory(dir: string, modelId: string): Promise<MemoryReport> {
  const program = join(import.meta.dirname, 'vectors-memory.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, dir, modelId], {
    timeout: 120_000,
  });
  return JSON.parse(stdout);
}
