/*
 * A program for the benchmark: opens the snapshot in the folder of its first argument in a process that does
 * nothing else, and prints what that took: {"loadMs", "size", "threadBytes", "bytes"}. `threadBytes` is what an
 * index of `SMALL` vectors adds to the resident memory, `bytes` what this one adds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { silentLogger } from '../../src/platform/log.js';
import { createVectorIndex } from '../../src/vectors/worker/client.js';
import { DIMENSION, randomNumbers } from './vectors-data.js';
import { until } from './vectors-measure.js';
import { isIdle } from './vectors-phases.js';

/** For the audit after loading, and for the allocator. */
const SETTLE_MS = 3_000;
const SEARCHES = 200;
/** Vectors of the index that shows what a thread takes by itself. */
const SMALL = 1_000;

const [, , dir = '', modelId = ''] = process.argv;
if (modelId === '') throw new Error('usage: vectors-memory FOLDER MODEL');
const random = randomNumbers(1);

const randomVector = (): Float32Array => {
  const query = Float32Array.from({ length: DIMENSION }, () => random() - 0.5);
  const norm = Math.hypot(...query);
  return query.map((value) => value / norm);
};

async function openOne(folder: string) {
  const before = process.memoryUsage.rss();
  const index = createVectorIndex({ dimension: DIMENSION, modelId, dir: folder, log: silentLogger });
  const started = performance.now();
  const { size } = await index.open();
  const loadMs = Math.round(performance.now() - started);
  await wait(SETTLE_MS);
  for (let i = 0; i < SEARCHES; i++) await index.search(randomVector(), 10);
  return { index, loadMs, size, bytes: process.memoryUsage.rss() - before };
}

async function makeSmall(folder: string): Promise<void> {
  const options = { dimension: DIMENSION, modelId, dir: folder, log: silentLogger, exactLimit: SMALL / 2 };
  const index = createVectorIndex(options);
  await index.open();
  const changes = Array.from({ length: SMALL }, (_, label) => ({
    seq: BigInt(label + 1),
    label,
    vector: randomVector(),
  }));
  await index.apply(changes, BigInt(SMALL));
  await until(() => isIdle(index), 'the small graph', 60_000);
  await index.close({ save: true });
}

const folder = await mkdtemp(join(tmpdir(), 'quire-bench-small-'));
try {
  await makeSmall(folder);
  // The first one pays for what the process loads once.
  const first = await openOne(folder);
  const small = await openOne(folder);
  const full = await openOne(dir);
  const { loadMs, size, bytes } = full;
  const result = { loadMs, size, bytes, smallSize: small.size, threadBytes: small.bytes };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  for (const { index } of [first, small, full]) await index.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
