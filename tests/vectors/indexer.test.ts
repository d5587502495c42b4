import assert from 'node:assert/strict';
import { cp, readdir } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { type ErrorCode, isAppError } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { createVectorIndex, type VectorIndex } from '../../src/vectors/index-client.js';
import { createIndexer, type Indexer, type IndexerOptions } from '../../src/vectors/indexer.js';
import { startIndexWorker } from '../../src/vectors/worker-channel.js';
import {
  atEnd,
  crash,
  createMemorySource,
  randomNumbers,
  randomVector,
  temporaryFolder,
  until,
} from './vectors-fixture.js';

const dimension = 16;
const random = randomNumbers(41);
const pool = Array.from({ length: 3_000 }, () => randomVector(dimension, random));
const hasCode = (code: ErrorCode) => (error: unknown) => isAppError(error, code);

type MemorySource = ReturnType<typeof createMemorySource>;

interface Setup {
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
async function setUp(t: TestContext, database: MemorySource, options: SetupOptions = {}): Promise<Setup> {
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

function fill(database: MemorySource, from: number, to: number): void {
  for (let label = from; label < to; label++) database.add(label, pool[label]!);
}

async function assertCovers(index: VectorIndex, database: MemorySource): Promise<void> {
  const live = database.live();
  assert.equal(index.stats().live, live.size);
  const labels = [...live.keys()];
  for (let i = 0; i < labels.length; i += Math.ceil(labels.length / 50)) {
    assert.equal((await index.search(live.get(labels[i]!)!, 1))[0]?.label, labels[i]);
  }
}

async function copyOf(dir: string, t: TestContext): Promise<string> {
  const copy = await temporaryFolder(t);
  await cp(dir, copy, { recursive: true });
  return copy;
}

test('it takes in everything there is, then follows', async (t) => {
  const database = createMemorySource({ dimension });
  fill(database, 0, 2_500);
  database.retire(17);
  const { indexer, index } = await setUp(t, database);
  assert.equal(indexer.status().state, 'starting');
  assert.equal(indexer.status().covered, false);
  indexer.start();
  await indexer.whenCovered();
  assert.equal(indexer.status().state, 'live');
  assert.equal(indexer.status().covered, true);
  assert.equal(indexer.status().watermark, '2501');
  await assertCovers(index, database);

  fill(database, 2_500, 2_600);
  database.retire(2_550);
  database.bump();
  await indexer.whenCovered();
  assert.equal(indexer.status().watermark, '2603');
  assert.equal(indexer.status().head, '2603');
  await assertCovers(index, database);
});

test('it polls without a hint, with one question where nothing changed', async (t) => {
  const database = createMemorySource({ dimension });
  const { indexer, index } = await setUp(t, database, { pollMs: 5 });
  indexer.start();
  await indexer.whenCovered();
  const { changesSince } = database.calls;
  const { head } = database.calls;
  await until(() => database.calls.head > head + 3, 'polls');
  assert.equal(database.calls.changesSince, changesSince);
  fill(database, 0, 10);
  await until(() => index.stats().live === 10, 'the new vectors');
});

test('a hint during the work is not lost', async (t) => {
  const database = createMemorySource({ dimension });
  let armed = false;
  // An answer that is out of date before it arrives, as the last thing that a look at the database learns.
  const source = {
    ...database.source,
    head: async () => {
      const head = await database.source.head();
      if (armed) {
        armed = false;
        fill(database, 1, 2);
        indexer.hint();
      }
      return head;
    },
  };
  fill(database, 0, 1);
  const { indexer, index } = await setUp(t, database, { source });
  indexer.start();
  await indexer.whenCovered();
  await until(() => database.calls.head >= 5, 'the cycle that the wait asked for');
  armed = true;
  indexer.hint();
  await until(() => index.stats().live === 2, 'the vector that was hinted at');
});

test('a restart loads the snapshot and replays what came after', async (t) => {
  const database = createMemorySource({ dimension });
  const dir = await temporaryFolder(t);
  fill(database, 0, 500);
  const first = await setUp(t, database, { dir });
  first.indexer.start();
  await first.indexer.whenCovered();
  await until(() => first.index.stats().kind === 'hnsw' && !first.index.stats().building, 'the graph');
  database.retire(4);
  await first.indexer.whenCovered();
  await first.indexer.close();
  await first.indexer.close();
  assert.equal(first.index.isOpen, false);
  await assert.rejects(first.indexer.whenCovered(), hasCode('shutting_down'));

  fill(database, 500, 510);
  database.retire(5);
  const second = await setUp(t, database, { dir });
  second.indexer.start();
  await second.indexer.whenCovered();
  assert.equal(second.indexer.status().kind, 'hnsw');
  assert.equal(database.calls.changesSince, 5, 'one replay and two samples');
  await assertCovers(second.index, database);
});

test('a snapshot ahead of the database belongs to another one and is dropped', async (t) => {
  const dir = await temporaryFolder(t);
  const old = createMemorySource({ dimension });
  fill(old, 0, 500);
  const first = await setUp(t, old, { dir });
  first.indexer.start();
  await first.indexer.whenCovered();
  await until(() => first.index.stats().kind === 'hnsw' && !first.index.stats().building, 'the graph');
  await first.index.save();
  await first.indexer.close();

  const fresh = createMemorySource({ dimension });
  fill(fresh, 1_000, 1_020);
  const second = await setUp(t, fresh, { dir });
  second.indexer.start();
  await second.indexer.whenCovered();
  assert.equal(second.indexer.status().kind, 'exact');
  await assertCovers(second.index, fresh);
  assert.deepEqual(await readdir(dir), []);
});

test('a snapshot of another database that has gone on is dropped, though the counts agree', async (t) => {
  const dir = await temporaryFolder(t);
  const old = createMemorySource({ dimension });
  fill(old, 0, 300);
  const first = await setUp(t, old, { dir });
  first.indexer.start();
  await first.indexer.whenCovered();
  await until(() => first.index.stats().kind === 'hnsw' && !first.index.stats().building, 'the graph');
  await first.index.save();
  await first.indexer.close();

  // The same labels and numbers, other vectors; and one that differs from the snapshot in its last rows only.
  for (const same of [0, 250]) {
    const other = createMemorySource({ dimension });
    fill(other, 0, same);
    for (let label = same; label < 500; label++) other.add(label, pool[label + 1_000]!);
    const second = await setUp(t, other, { dir: await copyOf(dir, t) });
    second.indexer.start();
    await second.indexer.whenCovered();
    await assertCovers(second.index, other);
  }
});

test('a snapshot that lacks rows of the database is found by counting, and built anew', async (t) => {
  const dir = await temporaryFolder(t);
  const database = createMemorySource({ dimension });
  fill(database, 0, 300);
  const index = createVectorIndex({ dimension, modelId: 'test@1', dir, log: silentLogger, exactLimit: 50 });
  await index.open();
  const changes = await database.source.changesSince(0n, 1_000);
  await index.apply(
    changes.filter(({ label }) => label !== 150),
    300n,
  );
  await until(() => index.stats().kind === 'hnsw' && !index.stats().building, 'the graph');
  await index.close({ save: true });

  const { indexer, index: again } = await setUp(t, database, { dir });
  indexer.start();
  await indexer.whenCovered();
  await assertCovers(again, database);
  assert.equal((await again.search(pool[150]!, 1))[0]?.label, 150);
});

test('counts that differ even after a rebuild are a failure that says so, and heals', async (t) => {
  const database = createMemorySource({ dimension });
  fill(database, 0, 20);
  database.hide(1);
  const { indexer, index } = await setUp(t, database);
  indexer.start();
  await assert.rejects(indexer.whenCovered(), hasCode('index_unavailable'));
  assert.equal(indexer.status().state, 'failed');
  assert.equal(indexer.status().covered, false);
  assert.match(indexer.status().error ?? '', /holds 20 vectors, the database 21, even after a rebuild/);
  assert.equal((await index.search(pool[3]!, 1))[0]?.label, 3, 'what there is can be searched');
  database.hide(0);
  fill(database, 20, 21);
  await indexer.whenCovered();
  assert.equal(indexer.status().state, 'live');
});

test('a database that fails is asked again, and the status says so', async (t) => {
  const database = createMemorySource({ dimension });
  fill(database, 0, 100);
  database.fail(new Error('the connection was refused'));
  const { indexer, index } = await setUp(t, database);
  indexer.start();
  await until(() => indexer.status().error !== undefined, 'the error');
  assert.equal(indexer.status().error, 'the connection was refused');
  assert.equal(indexer.status().state, 'starting');
  await assert.rejects(indexer.whenCovered(), /refused/);
  database.fail(null);
  await until(() => indexer.status().covered, 'the recovery');
  assert.equal(indexer.status().error, undefined);
  await assertCovers(index, database);

  database.fail(new Error('the server went away'));
  indexer.hint();
  await until(() => indexer.status().error === 'the server went away', 'the second error');
  assert.equal((await index.search(pool[1]!, 1))[0]?.label, 1);
  database.fail(null);
  fill(database, 100, 110);
  await until(() => index.stats().live === 110, 'the second recovery');
});

test('a thread that dies is started again and replayed, whatever it was doing', async (t) => {
  const database = createMemorySource({ dimension });
  fill(database, 0, 1_500);
  const { indexer, index, workers } = await setUp(t, database, { snapshotEvery: 100 });
  indexer.start();
  await indexer.whenCovered();
  // While idle.
  await crash(workers.at(-1));
  await indexer.whenCovered();
  await assertCovers(index, database);
  // While it works.
  fill(database, 1_500, 2_900);
  indexer.hint();
  await until(() => index.stats().live > 1_500, 'the first batch');
  await crash(workers.at(-1));
  await indexer.whenCovered();
  await assertCovers(index, database);
  assert.equal(workers.length, 3);
});

test('a thread that keeps dying is given up', async (t) => {
  const database = createMemorySource({ dimension });
  fill(database, 0, 10);
  const { indexer, workers } = await setUp(t, database);
  indexer.start();
  for (let death = 1; death <= 5; death++) {
    await indexer.whenCovered();
    assert.equal(workers.length, death);
    await crash(workers.at(-1));
  }
  await indexer.whenCovered();
  await crash(workers.at(-1));
  await until(() => indexer.status().state === 'failed', 'the end');
  assert.match(indexer.status().error ?? '', /stopped 6 times in 10 minutes/);
  await assert.rejects(indexer.whenCovered(), hasCode('index_unavailable'));
  assert.equal(workers.length, 6);
});

test('deaths long ago do not count', async (t) => {
  const database = createMemorySource({ dimension });
  fill(database, 0, 10);
  const { indexer, workers, passTime } = await setUp(t, database);
  indexer.start();
  for (let death = 1; death <= 8; death++) {
    await indexer.whenCovered();
    await crash(workers.at(-1));
    passTime(3 * 60_000);
  }
  await indexer.whenCovered();
  assert.equal(indexer.status().covered, true);
});

test('a vector that can not be indexed costs no other, and is named until it is gone', async (t) => {
  const database = createMemorySource({ dimension });
  fill(database, 0, 10);
  database.add(10, new Float32Array(dimension));
  fill(database, 11, 20);
  const { indexer, index } = await setUp(t, database);
  indexer.start();
  await assert.rejects(indexer.whenCovered(), hasCode('vector_invalid'));
  const status = indexer.status();
  assert.equal(status.skipped, 1);
  assert.equal(status.covered, false);
  assert.match(
    status.error ?? '',
    /1 of the vectors can't be indexed, the first with label 10: its norm is 0/,
  );
  assert.equal(index.stats().live, 19);
  database.retire(10);
  await indexer.whenCovered();
  assert.equal(indexer.status().covered, true);
  assert.equal(indexer.status().skipped, 0);
});

test('snapshots come after enough changes, and after enough time with any', async (t) => {
  const database = createMemorySource({ dimension });
  const dir = await temporaryFolder(t);
  fill(database, 0, 200);
  const { indexer, index, passTime } = await setUp(t, database, { dir, snapshotEvery: 100 });
  const newest = async (): Promise<string | undefined> =>
    (await readdir(dir))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .at(-1);
  indexer.start();
  await indexer.whenCovered();
  await until(() => index.stats().kind === 'hnsw' && !index.stats().building, 'the graph');
  await index.save();
  assert.equal(await newest(), 'vectors-000001.json');
  fill(database, 200, 299);
  await indexer.whenCovered();
  assert.equal(await newest(), 'vectors-000001.json');
  fill(database, 299, 401);
  await indexer.whenCovered();
  // The next coverage comes after the snapshot that the last changes made due.
  fill(database, 401, 402);
  await indexer.whenCovered();
  assert.equal(await newest(), 'vectors-000002.json');
  passTime(10 * 60_000);
  fill(database, 402, 403);
  await indexer.whenCovered();
  assert.equal(await newest(), 'vectors-000003.json');
});

test('waiting for coverage can be cancelled, and ends with the indexer', async (t) => {
  const database = createMemorySource({ dimension });
  const { indexer } = await setUp(t, database);
  const controller = new AbortController();
  const cancelled = indexer.whenCovered({ signal: controller.signal });
  const ended = indexer.whenCovered();
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await assert.rejects(cancelled, hasCode('cancelled'));
  const closed = indexer.close();
  await assert.rejects(ended, hasCode('shutting_down'));
  await closed;
});

test('an index of another dimension than the vectors is refused at once', async (t) => {
  const { indexer } = await setUp(t, createMemorySource({ dimension: 64 }));
  assert.throws(() => indexer.start(), hasCode('vector_invalid'));
});

test('closing in the middle of a replay keeps what was done and loses nothing', async (t) => {
  const database = createMemorySource({ dimension });
  const dir = await temporaryFolder(t);
  fill(database, 0, 3_000);
  const first = await setUp(t, database, { dir });
  first.indexer.start();
  await until(() => first.index.stats().live > 0, 'the first batch');
  await first.indexer.close();
  const second = await setUp(t, database, { dir });
  second.indexer.start();
  await second.indexer.whenCovered();
  await assertCovers(second.index, database);
});
