import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../../src/platform/log.js';
import type { VectorIndex } from '../../src/vectors/ports.js';
import { createVectorIndex } from '../../src/vectors/worker/client.js';
import { isOf } from '../support/errors.js';
import { assertCovers, copyOf, dimension, fill, type MemorySource, pool, setUp } from './indexer-fixture.js';
import { createMemorySource, temporaryFolder, until } from './vectors-fixture.js';

const untilGraph = (index: VectorIndex): Promise<void> =>
  until(() => index.stats().kind === 'hnsw' && !index.stats().building, 'the graph');

/** What an indexer that has seen all of the database leaves in the folder. */
async function leaveSnapshot(t: TestContext, database: MemorySource, dir: string): Promise<void> {
  const { indexer, index } = await setUp(t, database, { dir });
  indexer.start();
  await indexer.whenCovered();
  await untilGraph(index);
  await index.save();
  await indexer.close();
}

test('a restart loads the snapshot and replays what came after', async (t) => {
  const database = createMemorySource({ dimension });
  const dir = await temporaryFolder(t);
  fill(database, 0, 500);
  const first = await setUp(t, database, { dir });
  first.indexer.start();
  await first.indexer.whenCovered();
  await untilGraph(first.index);
  database.retire(4);
  await first.indexer.whenCovered();
  await first.indexer.close();
  await first.indexer.close();
  assert.equal(first.index.isOpen, false);
  await assert.rejects(first.indexer.whenCovered(), isOf('shutting_down'));

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
  await leaveSnapshot(t, old, dir);

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
  await leaveSnapshot(t, old, dir);

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
  await untilGraph(index);
  await index.close({ save: true });

  const { indexer, index: again } = await setUp(t, database, { dir });
  indexer.start();
  await indexer.whenCovered();
  await assertCovers(again, database);
  assert.equal((await again.search(pool[150]!, 1))[0]?.label, 150);
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
  await untilGraph(index);
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
