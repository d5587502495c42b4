import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOf } from '../support/errors.js';
import { assertCovers, dimension, fill, pool, setUp } from './indexer-fixture.js';
import { crash, createMemorySource, until } from './vectors-fixture.js';

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

test('counts that differ even after a rebuild are a failure that says so, and heals', async (t) => {
  const database = createMemorySource({ dimension });
  fill(database, 0, 20);
  database.hide(1);
  const { indexer, index } = await setUp(t, database);
  indexer.start();
  await assert.rejects(indexer.whenCovered(), isOf('index_unavailable'));
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
  await assert.rejects(indexer.whenCovered(), isOf('index_unavailable'));
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
  await indexer.whenCovered();
  const status = indexer.status();
  assert.equal(status.skipped, 1);
  assert.equal(status.covered, true);
  assert.match(
    status.error ?? '',
    /1 of the vectors can't be indexed, the first with label 10: its norm is 0/,
  );
  assert.equal(index.stats().live, 19);
  database.retire(10);
  await indexer.whenCovered();
  assert.equal(indexer.status().covered, true);
  assert.deepEqual([indexer.status().skipped, indexer.status().error], [0, undefined]);
});

test('waiting for coverage can be cancelled, and ends with the indexer', async (t) => {
  const database = createMemorySource({ dimension });
  const { indexer } = await setUp(t, database);
  const controller = new AbortController();
  const cancelled = indexer.whenCovered({ signal: controller.signal });
  const ended = indexer.whenCovered();
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await assert.rejects(cancelled, isOf('cancelled'));
  const closed = indexer.close();
  await assert.rejects(ended, isOf('shutting_down'));
  await closed;
});

test('an index of another dimension than the vectors is refused at once', async (t) => {
  const { indexer } = await setUp(t, createMemorySource({ dimension: 64 }));
  assert.throws(() => indexer.start(), isOf('vector_invalid'));
});
