import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  contentOf,
  readBooks,
  takeInWithKills,
  watchBatches,
  writeEntries,
} from '../../scripts/campaign/ingest-kills.js';
import { BATCH_SIZE, createIngest, type IngestInput } from '../../src/ingest/ingest.js';
import { createIntakeStore } from '../../src/ingest/intake-store.js';
import { createPaperStore, type PaperStore } from '../../src/papers/paper-store.js';
import { silentLogger } from '../../src/platform/log.js';
import { inventedPaper, jsonLines } from '../support/papers.js';
import { createTestDatabase, urlOf, withDatabase } from '../support/postgres.js';
import { bytesOf } from '../support/service.js';

const clock = { now: () => new Date('2025-12-11T10:00:00Z') };
const papers = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => inventedPaper(from + n));

describe('an intake that was broken off', () => {
  const database = withDatabase();

  /** An ingest that counts the records which it settles. */
  function parts() {
    const store = createPaperStore(database.db);
    const settled = { records: 0 };
    const counting: PaperStore = {
      ...store,
      takeIn: (records, options) => {
        settled.records += records.length;
        return store.takeIn(records, options);
      },
    };
    const intakes = createIntakeStore(database.db);
    const ingest = createIngest({ papers: counting, intakes, clock, log: silentLogger });
    return { ingest, intakes, settled };
  }

  const inputOf = (name: string, text: string): IngestInput => ({
    name,
    bytes: bytesOf(text),
    again: () => bytesOf(text),
    size: Buffer.byteLength(text),
  });

  /** Broken off behind its first two batches, or one more that was being written. */
  async function breakOff(input: IngestInput): Promise<number> {
    const { ingest, settled } = parts();
    const controller = new AbortController();
    const onProgress = ({ entries }: { entries: number }) => {
      if (entries >= 2 * BATCH_SIZE) controller.abort();
    };
    await assert.rejects(ingest.take({ ...input, signal: controller.signal, onProgress }), {
      code: 'cancelled',
    });
    return settled.records;
  }

  it('goes on behind its last batch, and its counts are those of an intake in one go', async () => {
    const list = papers(0, 4 * BATCH_SIZE);
    // Papers come again on both sides of where it breaks.
    const text = `${jsonLines(list.slice(0, 10))}{"title": ""}\n${jsonLines(list)}${jsonLines(list.slice(5, 20))}`;
    const input = inputOf('in two goes', text);
    const before = await breakOff(input);
    const { ingest, intakes, settled } = parts();
    const report = await ingest.take(inputOf('in two goes', text));
    const all = list.length + 25;
    assert.ok(before >= 2 * BATCH_SIZE && before < all, `${before}`);
    assert.equal(report.doneBefore, before);
    assert.equal(settled.records, all - before);
    assert.deepEqual(
      [report.entries, report.added, report.unchanged, report.papers, report.problems],
      [all, list.length, 25, list.length, 1],
    );
    const [intake] = await intakes.listRecent(1);
    assert.deepEqual(
      [intake?.entries, intake?.finishedAt, intake?.startedAt, intake?.readBytes],
      [all, clock.now(), clock.now(), Buffer.byteLength(text)],
    );
    assert.equal(await database.db.prisma.intakeBatch.count(), 0);
    const again = await parts().ingest.take(inputOf('in two goes', text));
    assert.deepEqual([again.doneBefore, again.unchanged], [0, all]);
  });

  it('starts anew where the file begins otherwise, counts otherwise, or is shorter', async () => {
    const text = jsonLines(papers(10_000, 4 * BATCH_SIZE));
    await breakOff(inputOf('changed', text));
    const changed = text.replace('case 10003.', 'case 10004.');
    assert.notEqual(changed, text);
    const { ingest } = parts();
    const take = async (input: IngestInput) => (await ingest.take(input)).doneBefore;
    assert.equal(await take(inputOf('changed', changed)), 0);
    assert.equal(await take(inputOf('changed', text.slice(0, text.length / 4))), 0);
    assert.equal(await take({ ...inputOf('changed', text), source: 'crossref' }), 0);
    assert.equal(await take({ ...inputOf('changed', text), asOf: '2025-01-01' }), 0);
    assert.equal(await take({ name: 'changed', bytes: bytesOf(text) }), 0);
    assert.ok((await take({ ...inputOf('changed', `${text}\n`), asOf: '2025-12-11' })) >= 2 * BATCH_SIZE);
  });

  it('is left to the process that has it, which nobody can settle a batch beside', async () => {
    const text = jsonLines(papers(20_000, 4 * BATCH_SIZE));
    await breakOff(inputOf('held', text));
    const { ingest, intakes } = parts();
    const [broken] = await intakes.listBrokenOff('held', null);
    const lock = await intakes.claim(broken!.id);
    try {
      const report = await ingest.take(inputOf('held', text));
      assert.equal(report.doneBefore, 0);
      const done = await intakes.progressOf(broken!.id);
      const resumable = { place: broken!.place, papers: [], after: 0 };
      const batch = { counts: done!.counts, format: 'jsonl', at: clock.now(), resumable };
      await assert.rejects(
        database.db.prisma.$transaction((tx) => intakes.keep(tx, broken!.id, batch)),
        { code: 'P2002' },
      );
    } finally {
      await lock!.release();
    }
  });
});

describe('an intake whose process is killed', () => {
  const [entries, seed] = [8 * BATCH_SIZE + 77, 20_251];
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quire-resume-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('leaves what an intake in one go leaves, each batch committed once', async () => {
    const file = join(folder, 'entries.jsonl.gz');
    await writeEntries(file, { count: entries, seed });
    const run = async (kills: number) => {
      const { connection, drop } = await createTestDatabase('tcp');
      try {
        await watchBatches(connection);
        const url = urlOf(connection);
        const taken = await takeInWithKills({ connection, url, dataDir: folder, file, entries, kills, seed });
        return { ...taken, books: await readBooks(connection), content: await contentOf(connection) };
      } finally {
        await drop();
      }
    };
    const [whole, killed] = [await run(0), await run(2)];
    assert.ok(
      killed.killedAt.some((at) => at > 0 && at < entries),
      killed.killedAt.join(),
    );
    assert.ok(killed.report.doneBefore > 0);
    const counts = ({ report: { doneBefore: _, ...rest } }: typeof whole) => ({ ...rest, durationMs: 0 });
    assert.deepEqual(counts(killed), counts(whole));
    assert.deepEqual(killed.books, { intakes: 1, batches: 9, twice: 0, left: 0 });
    assert.deepEqual(killed.content, whole.content);
    assert.ok(whole.report.merged + whole.report.updated > 100 && whole.report.problems > 10);
  });
});
