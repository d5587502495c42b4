import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BATCH_SIZE, createIngest } from '../../src/ingest/ingest.js';
import { createIntakeStore } from '../../src/ingest/intake-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { silentLogger } from '../../src/platform/log.js';
import { inventedPaper, jsonLines } from '../support/papers.js';
import { databaseKinds, withDatabase } from '../support/postgres.js';
import { bytesOf } from '../support/service.js';

const clock = { now: () => new Date('2025-12-11T10:00:00Z') };

for (const kind of databaseKinds) {
  describe(`ingest (${kind})`, () => {
    const database = withDatabase(kind);
    const parts = () => {
      const papers = createPaperStore(database.db);
      const intakes = createIntakeStore(database.db);
      return { papers, intakes, ingest: createIngest({ papers, intakes, clock, log: silentLogger }) };
    };
    const batch = Array.from({ length: 2 * BATCH_SIZE + 120 }, (_, n) => inventedPaper(n));

    it('takes a file in, batch by batch, and tells how far it is', async () => {
      const { ingest, papers, intakes } = parts();
      const seen: number[] = [];
      const twice = jsonLines([...batch, ...batch.slice(0, 5)]);
      const report = await ingest.take({
        name: 'some hundreds',
        bytes: bytesOf(twice),
        onProgress: ({ entries }) => seen.push(entries),
      });
      assert.deepEqual(
        [report.entries, report.papers, report.added, report.unchanged, report.problems, report.format],
        [batch.length + 5, batch.length, batch.length, 5, 0, 'jsonl'],
      );
      assert.ok(seen.length >= 3 && seen.at(-1) === batch.length + 5, seen.join());
      assert.equal(await papers.count(), batch.length);
      const [intake] = await intakes.listRecent(1);
      assert.deepEqual(
        [intake?.name, intake?.added, intake?.finishedAt],
        ['some hundreds', batch.length, clock.now()],
      );
    });

    it('changes nothing the second time', async () => {
      const report = await parts().ingest.take({ name: 'again', bytes: bytesOf(jsonLines(batch)) });
      assert.deepEqual([report.added, report.updated, report.unchanged], [0, 0, batch.length]);
    });

    it('keeps counts by the day on which the input was saved, else by the clock', async () => {
      const { ingest, papers } = parts();
      const line = (id: string, fields: object) =>
        `${JSON.stringify({ title: `Counted ${id}`, id, ...fields })}\n`;
      const take = (text: string, asOf?: string) =>
        ingest.take({ name: 'counts', bytes: bytesOf(text), asOf });
      await take(line('2401.00001', { upvotes: 3 }), '2025-11-30');
      await take(
        line('2401.00001', { upvotes: 5 }) + line('2401.00002', { githubStars: 7, updated: '2025-10-01' }),
      );
      await take(line('2401.00002', { citationCount: 1, updated: '2026-01-01' }));
      const { rows } = await database.db.pool.query<{ id: string; seen: string }>(
        `SELECT public_id AS id, concat_ws(' ', kind, to_char(day, 'YYYY-MM-DD'), value) AS seen
         FROM paper_observations o JOIN papers p ON p.id = o.paper_id ORDER BY public_id, day`,
      );
      assert.deepEqual(
        rows.map(({ id, seen }) => `${id} ${seen}`),
        [
          '2401.00001 upvotes 2025-11-30 3',
          '2401.00001 upvotes 2025-12-11 5',
          '2401.00002 stars 2025-10-01 7',
          '2401.00002 citations 2025-12-11 1',
        ],
      );
      assert.equal((await papers.getByRef('2401.00001')).upvotes, 5);
    });

    it('keeps what was committed when it is broken off, and says that it was', async () => {
      const { ingest, papers, intakes } = parts();
      const more = Array.from({ length: 4 * BATCH_SIZE }, (_, n) => inventedPaper(10_000 + n));
      const controller = new AbortController();
      const before = await papers.count();
      const taking = ingest.take({
        name: 'broken off',
        bytes: bytesOf(jsonLines(more)),
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      await assert.rejects(taking, { code: 'cancelled' });
      const kept = (await papers.count()) - before;
      assert.ok(kept >= BATCH_SIZE && kept < more.length, `${kept}`);
      assert.equal(await intakes.stateOf('broken off'), 'broken off');
      const report = await ingest.take({ name: 'broken off', bytes: bytesOf(jsonLines(more)) });
      assert.equal(report.added, more.length - kept);
      assert.equal(await intakes.stateOf('broken off'), 'finished');
    });

    it('completes a paper from a bibliography, and overwrites nothing that a richer source said', async () => {
      const { ingest, papers } = parts();
      const known = { ...inventedPaper(30_000), doi: '10.1000/feathers', authors: ['Ann Lee'] };
      await ingest.take({ name: 'known', bytes: bytesOf(jsonLines([known])) });
      const report = await ingest.take({
        name: 'mine.bib',
        bytes: bytesOf(
          '@article{a, title = {typed from memory}, doi = {10.1000/feathers}, abstract = {Mine.}, author = {A. Lee}, journal = {Journal of Feathers}}',
        ),
      });
      assert.deepEqual([report.format, report.added, report.updated, report.problems], ['bibtex', 0, 1, 0]);
      const paper = await papers.getByRef('10.1000/feathers');
      assert.deepEqual(
        [paper.title, paper.abstract, paper.authors, paper.venue, paper.origins.venue?.source],
        [known.title, known.abstract, ['Ann Lee'], 'Journal of Feathers', 'bibtex'],
      );
    });

    it('keeps what came before an input that breaks in the middle', async () => {
      const { ingest, papers } = parts();
      const before = await papers.count();
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield* bytesOf(
          jsonLines(Array.from({ length: BATCH_SIZE + 50 }, (_, n) => inventedPaper(20_000 + n))),
        );
        throw new Error('the disk is gone');
      }
      await assert.rejects(ingest.take({ name: 'disk', bytes: breaking() }), /the disk is gone/);
      assert.equal((await papers.count()) - before, BATCH_SIZE);
    });
  });
}
