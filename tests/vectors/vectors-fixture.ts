import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { chanceOf } from '../../scripts/campaign/random.js';
import type { Label, VectorChange } from '../../src/vectors/ports.js';
import type { StoredVectors } from '../../src/vectors/stored-search.js';

/** Uniform numbers from 0 to 1, the same for the same seed. */
export const randomNumbers = (seed: number): (() => number) => chanceOf(seed).next;

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function normalized(values: Iterable<number>): Float32Array {
  const vector = Float32Array.from(values);
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

export function randomVector(dimension: number, random: () => number): Float32Array {
  return normalized(Array.from({ length: dimension }, () => gaussian(random)));
}

export interface Clusters {
  count: number;
  dimension: number;
  clusters: number;
  /** Standard deviation around a cluster's centre, whose components have deviation 1. */
  spread: number;
  seed: number;
}

export function clusteredVectors({ count, dimension, clusters, spread, seed }: Clusters): Float32Array[] {
  const random = randomNumbers(seed);
  const centres = Array.from({ length: clusters }, () =>
    Array.from({ length: dimension }, () => gaussian(random)),
  );
  return Array.from({ length: count }, () => {
    const centre = centres[Math.floor(random() * clusters)]!;
    return normalized(centre.map((value) => value + spread * gaussian(random)));
  });
}

const cleanUps = new WeakMap<TestContext, (() => Promise<unknown>)[]>();

/** Runs `work` after the test, the latest first: an index is closed before its folder is removed. */
export function atEnd(t: TestContext, work: () => Promise<unknown>): void {
  const known = cleanUps.get(t);
  if (known !== undefined) {
    known.push(work);
    return;
  }
  const works = [work];
  cleanUps.set(t, works);
  t.after(async () => {
    for (const one of works.reverse()) await one();
  });
}

/** A folder of its own for a test, removed after it. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'quire-vectors-'));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves when `condition` holds; rejects after ten seconds. Looks again every 5 ms. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Makes the index's thread end with an error, as a bug in it would. Not `terminate`: that aborts the whole
 * process if it strikes while the addon reads an array.
 */
export async function crash(worker: Worker | undefined): Promise<void> {
  assert.ok(worker !== undefined);
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  worker.postMessage(null);
  await exited;
}

/** A database of vectors in memory: every change of a label gets the next number, as the real one does. */
export function createMemorySource({
  dimension,
  modelId = 'test@1',
}: {
  dimension: number;
  modelId?: string;
}) {
  const rows = new Map<Label, VectorChange>();
  let seq = 0n;
  /** Thrown by every call while set. */
  let failure: Error | null = null;
  let hiddenRows = 0;
  const calls = { changesSince: 0, head: 0, countLive: 0 };

  const put = (label: Label, vector: Float32Array | null): void => {
    rows.delete(label);
    seq += 1n;
    rows.set(label, { seq, label, vector });
  };
  const answer = async <T>(call: keyof typeof calls, value: () => T): Promise<T> => {
    calls[call]++;
    if (failure !== null) throw failure;
    return value();
  };

  const source: StoredVectors = {
    modelId,
    dimension,
    changesSince: (after, limit) =>
      answer('changesSince', () => [...rows.values()].filter((row) => row.seq > after).slice(0, limit)),
    listVectors: async (labels) =>
      new Map(
        labels.flatMap((label) => {
          const vector = rows.get(label)?.vector;
          return vector ? [[label, vector] as const] : [];
        }),
      ),
    head: () => answer('head', () => seq),
    countLive: () =>
      answer('countLive', () => [...rows.values()].filter((row) => row.vector !== null).length + hiddenRows),
  };

  return {
    source,
    calls,
    add: (label: Label, vector: Float32Array): void => put(label, vector),
    retire: (label: Label): void => put(label, null),
    /** A change that concerns other models only. */
    bump: (): void => {
      seq += 1n;
    },
    fail: (error: Error | null): void => {
      failure = error;
    },
    /** Makes the count disagree with the rows. */
    hide: (count: number): void => {
      hiddenRows = count;
    },
    live: (): Map<Label, Float32Array> =>
      new Map(
        [...rows.values()].flatMap(({ label, vector }) =>
          vector === null ? [] : [[label, vector] as const],
        ),
      ),
  };
}

/** For `fc.assert`: the same cases every time, others with `FC_SEED=…`. */
export const seeded = { seed: Number(process.env['FC_SEED'] ?? 20_240_611) };
