import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createPaperFeedStore } from '../../../src/papers/paper-feed-store.js';
import { createPaperStore } from '../../../src/papers/paper-store.js';
import { silentLogger } from '../../../src/platform/log.js';
import { createStoredLexical } from '../../../src/search/lexical/stored-lexical.js';
import { inventedPaper } from '../../support/papers.js';
import { createTestDatabase, withDatabase } from '../../support/postgres.js';
import { crash, until } from '../../vectors/vectors-fixture.js';
import { assertCovers, find, setUpIndexer } from './indexer-fixture.js';
import { temporaryFolder } from './lexical-fixture.js';

describe('the word index of a database', () => {
  const database = withDatabase();
  const papers = () => createPaperStore(database.db);
  let next = 0;
  const takeIn = async (count: number): Promise<number[]> => {
    const records = Array.from({ length: count }, () => inventedPaper(next++));
    return (await papers().takeIn(records)).outcomes.map(({ key }) => key);
  };

  it('takes in what there is, then follows additions, changes and mergers', async (t) => {
    await takeIn(400);
    const { index, indexer, cover } = await setUpIndexer(t, database.db);
    assert.deepEqual([indexer.status().state, indexer.status().covered], ['starting', false]);
    await cover();
    assert.equal(indexer.status().state, 'live');
    await assertCovers(index, database.db);

    const record = inventedPaper(50_000, { title: 'Of zeppelins', arxivId: '2401.50000' });
    const key = (await papers().takeIn([record])).outcomes[0]!.key;
    assert.ok((await cover()) < 1_000, 'found within a second');
    assert.deepEqual(await find(index, 'zeppelins'), [key]);

    await papers().takeIn([{ ...record, title: 'Of airships', asOf: '2024-02-02', upvotes: 77 }]);
    await cover();
    assert.deepEqual([await find(index, 'zeppelins'), await find(index, 'airships')], [[], [key]]);

    const other = inventedPaper(50_001, { title: 'Other balloons', doi: '10.1000/balloons' });
    await papers().takeIn([other]);
    await cover();
    assert.equal((await find(index, 'balloons')).length, 1);
    const { merged } = await papers().takeIn([{ ...record, asOf: '2024-02-03', doi: '10.1000/balloons' }]);
    assert.equal(merged, 1);
    await cover();
    assert.equal(index.stats().papers, await papers().count());
    await assertCovers(index, database.db);
  });

  it('sees within its second what nobody hinted at', async (t) => {
    const { index, indexer, cover } = await setUpIndexer(t, database.db);
    await cover();
    await takeIn(3);
    const count = await papers().count();
    const started = performance.now();
    await until(() => index.stats().papers === count, 'the new papers');
    assert.ok(performance.now() - started < 2_000);
    assert.equal(indexer.status().error, null);
  });

  it('goes on from its snapshot, for the service and for commands beside it', async (t) => {
    const dir = await temporaryFolder(t);
    const first = await setUpIndexer(t, database.db, { dir });
    await first.cover();
    await first.indexer.close();
    assert.deepEqual(await readdir(dir), ['words-000001.lex']);
    const copy = await temporaryFolder(t);
    await cp(dir, copy, { recursive: true });

    const [key] = await takeIn(5);
    await database.db.pool.query('DELETE FROM papers WHERE id = $1', [key! - 1]);
    let read = 0;
    const feed = createPaperFeedStore(database.db);
    const counted = {
      ...feed,
      changesSince: async (after: bigint, limit: number) => {
        const changes = await feed.changesSince(after, limit);
        if (limit > 32) read += changes.length;
        return changes;
      },
    };
    const second = await setUpIndexer(t, database.db, { dir, feed: counted });
    await second.cover();
    assert.equal(read, 6, 'only what came after is replayed');
    assert.deepEqual(second.said, []);
    await assertCovers(second.index, database.db);

    read = 0;
    const stored = createStoredLexical(copy, counted, silentLogger);
    assert.equal((await stored.subset([], 10_000)).count, await papers().count());
    assert.equal(read, 6);
    assert.deepEqual(await readdir(copy), ['words-000001.lex'], 'it writes nothing');
  });

  it('drops the snapshot of another database', async (t) => {
    const dir = await temporaryFolder(t);
    const first = await setUpIndexer(t, database.db, { dir });
    await first.cover();
    await first.indexer.close();
    const other = await createTestDatabase();
    t.after(() => other.drop());
    // As many changes as the first has, so that the numbers alone don't tell.
    const store = createPaperStore(other.db);
    for (let from = 0; from < 600; from += 200)
      await store.takeIn(Array.from({ length: 200 }, (_, n) => inventedPaper(90_000 + from + n)));
    const second = await setUpIndexer(t, other.db, { dir });
    await second.cover();
    assert.match(second.said.join(), /belongs to another state of the database/);
    await assertCovers(second.index, other.db);
    await second.indexer.close();

    const empty = await createTestDatabase();
    t.after(() => empty.drop());
    const third = await setUpIndexer(t, empty.db, { dir });
    await third.cover();
    assert.equal(third.index.stats().papers, 0);
  });

  it('heals when its thread dies, idle or at work', async (t) => {
    const { index, indexer, workers, cover } = await setUpIndexer(t, database.db);
    await cover();
    await crash(workers.at(-1));
    assert.equal(indexer.status().covered, false);
    await cover();
    await assertCovers(index, database.db);
    await takeIn(450);
    indexer.hint();
    await crash(workers.at(-1));
    await until(() => workers.length === 3 && indexer.status().covered, 'healing');
    await cover();
    await assertCovers(index, database.db);
  });

  it('is built anew where the counts disagree', async (t) => {
    const dir = await temporaryFolder(t);
    const first = await setUpIndexer(t, database.db, { dir });
    await first.cover();
    // A paper that the database never had.
    const { papers: count, watermark } = first.index.stats();
    const { rows } = await database.db.pool.query('SELECT min(id) AS id FROM papers');
    await first.index.apply({ put: [], removed: [rows[0].id + 60], watermark });
    assert.equal(first.index.stats().papers, count - 1);
    await first.index.save();
    await first.index.close();
    const second = await setUpIndexer(t, database.db, { dir });
    await second.cover();
    assert.match(second.said.join(), /holds \d+ papers, the database \d+: building it anew/);
    await assertCovers(second.index, database.db);
  });

  it('says so where they disagree even then, goes on later, and is searched meanwhile', async (t) => {
    let hidden = 1;
    const countPapers = async () => (await papers().count()) + hidden;
    const { index, indexer, cover } = await setUpIndexer(t, database.db, { countPapers });
    indexer.start();
    await until(() => indexer.status().error !== null, 'the error');
    assert.match(indexer.status().error!, /even after a rebuild/);
    assert.equal(indexer.status().covered, false);
    assert.ok((await index.subset([], 0)).count > 0);
    hidden = 0;
    await cover();
    assert.equal(indexer.status().error, null);
  });

  it('survives a database that fails', async (t) => {
    const feed = createPaperFeedStore(database.db);
    let failure: Error | null = new Error('the connection was refused');
    const head = async () => {
      if (failure !== null) throw failure;
      return feed.head();
    };
    const { indexer, index, said } = await setUpIndexer(t, database.db, { feed: { ...feed, head } });
    indexer.start();
    await until(() => indexer.status().error !== null, 'the error');
    assert.equal(indexer.status().error, 'the connection was refused');
    assert.match(said.join(), /the word index could not follow: the connection was refused/);
    failure = null;
    await until(() => indexer.status().covered, 'the recovery');
    await assertCovers(index, database.db);
  });

  it('saves after ten minutes with a change, and rests after a failed save', async (t) => {
    const { indexer, dir, passTime, cover, said } = await setUpIndexer(t, database.db);
    await cover();
    const files = () => readdirSync(dir);
    assert.deepEqual(files(), []);
    passTime(10 * 60_000);
    await takeIn(1);
    await cover();
    await until(() => files().includes('words-000001.lex'), 'the snapshot');

    // A folder where the next is to be written, which fails as a full disk does.
    const inTheWay = join(dir, 'words-000002.lex.tmp');
    await mkdir(inTheWay);
    await writeFile(join(inTheWay, 'full'), '');
    await takeIn(1);
    passTime(10 * 60_000);
    await cover();
    const failures = () => said.filter((one) => one.includes('no snapshot of the word index')).length;
    await until(() => failures() === 1, 'the failure');
    for (let n = 0; n < 3; n++) {
      await takeIn(1);
      await cover();
    }
    assert.equal(failures(), 1, 'it rests for a minute');
    assert.equal(indexer.status().error, null, 'and goes on following');
    await rm(inTheWay, { recursive: true });
    passTime(60_000);
    await takeIn(1);
    await cover();
    await until(() => files().includes('words-000002.lex'), 'the next snapshot');
    assert.equal(failures(), 1);
  });
});
