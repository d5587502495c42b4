import assert from 'node:assert/strict';
import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { isAppError } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import type { VectorChange, VectorIndex } from '../../src/vectors/ports.js';
import { startIndexWorker } from '../../src/vectors/worker/channel.js';
import { createVectorIndex, type VectorIndexOptions } from '../../src/vectors/worker/client.js';
import { isOf } from '../support/errors.js';
import {
  atEnd,
  clusteredVectors,
  crash,
  randomNumbers,
  randomVector,
  temporaryFolder,
  until,
} from './vectors-fixture.js';

const dimension = 16;
const random = randomNumbers(31);
const pool = Array.from({ length: 1_000 }, () => randomVector(dimension, random));

type Overrides = Partial<VectorIndexOptions>;

async function create(t: TestContext, overrides: Overrides = {}): Promise<VectorIndex & { dir: string }> {
  const dir = overrides.dir ?? (await temporaryFolder(t));
  const options = { dimension, modelId: 'test@1', dir, log: silentLogger, ...overrides };
  const index = createVectorIndex(options);
  atEnd(t, () => index.close());
  return Object.assign(index, { dir });
}

function additions(from: number, to: number): VectorChange[] {
  return Array.from({ length: to - from }, (_, i) => ({
    seq: BigInt(from + i + 1),
    label: from + i,
    vector: pool[(from + i) % pool.length]!,
  }));
}

const isSettled = (index: VectorIndex) => () => index.stats().kind === 'hnsw' && !index.stats().building;

test('a small index is exact, is not saved and starts empty', async (t) => {
  const index = await create(t);
  assert.deepEqual(await index.open(), { watermark: 0n, size: 0, source: 'empty', kind: 'exact' });
  await index.apply(additions(0, 100), 100n);
  const hits = await index.search(pool[42]!, 3);
  assert.equal(hits.length, 3);
  assert.equal(hits[0]?.label, 42);
  assert.ok(Math.abs(hits[0].score - 1) < 1e-6);
  const { bytes, copyBytes, activity, ...stats } = index.stats();
  assert.deepEqual(stats, {
    kind: 'exact',
    building: false,
    built: 0,
    buildTotal: 0,
    live: 100,
    dead: 0,
    strays: 0,
    watermark: 100n,
    dimension,
  });
  assert.ok(bytes > copyBytes && copyBytes > 0);
  assert.deepEqual([activity.searches.count, activity.applies.count, activity.applies.changes], [1, 1, 100]);
  assert.equal(await index.save(), null);
  assert.deepEqual(await readdir(index.dir), []);
});

test('changes are idempotent, and a retired label stays retired', async (t) => {
  const index = await create(t);
  await index.open();
  await index.apply(additions(0, 10), 10n);
  await index.apply(additions(0, 10), 10n);
  await index.apply([{ seq: 11n, label: 3, vector: null }], 11n);
  await index.apply(additions(0, 10), 9n);
  assert.equal(index.stats().live, 9);
  assert.equal(index.stats().watermark, 11n);
  assert.ok((await index.search(pool[3]!, 10)).every((hit) => hit.label !== 3));
  await index.apply([], 20n);
  assert.equal(index.stats().watermark, 20n);
});

test('the graph takes over under a stream of searches, all of them complete', async (t) => {
  const index = await create(t, { exactLimit: 200 });
  await index.open();
  await index.apply(additions(0, 200), 200n);
  let searches = 0;
  let stop = false;
  const search = async (): Promise<void> => {
    while (!stop) {
      // Of what was there before the stream began: it must never be missing, whatever goes on.
      const label = searches++ % 200;
      const hits = await index.search(pool[label]!, 5);
      assert.ok(hits.some((hit) => hit.label === label));
      assert.equal(hits.length, 5);
    }
  };
  const streams = [search(), search(), search()];
  for (let from = 200; from < 1_000; from += 100)
    await index.apply(additions(from, from + 100), BigInt(from + 100));
  await until(isSettled(index), 'the graph');
  const before = searches;
  await until(() => searches > before + 100, 'searches on the graph');
  stop = true;
  await Promise.all(streams);
  assert.equal(index.stats().live, 1_000);
  for (let label = 0; label < 1_000; label += 7)
    assert.equal((await index.search(pool[label]!, 1))[0]?.label, label);
  // The graph is saved by itself as soon as it is ready.
  assert.ok((await index.save()) !== null);
});

test('a graph that gets ready in the middle of a call is saved with the whole of it', async (t) => {
  const index = await create(t, { exactLimit: 10, exactCeiling: 20 });
  await index.open();
  // The graph takes over at label 20 and is due to be saved then; three messages, one call.
  await index.apply(additions(0, 2_500), 2_500n);
  const saved = await index.save();
  assert.deepEqual([saved?.watermark, saved?.count], [2_500n, 2_500]);
  assert.deepEqual((await readdir(index.dir)).sort(), ['vectors-000001.hnsw', 'vectors-000001.json']);
});

test('searches are answered between slices of a long change, not after it', async (t) => {
  const index = await create(t, { exactLimit: 10 });
  await index.open();
  await index.apply(additions(0, 20), 20n);
  await until(isSettled(index), 'the graph');
  let done = false;
  // Ten times the pool: some hundred milliseconds of additions to the graph.
  const applied = index.apply(additions(20, 10_000), 10_000n).then(() => {
    done = true;
  });
  let searches = 0;
  for (; !done; searches++) await index.search(pool[searches % 20]!, 1);
  await applied;
  assert.ok(searches >= 20, `${searches} searches came through`);
});

test('a snapshot is loaded on open, and what came after it is applied', async (t) => {
  const index = await create(t, { exactLimit: 50 });
  await index.open();
  await index.apply(additions(0, 300), 300n);
  await until(isSettled(index), 'the graph');
  await index.apply([{ seq: 301n, label: 7, vector: null }], 301n);
  const saved = await index.save();
  assert.deepEqual([saved?.watermark, saved?.count, saved?.dead], [301n, 300, 1]);
  assert.deepEqual(await index.save(), saved, 'nothing changed, nothing is written');
  await index.apply(additions(300, 310), 310n);
  await index.close({ save: false });

  const again = await create(t, { dir: index.dir, exactLimit: 50 });
  assert.deepEqual(await again.open(), { watermark: 301n, size: 299, source: 'snapshot', kind: 'hnsw' });
  await again.apply(additions(300, 310), 310n);
  await again.apply(additions(7, 8), 310n);
  assert.equal(again.stats().live, 309);
  assert.equal((await again.search(pool[305]!, 1))[0]?.label, 305);
  await again.close({ save: true });

  await appendFile(
    join(index.dir, `${(await readdir(index.dir)).filter((name) => /hnsw$/.test(name)).at(-1)}`),
    'x',
  );
  const third = await create(t, { dir: index.dir, exactLimit: 50 });
  const opened = await third.open();
  assert.deepEqual([opened.watermark, opened.source], [301n, 'previous-snapshot']);
});

test('every live label of a large clustered collection finds itself', { timeout: 120_000 }, async (t) => {
  const vectors = clusteredVectors({ count: 20_000, dimension: 32, clusters: 20, spread: 0.05, seed: 8 });
  const index = await create(t, { dimension: 32, exactLimit: 1_000, exactCeiling: 5_000 });
  await index.open();
  const changes = vectors.map((vector, label) => ({ seq: BigInt(label + 1), label, vector }));
  await index.apply(changes, 20_000n);
  await until(isSettled(index), 'the graph');
  const retired = changes
    .filter(({ label }) => label % 20 === 0)
    .map((change) => ({ ...change, vector: null }));
  await index.apply(retired, 21_000n);
  await index.save();
  await until(() => index.stats().dead === 1_000, 'the tombstones');
  const isLost = async (label: number): Promise<boolean> =>
    (await index.search(vectors[label]!, 10)).every((hit) => hit.label !== label);
  // The audit that follows a snapshot runs beside everything else.
  const lost: number[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    lost.length = 0;
    for (let label = 0; label < 20_000; label++)
      if (label % 20 !== 0 && (await isLost(label))) lost.push(label);
    if (lost.length === 0) break;
  }
  assert.deepEqual(lost, []);
  t.diagnostic(`${index.stats().strays} of 19,000 are kept beside the graph`);
});

test('a bad vector, label or k is refused with its reason, and nothing of the call is applied', async (t) => {
  const index = await create(t);
  await index.open();
  const bad: [string, Float32Array, RegExp][] = [
    ['NaN', pool[0]!.map((value, i) => (i === 3 ? Number.NaN : value)), /number 3 is NaN/],
    [
      'Infinity',
      pool[0]!.map((value, i) => (i === 3 ? Number.POSITIVE_INFINITY : value)),
      /number 3 is Infinity/,
    ],
    ['zero', new Float32Array(dimension), /norm is 0/],
    ['wrong length', new Float32Array(dimension + 1), /has 17 numbers, expected 16/],
  ];
  for (const [name, vector, reason] of bad) {
    const changes = [...additions(0, 5), { seq: 6n, label: 77, vector }];
    await assert.rejects(
      index.apply(changes, 6n),
      (error) =>
        isAppError(error, 'vector_invalid') && reason.test(error.message) && /label 77/.test(error.message),
      name,
    );
    await assert.rejects(index.search(vector, 1), (error) => isAppError(error, 'vector_invalid'), name);
  }
  await assert.rejects(index.apply([{ seq: 1n, label: -1, vector: null }], 1n), isOf('vector_invalid'));
  for (const k of [0, 2_001, 1.5]) await assert.rejects(index.search(pool[0]!, k), isOf('invalid_input'));
  assert.equal(index.stats().live, 0);
  await index.apply(additions(0, 5), 5n);
  assert.equal((await index.search(pool[4]!, 1))[0]?.label, 4);
});

test('more waiting searches than the bound are refused, and the others are answered', async (t) => {
  const index = await create(t, { maxWaitingSearches: 8 });
  await index.open();
  await index.apply(additions(0, 100), 100n);
  // 16 are with the thread at once and 8 wait: the rest have no place.
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => index.search(pool[i]!, 1)));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(refused.length, 16);
  for (const { reason } of refused) assert.ok(isAppError(reason, 'overloaded') && reason.retryAfter === 1);
  for (const [i, outcome] of outcomes.slice(0, 24).entries()) {
    assert.equal(outcome.status === 'fulfilled' && outcome.value[0]?.label, i);
  }
  assert.equal((await index.search(pool[50]!, 1))[0]?.label, 50);
});

test('an aborted search leaves the queue and makes room', async (t) => {
  const index = await create(t, { maxWaitingSearches: 1 });
  await index.open();
  await index.apply(additions(0, 10), 10n);
  const aborted = new AbortController();
  aborted.abort();
  await assert.rejects(index.search(pool[0]!, 1, { signal: aborted.signal }), isOf('cancelled'));

  const underway = Array.from({ length: 16 }, () => index.search(pool[0]!, 1));
  const controller = new AbortController();
  const waiting = index.search(pool[1]!, 1, { signal: controller.signal });
  await assert.rejects(index.search(pool[2]!, 1), isOf('overloaded'));
  controller.abort();
  await assert.rejects(waiting, isOf('cancelled'));
  assert.equal((await index.search(pool[3]!, 1))[0]?.label, 3);
  await Promise.all(underway);
});

test('a search that the thread does not get to in time is answered with a time-out', async (t) => {
  const index = await create(t, { searchTimeoutMs: 1 });
  await index.open();
  await index.apply(additions(0, 1_000), 1_000n);
  // Every one of these costs the thread more than its share of a millisecond.
  const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => index.search(pool[0]!, 1_000)));
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  assert.ok(reasons.length > 0);
  assert.ok(reasons.every((reason) => isAppError(reason, 'timeout')));
});

test('when the thread dies everything pending is told, and the index opens anew', async (t) => {
  const workers: Worker[] = [];
  const index = await create(t, {
    exactLimit: 50,
    startWorker: (settings) => {
      const worker = startIndexWorker(settings);
      workers.push(worker);
      return worker;
    },
  });
  const deaths: string[] = [];
  index.onDeath((error) => deaths.push(error.code));
  await assert.rejects(index.search(pool[0]!, 1), isOf('index_unavailable'));
  await index.open();
  await assert.rejects(index.open(), /open already/);
  await index.apply(additions(0, 200), 200n);
  await until(isSettled(index), 'the graph');
  await index.save();

  const pending = [
    ...Array.from({ length: 60 }, () => index.search(pool[0]!, 10)),
    index.apply(additions(200, 900), 900n),
  ];
  const outcomes = Promise.allSettled(pending);
  await crash(workers[0]);
  for (const outcome of await outcomes) {
    assert.ok(outcome.status === 'fulfilled' || isAppError(outcome.reason, 'index_unavailable'));
  }
  assert.deepEqual(deaths, ['index_unavailable']);
  assert.equal(index.isOpen, false);
  await assert.rejects(index.search(pool[0]!, 1), isOf('index_unavailable'));
  await assert.rejects(index.apply([], 1n), isOf('index_unavailable'));

  const opened = await index.open();
  assert.equal(opened.source, 'snapshot');
  assert.equal(opened.watermark, 200n);
  assert.equal((await index.search(pool[0]!, 1))[0]?.label, 0);
});

test('an error inside the thread ends it with a reason instead of leaving it half alive', async (t) => {
  const index = await create(t);
  await index.open();
  const dying = await create(t, {
    startWorker: (settings) => startIndexWorker({ ...settings, dimension: -1 }),
  });
  const died = new Promise<string>((resolve) => dying.onDeath((error) => resolve(error.message)));
  await assert.rejects(dying.open(), isOf('index_unavailable'));
  assert.match(await died, /dimension -1: expected an integer/);
  await dying.close();
});

test('reset empties the index and its folder', async (t) => {
  const index = await create(t, { exactLimit: 50 });
  await index.open();
  await index.apply(additions(0, 200), 200n);
  await until(isSettled(index), 'the graph');
  await index.save();
  await index.reset();
  assert.deepEqual([index.stats().live, index.stats().watermark, index.stats().kind], [0, 0n, 'exact']);
  assert.deepEqual(await readdir(index.dir), []);
  await index.apply(additions(0, 20), 20n);
  assert.equal(index.stats().live, 20);
});

test('a snapshot that can not be written is an error of save, and the index goes on', async (t) => {
  const dir = join(await temporaryFolder(t), 'taken');
  await writeFile(dir, 'a file where the folder should be');
  const index = await create(t, { dir, exactLimit: 50 });
  const opened = await index.open();
  assert.equal(opened.source, 'empty');
  await index.apply(additions(0, 200), 200n);
  await until(isSettled(index), 'the graph');
  await assert.rejects(index.save(), isOf('snapshot_failed'));
  assert.equal((await index.search(pool[9]!, 1))[0]?.label, 9);
  await index.close({ save: true });
  await index.close();
});
