/**
 * A process that ends while its index works: `exit-child.js FOLDER (close|exit|throw|crash) MILLISECONDS`. The
 * graph is written over and over, additions and searches go on beside. It ends with code 0 after `close`, with 3
 * by `process.exit` without it, with 1 by an uncaught error; after a `crash` of the thread, with 4.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { silentLogger } from '../../src/platform/log.js';
import { startIndexWorker } from '../../src/vectors/worker/channel.js';
import { createVectorIndex } from '../../src/vectors/worker/client.js';
import { randomNumbers, randomVector, until } from './vectors-fixture.js';

const dimension = 256;
const [dir, how, delay] = process.argv.slice(2);
if (dir === undefined) throw new Error('usage: exit-child FOLDER HOW MILLISECONDS');
let worker: Worker | undefined;
const index = createVectorIndex({
  dimension,
  modelId: 'test@1',
  dir,
  log: silentLogger,
  exactLimit: 100,
  startWorker: (settings) => {
    worker = startIndexWorker(settings);
    return worker;
  },
});
await index.open();
const random = randomNumbers(3);
const pool = Array.from({ length: 2_000 }, () => randomVector(dimension, random));
const change = (label: number) => ({ seq: BigInt(label), label, vector: pool[label % pool.length]! });
await index.apply(
  pool.map((_, i) => change(i + 1)),
  2_000n,
);
await until(() => index.stats().kind === 'hnsw' && !index.stats().building, 'the graph');
await index.save();

let label = 2_000;
async function work(): Promise<void> {
  for (;;) {
    label++;
    const changed = index.apply([change(label)], BigInt(label));
    await Promise.all([changed, index.save(), ...pool.slice(0, 8).map((vector) => index.search(vector, 50))]);
  }
}
index.onDeath(() => {
  if (how === 'crash') process.exit(4);
});
work().catch(() => {});
await sleep(Number(delay));
if (how === 'close') {
  await index.close({ save: true });
  process.exit(0);
}
if (how === 'crash') worker?.postMessage(null);
if (how === 'exit') process.exit(3);
if (how === 'throw') {
  setImmediate(() => {
    throw new Error('nobody catches this');
  });
}
