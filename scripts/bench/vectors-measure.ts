import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** Between two looks at the event loop. */
const LOOK_MS = 2;

/**
 * What the main thread has used of a processor and how long it has waited for one, in ms; null where the system
 * doesn't tell. On a machine that is busy with other things most of a late turn is waiting.
 */
function mainThreadTimes(): { usedMs: number; waitedMs: number } | null {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
    const [used, waited] = text.split(' ').map((nanoseconds) => Number(nanoseconds) / 1e6);
    return { usedMs: used!, waitedMs: waited! };
  } catch {
    return null;
  }
}

/** How long the event loop of this thread was blocked at most while `work` ran, and by what. */
export function createLoopWatch() {
  const most = { delayMs: 0, usedMs: 0, waitedMs: 0 };
  return {
    get most() {
      const { delayMs, usedMs, waitedMs } = most;
      return { delayMs: round(delayMs, 1), usedMs: round(usedMs, 1), waitedMs: round(waitedMs, 1) };
    },
    async during<T>(work: () => Promise<T>): Promise<T> {
      // What this thread did before must not count.
      await wait(10);
      const histogram = monitorEventLoopDelay({ resolution: LOOK_MS });
      histogram.enable();
      let last = mainThreadTimes();
      const timer = setInterval(() => {
        const now = mainThreadTimes();
        if (now === null || last === null) return;
        most.usedMs = Math.max(most.usedMs, now.usedMs - last.usedMs);
        most.waitedMs = Math.max(most.waitedMs, now.waitedMs - last.waitedMs);
        last = now;
      }, LOOK_MS);
      try {
        return await work();
      } finally {
        await wait(10);
        clearInterval(timer);
        histogram.disable();
        most.delayMs = Math.max(most.delayMs, histogram.max / 1e6 - LOOK_MS);
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
