import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heatOf, type Observation } from '../../src/papers/heat.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { inventedPaper } from '../support/papers.js';
import { databaseKinds, withDatabase } from '../support/postgres.js';

for (const kind of databaseKinds) {
  describe(`observations (${kind})`, () => {
    const database = withDatabase(kind);
    const store = () => createPaperStore(database.db);
    const today = '2024-03-20';
    const takeIn = (records: Parameters<ReturnType<typeof store>['takeIn']>[0], asOf?: string) =>
      store().takeIn(records, { asOf, today });

    async function observed(ref: string): Promise<[kind: string, day: string, value: number][]> {
      const { key } = await store().getByRef(ref);
      const { rows } = await database.db.pool.query<{ kind: string; day: string; value: number }>(
        `SELECT kind, to_char(day, 'YYYY-MM-DD') AS day, value FROM paper_observations WHERE paper_id = $1
         ORDER BY kind COLLATE "C", day`,
        [key],
      );
      return rows.map((row) => [row.kind, row.day, row.value]);
    }

    async function rowOf(ref: string): Promise<{ heat: number | null; seq: string }> {
      const { key } = await store().getByRef(ref);
      const { rows } = await database.db.pool.query('SELECT heat, seq FROM papers WHERE id = $1', [key]);
      return rows[0];
    }

    /** What is stored is what the formula gives for all observations. */
    async function assertHeat(ref: string): Promise<void> {
      const { date } = await store().getByRef(ref);
      const { heat } = await rowOf(ref);
      const all = (await observed(ref)).map(([kind, day, value]) => ({ kind, day, value }) as Observation);
      const wanted = heatOf(all, { date, cameIn: today });
      assert.equal(heat === null, wanted === null);
      if (heat !== null) assert.ok(Math.abs(heat - wanted!) < 1e-9, `${heat}, not ${wanted}`);
    }

    it('are kept by the day on which the record was made, else that of the source, else today', async () => {
      const paper = (n: number) => inventedPaper(n, { arxivId: `2401.0000${n}`, date: '2024-01-02' });
      const counts = { upvotes: 10, comments: 2, stars: 300, citations: 1 };
      await takeIn([{ ...paper(1), ...counts, asOf: '2024-02-01' }], '2024-02-05');
      await takeIn([{ ...paper(2), upvotes: 5 }], '2024-02-05');
      await takeIn([{ ...paper(3), upvotes: 5 }]);
      // Nobody has seen the future.
      await takeIn([{ ...paper(4), upvotes: 5, asOf: '2031-01-01' }]);
      assert.deepEqual(await observed('2401.00001'), [
        ['citations', '2024-02-01', 1],
        ['comments', '2024-02-01', 2],
        ['stars', '2024-02-01', 300],
        ['upvotes', '2024-02-01', 10],
      ]);
      assert.deepEqual(await observed('2401.00002'), [['upvotes', '2024-02-05', 5]]);
      assert.deepEqual(await observed('2401.00003'), [['upvotes', today, 5]]);
      assert.deepEqual(await observed('2401.00004'), [['upvotes', today, 5]]);
      for (let n = 1; n <= 4; n++) await assertHeat(`2401.0000${n}`);
    });

    it('have the day of the database where nobody says another', async () => {
      await store().takeIn([inventedPaper(5, { arxivId: '2401.00005', upvotes: 5 })]);
      const { rows } = await database.db.pool.query(
        `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day`,
      );
      assert.deepEqual(await observed('2401.00005'), [['upvotes', rows[0].day, 5]]);
    });

    it('add up over days, whatever comes in first, and heat follows', async () => {
      const paper = inventedPaper(10, { arxivId: '2401.00010', date: '2024-01-30' });
      const looks: [string, number][] = [
        ['2024-02-03', 50],
        ['2024-02-01', 10],
        ['2024-02-02', 40],
        ['2024-02-04', 45],
      ];
      for (const [asOf, upvotes] of looks) {
        await takeIn([{ ...paper, upvotes, asOf }]);
        await assertHeat('2401.00010');
      }
      assert.deepEqual(
        (await observed('2401.00010')).map(([, day, value]) => [day, value]),
        looks.toSorted(),
      );
      assert.equal((await store().getByRef('2401.00010')).upvotes, 45, 'the present count is the latest');
    });

    it('of one day are one: the higher, in whatever order, within a batch too', async () => {
      const paper = inventedPaper(11, { arxivId: '2401.00011' });
      const morning = { ...paper, upvotes: 5, asOf: '2024-02-01' };
      const evening = { ...paper, upvotes: 9, asOf: '2024-02-01' };
      await takeIn([morning]);
      await takeIn([evening]);
      assert.deepEqual(await observed('2401.00011'), [['upvotes', '2024-02-01', 9]]);
      await takeIn([evening, morning]);
      await takeIn([morning]);
      assert.deepEqual(await observed('2401.00011'), [['upvotes', '2024-02-01', 9]]);
      await assertHeat('2401.00011');
    });

    it('change nothing the second time, not even for who follows the papers', async () => {
      const batch = Array.from({ length: 30 }, (_, n) =>
        inventedPaper(100 + n, {
          arxivId: `2401.001${10 + n}`,
          upvotes: n,
          stars: n * 7,
          asOf: '2024-02-01',
        }),
      );
      await takeIn(batch);
      const { rows: before } = await database.db.pool.query('SELECT id, seq, heat FROM papers ORDER BY id');
      const { outcomes } = await takeIn(batch);
      assert.ok(outcomes.every(({ outcome }) => outcome === 'unchanged'));
      const { rows: after } = await database.db.pool.query('SELECT id, seq, heat FROM papers ORDER BY id');
      assert.deepEqual(after, before);
    });

    it('heat a paper of which nothing else changes', async () => {
      const paper = inventedPaper(12, { arxivId: '2401.00012' });
      await takeIn([paper]);
      const before = await rowOf('2401.00012');
      assert.equal(before.heat, null);
      const { outcomes } = await takeIn([{ ...paper, stars: 1_000 }]);
      assert.equal(outcomes[0]!.outcome, 'unchanged', 'stars are no field of the paper');
      const after = await rowOf('2401.00012');
      assert.ok(after.heat !== null && BigInt(after.seq) > BigInt(before.seq));
    });

    it('age with the paper when its date becomes known', async () => {
      const paper = inventedPaper(13, { arxivId: '2401.00013', upvotes: 30, asOf: today });
      await takeIn([paper]);
      const young = (await rowOf('2401.00013')).heat!;
      await takeIn([{ ...paper, date: '2024-01-01' }]);
      const old = (await rowOf('2401.00013')).heat!;
      assert.ok(old < young, `${old} < ${young}`);
      await assertHeat('2401.00013');
    });

    it('of years heat as they would all together', async () => {
      const paper = inventedPaper(19, { arxivId: '2401.00019', date: '2021-01-01' });
      const { outcomes } = await takeIn([{ ...paper, upvotes: 1, asOf: '2021-01-02' }]);
      await database.db.pool.query(
        `INSERT INTO paper_observations SELECT $1, 'upvotes', DATE '2021-01-02' + n, 1 + n * 3 FROM generate_series(1, 900) n`,
        [outcomes[0]!.key],
      );
      await takeIn([{ ...paper, upvotes: 5_000, asOf: today }]);
      await assertHeat('2401.00019');
    });

    it('go over to the paper that takes another one in', async () => {
      const [a, b] = [
        inventedPaper(14, { arxivId: '2401.00014', date: '2024-01-01' }),
        inventedPaper(15, { doi: '10.1000/fifteen' }),
      ];
      await takeIn([
        { ...a, upvotes: 5, comments: 1, asOf: '2024-02-01' },
        { ...b, upvotes: 20, asOf: '2024-02-01' },
      ]);
      await takeIn([{ ...b, upvotes: 15, asOf: '2024-02-02' }]);
      await takeIn([{ ...b, upvotes: 30, asOf: '2024-02-03' }]);
      const { merged } = await takeIn([{ ...a, doi: '10.1000/fifteen', upvotes: 31, asOf: '2024-02-04' }]);
      assert.equal(merged, 1);
      assert.deepEqual(await observed('2401.00014'), [
        ['comments', '2024-02-01', 1],
        ['upvotes', '2024-02-01', 20],
        ['upvotes', '2024-02-02', 15],
        ['upvotes', '2024-02-03', 30],
        ['upvotes', '2024-02-04', 31],
      ]);
      await assertHeat('2401.00014');
    });

    it('go over to a paper that is new in the same batch', async () => {
      const old = inventedPaper(16, { doi: '10.1000/sixteen' });
      await takeIn([{ ...old, upvotes: 7, asOf: '2024-02-01' }]);
      const fresh = inventedPaper(17, { arxivId: '2401.00017', upvotes: 8, asOf: '2024-02-02' });
      const { merged } = await takeIn([fresh, { ...fresh, doi: '10.1000/sixteen' }]);
      assert.equal(merged, 1);
      assert.deepEqual(await observed('10.1000/sixteen'), [
        ['upvotes', '2024-02-01', 7],
        ['upvotes', '2024-02-02', 8],
      ]);
      await assertHeat('2401.00017');
    });

    it('are gone with their paper', async () => {
      const { outcomes } = await takeIn([inventedPaper(18, { upvotes: 7 })]);
      const where = { paperId: outcomes[0]!.key };
      assert.equal(await database.db.prisma.paperObservation.count({ where }), 1);
      await database.db.prisma.paper.delete({ where: { id: where.paperId } });
      assert.equal(await database.db.prisma.paperObservation.count({ where }), 0);
    });
  });
}
