import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { inventedPaper } from '../support/papers.js';
import { databaseKinds, withDatabase } from '../support/postgres.js';

for (const kind of databaseKinds) {
  describe(`paper store (${kind})`, () => {
    const database = withDatabase(kind);
    const store = () => createPaperStore(database.db);

    it('takes a batch in once, and the same batch again changes nothing', async () => {
      const batch = Array.from({ length: 120 }, (_, n) => inventedPaper(n));
      const first = await store().takeIn(batch);
      assert.deepEqual(new Set(first.outcomes.map(({ outcome }) => outcome)), new Set(['added']));
      const second = await store().takeIn(batch);
      assert.deepEqual(new Set(second.outcomes.map(({ outcome }) => outcome)), new Set(['unchanged']));
      assert.deepEqual(
        second.outcomes.map(({ key }) => key),
        first.outcomes.map(({ key }) => key),
      );
      assert.equal(await store().count(), 120);
    });

    it('keeps every field as it was given', async () => {
      const record = inventedPaper(1_000, {
        arxivId: '2401.01000',
        arxivVersion: 2,
        doi: '10.1000/thousand',
        authors: ['Ada Ångström', '李 明', "O'Neill, B."],
        date: '2024-01-05',
        venue: 'Journal of Cases',
        url: 'https://example.org/1000',
        categories: ['cs.LG', 'stat.ML'],
        upvotes: 12,
        comments: 3,
        asOf: '2024-02-01',
      });
      await store().takeIn([record]);
      const paper = await store().getByRef('https://arxiv.org/abs/2401.01000v1');
      const { source, asOf, ...fields } = record;
      for (const [field, value] of Object.entries(fields)) {
        assert.deepEqual(paper[field as keyof typeof paper], value, field);
      }
      assert.deepEqual(paper.origins.title, { source, asOf, version: 2 });
      assert.equal(paper.id, '2401.01000');
      assert.deepEqual(paper.aliases, ['doi:10.1000/thousand']);
    });

    it('leads from every former id to the paper', async () => {
      const record = inventedPaper(2_000);
      await store().takeIn([record]);
      const [titled] = await store().listByKeys([(await store().takeIn([record])).outcomes[0]!.key]);
      await store().takeIn([{ ...record, doi: '10.1000/two' }]);
      await store().takeIn([{ ...record, doi: '10.1000/two', arxivId: '2401.02000' }]);
      for (const ref of [titled!.id, 'doi:10.1000/two', '10.1000/TWO', 'arXiv:2401.02000']) {
        assert.equal((await store().getByRef(ref)).id, '2401.02000', ref);
      }
    });

    it('makes one row of two when a record shows that they are one', async () => {
      const [a, b] = [
        inventedPaper(3_000, { arxivId: '2401.03000' }),
        inventedPaper(3_001, { doi: '10.1000/three' }),
      ];
      await store().takeIn([a, b]);
      const before = await store().count();
      const { merged, outcomes } = await store().takeIn([{ ...a, doi: '10.1000/three' }]);
      assert.equal(merged, 1);
      assert.equal(outcomes[0]!.outcome, 'updated');
      assert.equal(await store().count(), before - 1);
      assert.equal((await store().getByRef('10.1000/three')).id, '2401.03000');
    });

    it('finds a paper under a title with a slip by its people and year, whichever came first', async () => {
      const people = { abstract: '', authors: ['Ines Quill', 'Juno Reed'], date: '1998' };
      const [first] = (
        await store().takeIn([{ source: 'jsonl', title: 'Quills for Scribes of Old', ...people }])
      ).outcomes;
      const { outcomes } = await store().takeIn([
        {
          source: 'jsonl',
          title: 'Quils for scribes of old (panel)',
          ...people,
          authors: ['J. Reed', 'I. Quill'],
        },
        { source: 'jsonl', title: 'Quills for Monks of Today', ...people },
      ]);
      assert.equal(outcomes[0]!.key, first!.key);
      assert.equal(outcomes[1]!.outcome, 'added');
    });

    it('says when something changed that readers see: not with the counts, not with the same again', async () => {
      const record = inventedPaper(3_500);
      const updatedAt = async (change: Partial<typeof record>) => {
        const { outcomes } = await store().takeIn([{ ...record, ...change }]);
        const [paper] = await store().listByKeys([outcomes[0]!.key]);
        return paper!.updatedAt.getTime();
      };
      const first = await updatedAt({});
      assert.equal(await updatedAt({}), first);
      assert.equal(await updatedAt({ upvotes: 7, comments: 2, stars: 3, asOf: '2024-02-01' }), first);
      let last = first;
      for (const change of [
        { venue: 'Journal of Cases' },
        { doi: '10.1000/3500' },
        { arxivId: '2401.03500' },
      ]) {
        const next = await updatedAt(change);
        assert.ok(next > last, JSON.stringify(change));
        last = next;
      }
      assert.equal(await updatedAt({ venue: 'Journal of Cases' }), last);
    });

    it('takes half of a surrogate pair as the character that stands for it', async () => {
      const { outcomes } = await store().takeIn([
        inventedPaper(1_500, { abstract: 'Half \ud800 of a pair.' }),
      ]);
      const [paper] = await store().listByKeys([outcomes[0]!.key]);
      assert.equal(paper?.abstract, 'Half \ufffd of a pair.');
    });

    it('takes a text that came whole for one with characters that could not be read, whichever came last', async () => {
      const whole = inventedPaper(5_500, {
        ...{ title: 'Größe and water of the fifth kind', abstract: 'Über', authors: ['Ada Ångström'] },
        ...{ arxivId: '2401.05500', asOf: '2024-02-01' },
      });
      const damaged = {
        ...{
          ...whole,
          title: 'Gr\ufffd\ufffde and water of the fifth kind',
          abstract: '\ufffd\ufffdber, and more',
        },
        ...{ authors: ['Ada \ufffdngstr\ufffdm', 'Bo Finch'], asOf: '2024-02-02' },
      };
      for (const batch of [[damaged], [whole], [damaged]]) await store().takeIn(batch);
      const { title, abstract, authors } = await store().getByRef('2401.05500');
      assert.deepEqual([title, abstract, authors], [whole.title, whole.abstract, whole.authors]);
    });

    it('keeps one row a paper when many take the same in at once', async () => {
      const batch = Array.from({ length: 20 }, (_, n) => inventedPaper(4_000 + n));
      const before = await store().count();
      await Promise.all(
        Array.from({ length: 5 }, (_, n) => store().takeIn(batch.toSorted(() => (n % 2 ? 1 : -1)))),
      );
      assert.equal(await store().count(), before + 20);
    });

    it('lists the newest first, and papers without a date after all others', async () => {
      const all = await store().listNewest(1_000);
      const dates = all.map(({ date }) => date ?? '');
      assert.deepEqual(dates, dates.toSorted().toReversed());
      assert.ok(dates.includes('') && dates[0] !== '');
      assert.deepEqual(
        (await store().listNewest(3)).map(({ key }) => key),
        all.slice(0, 3).map(({ key }) => key),
      );
    });

    it('names what it does not know', async () => {
      for (const ref of ['2401.99999', 'nothing', '', 'a\0b', 'x'.repeat(5_000)]) {
        await assert.rejects(store().getByRef(ref), { code: 'paper_not_found' });
      }
    });
  });
}
