import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PaperRecord } from '../../src/papers/paper.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { createSplitStore } from '../../src/papers/split-store.js';
import { databaseKinds, withDatabase } from '../support/postgres.js';

for (const kind of databaseKinds) {
  describe(`a paper split in two (${kind})`, () => {
    const database = withDatabase(kind);
    const store = () => createPaperStore(database.db);
    const splits = () => createSplitStore(database.db);
    let number = 0;

    /** A paper and one of another subject with its title, which lacks an abstract and so went into it. */
    function wronglyMerged(): { right: PaperRecord; wrong: PaperRecord } {
      number += 1;
      const title = `Honest mistakes ${number}`;
      const arxivId = `2402.0${1_000 + number}`;
      const right: PaperRecord = {
        source: 'arxiv',
        title,
        abstract: 'On bees and their dances.',
        arxivId,
        date: '2024-02-03',
      };
      const wrong: PaperRecord = {
        source: 'crossref',
        title,
        abstract: '',
        doi: `10.1000/mistake.${number}`,
        date: '2023',
        venue: 'Ores',
      };
      return { right, wrong };
    }

    async function keysOf(...records: PaperRecord[]): Promise<number[]> {
      return (await store().takeIn(records)).outcomes.map(({ key }) => key);
    }

    it('was made of records by several sources, which are kept word for word', async () => {
      const { right, wrong } = wronglyMerged();
      const [a, b] = await keysOf(right, wrong);
      assert.equal(a, b);
      const said = await splits().listRecords(a!);
      const bySource = new Map(said.map(({ record }) => [record.source, record]));
      assert.deepEqual(bySource.get('arxiv'), right);
      assert.deepEqual(bySource.get('crossref'), wrong);
    });

    it('has one record, and no row for it, where a single source spoke, however often', async () => {
      const { right } = wronglyMerged();
      const [key] = await keysOf(right, { ...right, arxivVersion: 2 });
      await keysOf({ ...right, arxivVersion: 3, upvotes: 7 });
      assert.equal((await splits().listRecords(key!)).length, 1);
      assert.equal(await database.db.prisma.sourceRecord.count({ where: { paperId: key! } }), 0);
    });

    it('is two papers with their own ids, also when everything is taken in again', async () => {
      const { right, wrong } = wronglyMerged();
      const [key] = await keysOf(right);
      await keysOf(wrong);
      const said = await splits().listRecords(key!);
      const ref = said.find(({ record }) => record.source === 'crossref')!.ref;
      const ids = await splits().split(key!, [ref]);
      assert.deepEqual(ids, { kept: right.arxivId, split: `doi:${wrong.doi}` });
      const [kept, other] = [await store().getByRef(ids.kept), await store().getByRef(wrong.doi!)];
      assert.deepEqual([kept.doi, kept.venue, kept.date, kept.key], [null, null, '2024-02-03', key]);
      assert.deepEqual([other.arxivId, other.venue, other.abstract], [null, 'Ores', '']);
      const again = await store().takeIn([right, wrong, { ...wrong, venue: 'Ores and Metals' }]);
      assert.deepEqual(
        again.outcomes.map(({ key: at }) => at),
        [kept.key, other.key, other.key],
      );
      assert.equal(again.merged, 0);
    });

    it('stays split though both records name one id', async () => {
      const { right, wrong } = wronglyMerged();
      const same = { ...wrong, arxivId: right.arxivId! };
      const [key] = await keysOf(right, same);
      const ref = (await splits().listRecords(key!)).find(({ record }) => record.source === 'crossref')!.ref;
      const { split } = await splits().split(key!, [ref]);
      const other = await store().getByRef(split);
      assert.equal(other.arxivId, null);
      assert.deepEqual(await keysOf(right, same), [key, other.key]);
    });

    it('of three records may lose two, and one more source may speak of either', async () => {
      const { right, wrong } = wronglyMerged();
      const third: PaperRecord = { ...wrong, source: 'openalex', venue: 'Ores of the World' };
      const [key] = await keysOf(right, wrong, third);
      const refs = (await splits().listRecords(key!))
        .filter(({ record }) => record.source !== 'arxiv')
        .map(({ ref }) => ref);
      const { split } = await splits().split(key!, refs);
      const { key: other } = await store().getByRef(split);
      const late: PaperRecord = { ...wrong, source: 'semantic-scholar', citations: 4 };
      assert.deepEqual(await keysOf(late, right), [other, key]);
      assert.equal((await splits().listRecords(other)).length, 3);
    });

    it('refuses records that it does not have, and all or none of them', async () => {
      const { right, wrong } = wronglyMerged();
      const [key] = await keysOf(right, wrong);
      const refs = (await splits().listRecords(key!)).map(({ ref }) => ref);
      await assert.rejects(splits().split(key!, ['nothing']), { code: 'invalid_input' });
      await assert.rejects(splits().split(key!, refs), { code: 'invalid_input' });
      await assert.rejects(splits().split(key!, []), { code: 'invalid_input' });
    });
  });
}
