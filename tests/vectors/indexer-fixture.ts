import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { silentLogger } from '../../src/platform/log.js';
import { createIndexer, type Indexer, type IndexerOptions } from '../../src/vectors/indexer.js';
import type { VectorIndex } from '../../src/vectors/ports.js';
import { startIndexWorker } from '../../src/vectors/worker/channel.js';
import { createVectorIndex } from '../../src/vectors/worker/client.js';
import {
  atEnd,
  type createMemorySource,
  randomNumbers,
  randomVector,
  temporaryFolder,
} from './vectors-fixture.js';

export const dimension = 16;
const random = randomNumbers(41);
export const pool = Array.from({ length: 3_000 }, () => randomVector(dimension, random));

export type MemorySource = ReturnType<typeof createMemorySource>;

export interface Setup {
  indexer: Indexer;
  index: VectorIndex;
  workers: Worker[];
  /** Moves the indexer's clock. */
  passTime(ms: number): void;
}

interface SetupOptions extends Partial<IndexerOptions> {
  dir?: string;
  exactLimit?: number;
}

/** Polls once an hour: what happens in a test happens by hints. */
export async function setUp(
  t: TestContext,
  database: MemorySource,
  options: SetupOptions = {},
): Promise<Setup> {
  const { dir = await temporaryFolder(t), exactLimit = 50, ...overrides } = options;
  const workers: Worker[] = [];
  const index = createVectorIndex({
    dimension,
    modelId: 'test@1',
    dir,
    log: silentLogger,
    exactLimit,
    startWorker: (settings) => {
      const worker = startIndexWorker(settings);
      workers.push(worker);
      return worker;
    },
  });
  let time = Date.parse('2024-06-11T12:00:00Z');
  const clock = { now: () => new Date(time) };
  const base = { source: database.source, index, log: silentLogger, clock, pollMs: 3_600_000 };
  const indexer = createIndexer({ ...base, ...overrides });
  atEnd(t, () => indexer.close());
  return {
    indexer,
    index,
    workers,
    passTime: (ms) => {
      time += ms;
    },
  };
}

export function fill(database: MemorySource, from: number, to: number): void {
  for (let label = from; label < to; label++) database.add(label, pool[label]!);
}

export async function assertCovers(index: VectorIndex, database: MemorySource): Promise<void> {
  const live = database.live();
  assert.equal(index.stats().live, live.size);
  const labels = [...live.keys()];
  for (let i = 0; i < labels.length; i += Math.ceil(labels.length / 50)) {
    assert.equal((await index.search(live.get(labels[i]!)!, 1))[0]?.label, labels[i]);
  }
}

export async function copyOf(dir: string, t: TestContext): Promise<string> {
  const copy = await temporaryFolder(t);
  await cp(dir, copy, { recursive: true });
  return copy;
}
