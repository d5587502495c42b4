import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pg from 'pg';
import { heatOn } from '../../src/papers/heat.js';
import { createPaperFeedStore, type PaperChange } from '../../src/papers/paper-feed-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { clientConfig } from '../../src/platform/db/connection.js';
import { inventedPaper } from '../support/papers.js';
import { databaseKinds, withDatabase } from '../support/postgres.js';

for (const kind of databaseKinds) {
  describe(`the feed of papers (${kind})`, () => {
    const database = withDatabase(kind);
    const feed = () => createPaperFeedStore(database.db);
    const papers = () => createPaperStore(database.db);

    /** All changes after one, read in steps. */
    async function readAll(after: bigint, step: number): Promise<PaperChange[]> {
      const all: PaperChange[] = [];
      for (;;) {
        const changes = await feed().changesSince(all.at(-1)?.seq ?? after, step);
        assert.ok(changes.length <= step);
        if (changes.length === 0) return all;
        all.push(...changes);
      }
    }

    it('begins with nothing', async () => {
      assert.equal(await feed().head(), 0n);
      assert.deepEqual(await feed().changesSince(0n, 10), []);
    });

    it('tells of what came in, with all that a search index takes', async () => {
      const record = inventedPaper(1, {
        authors: ['Ada Ångström', '李 明'],
        categories: ['cs.LG'],
        venue: 'Journal of Cases',
        url: 'https://example.org/1',
        date: '2024-01',
        upvotes: 12,
        arxivId: '2401.00001',
        asOf: '2024-02-01',
      });
      const started = Date.now();
      const { outcomes } = await papers().takeIn([record]);
      const [change, ...others] = await feed().changesSince(0n, 10);
      assert.deepEqual(others, []);
      assert.deepEqual([change!.key, change!.seq], [outcomes[0]!.key, await feed().head()]);
      const { createdAt, heat, ...paper } = change!.paper!;
      assert.ok(Math.abs(heatOn(heat!, '2024-01-01') - Math.sqrt(12)) < 1e-9);
      const { source, arxivId, asOf, ...fields } = record;
      assert.deepEqual(paper, { ...fields, sources: [source] });
      assert.ok(createdAt.getTime() >= started - 1_000 && createdAt.getTime() <= Date.now() + 1_000);
    });

    it('names every source that a field came from', async () => {
      const before = await feed().head();
      const record = inventedPaper(2, { arxivId: '2401.00002' });
      await papers().takeIn([{ ...record, source: 'listing', upvotes: 3 }]);
      await papers().takeIn([record]);
      const changes = await readAll(before, 10);
      assert.equal(changes.length, 1, 'a paper that changed twice is told of once');
      assert.deepEqual(changes[0]!.paper!.sources.toSorted(), ['jsonl', 'listing']);
      assert.equal(changes[0]!.paper!.upvotes, 3);
      assert.ok(changes[0]!.seq > before + 1n);
    });

    it('tells of a paper that became part of another', async () => {
      const [a, b] = [inventedPaper(3, { arxivId: '2401.00003' }), inventedPaper(4, { doi: '10.1000/four' })];
      const { outcomes } = await papers().takeIn([a, b]);
      const keys = outcomes.map(({ key }) => key).sort((x, y) => x - y);
      const before = await feed().head();
      await papers().takeIn([{ ...a, doi: '10.1000/four' }]);
      const changes = await readAll(before, 1);
      const last = new Map(changes.map((change) => [change.key, change.paper]));
      assert.deepEqual(
        [...last.keys()].sort((x, y) => x - y),
        keys,
      );
      assert.equal([...last.values()].filter((paper) => paper === null).length, 1);
    });

    it('gives the same in steps of any size, in ascending order, to the head', async () => {
      await papers().takeIn(Array.from({ length: 60 }, (_, n) => inventedPaper(100 + n)));
      await database.db.pool.query('DELETE FROM papers WHERE id % 7 = 0');
      await database.db.pool.query('UPDATE papers SET upvotes = 5 WHERE id % 5 = 0');
      const all = await readAll(0n, 1_000);
      for (const step of [1, 2, 7]) assert.deepEqual(await readAll(0n, step), all);
      const seqs = all.map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        [...new Set(seqs)].sort((x, y) => (x < y ? -1 : 1)),
      );
      assert.equal(seqs.at(-1), await feed().head());
      const there = all.filter(({ paper }) => paper !== null);
      assert.equal(there.length, await papers().count());
      const gone = new Set(all.filter(({ paper }) => paper === null).map(({ key }) => key));
      assert.ok(gone.size > 5 && there.every(({ key }) => !gone.has(key)));
    });

    it('misses nothing of transactions that end in another order than they began', async () => {
      const client = new pg.Client(clientConfig(database.connection));
      await client.connect();
      try {
        const [one, two] = (await readAll(0n, 1_000)).filter(({ paper }) => paper !== null);
        await client.query('BEGIN');
        await client.query('SELECT nextval($1)', ['papers_seq']);
        const before = await feed().head();
        const other = database.db.pool.query('UPDATE papers SET upvotes = 70 WHERE id = $1', [one!.key]);
        await other;
        await client.query('UPDATE papers SET upvotes = 71 WHERE id = $1', [two!.key]);
        // Waits for the one that came first: its numbers are greater, and seen later.
        const third = database.db.pool.query('UPDATE papers SET upvotes = 72 WHERE id = $1', [one!.key]);
        const seen = await readAll(before, 10);
        assert.deepEqual(
          seen.map(({ key, paper }) => [key, paper?.upvotes]),
          [[one!.key, 70]],
        );
        await client.query('COMMIT');
        await third;
        assert.deepEqual(
          (await readAll(seen.at(-1)!.seq, 10)).map(({ key, paper }) => [key, paper?.upvotes]),
          [
            [two!.key, 71],
            [one!.key, 72],
          ],
        );
      } finally {
        await client.end();
      }
    });
  });
}
