import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { readSource } from '../../../src/ingest/sources/source.js';
import type { SourceRun } from '../../../src/ingest/sources/source-run.js';
import { createSourceScheduler } from '../../../src/ingest/sources/source-scheduler.js';
import { AppError } from '../../../src/platform/errors.js';
import { silentLogger } from '../../../src/platform/log.js';
import { databaseKinds, withDatabase } from '../../support/postgres.js';
import { booksOf, type Played, withPulling } from './pulling.js';

const MINUTE = 60_000;

const lines = (count: number, prefix: string): string =>
  Array.from({ length: count }, (_, at) =>
    JSON.stringify({ title: `${prefix} number ${at}`, abstract: 'On birds.', date: '2026' }),
  ).join('\n');

for (const kind of databaseKinds) {
  describe(`pulls of sources (${kind})`, () => {
    const database = withDatabase(kind);
    const pulling = withPulling(database);
    const feedOf = async (play: () => Played, more: Record<string, unknown> = {}) => {
      const host = await pulling.host(play);
      return pulling.source({ kind: 'feed', url: host.url, ...more });
    };

    it('keep their books, and an intake for whoever asks what came in', async () => {
      const body = `${lines(3, 'Kites')}\n{"title": 7}\n${lines(1, 'Kites')}`;
      const source = await feedOf(() => body);
      const run = await pulling.pull(source);
      assert.deepEqual(booksOf(run), {
        ...{ announced: 5, added: 3, updated: 0, unchanged: 1, failed: 1, waiting: 0, outcome: 'done' },
      });
      assert.deepEqual(
        run.problemList.map(({ line, reason }) => [line, reason]),
        [[4, '"title" must be a text, found a number']],
      );
      const [intake] = await pulling.intakes().listRecent(1);
      assert.deepEqual(
        [intake?.name, intake?.entries, intake?.added, intake?.problems],
        [`source ${source.name}`, 4, 3, 1],
      );
    });

    it('come to their end whatever bytes and lengths a source answers with', async () => {
      const error = `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><error code="badArgument">${'ever so wrong '.repeat(9_000)}</error></OAI-PMH>`;
      for (const [kind, play, why] of [
        ['huggingface', '\0\x1b[31mred\x07', /got “\[31mred”$/],
        ['oai', error, /^the repository says: ever so wrong .{400,480}$/],
      ] as const) {
        const { url } = await pulling.host(() => play);
        const source = await pulling.source({ kind, ...(kind === 'oai' ? { url } : { base: url }) });
        const run = await pulling.pull(source);
        assert.match(run.problem ?? '', why);
        assert.ok(((await pulling.store().findById(source.id))?.nextAt ?? 0) > pulling.clock.now());
      }
    });

    it('write nothing of a source that was changed or removed meanwhile', async () => {
      let meanwhile = async (): Promise<unknown> => null;
      const fetcher = {
        async get() {
          await meanwhile();
          const bytes = Buffer.from(lines(1, 'Storks'));
          return { kind: 'fetched' as const, bytes, headers: { etag: '"old"' }, url: 'http://a.example' };
        },
      };
      const source = await feedOf(() => '');
      const now = pulling.clock.now();
      const changed = readSource({ kind: 'feed', name: source.name, url: 'http://b.example/' }, 's');
      meanwhile = () => pulling.store().put(changed, { origin: 'command', now });
      const run = await pulling.pull(source, { fetcher });
      assert.deepEqual([run.outcome, run.added], ['broken off', 0]);
      assert.match(run.problem ?? '', /changed or removed while/);
      const after = await pulling.store().findById(source.id);
      assert.deepEqual([after?.cursor, after?.nextAt, after?.failures], [null, now, 0]);

      meanwhile = () => pulling.store().remove(source.name);
      await assert.rejects(pulling.pull(source, { fetcher }), { code: 'source_not_found' });
    });

    it('end with their reason, whatever characters a source sent', async () => {
      const source = await feedOf(() => '');
      const fetcher = {
        get: async () => ({
          kind: 'failed' as const,
          why: `it sent “\0 and \ud800”${' and more'.repeat(500)}`,
        }),
      };
      const run = await pulling.pull(source, { fetcher });
      assert.equal(run.outcome, 'failed');
      assert.match(run.problem ?? '', /^it sent “ ?and \ufffd” and more/);
      assert.ok(run.problem!.length <= 1_000 && run.finishedAt !== null);
    });

    it('are never two at once, whichever process pulls', async () => {
      let isAsked = () => {};
      const asked = new Promise<void>((resolve) => {
        isAsked = resolve;
      });
      let answer = (_: string) => {};
      const body = new Promise<string>((resolve) => {
        answer = resolve;
      });
      const source = await feedOf(() => '');
      const fetcher = {
        async get() {
          isAsked();
          return {
            kind: 'fetched' as const,
            bytes: Buffer.from(await body),
            headers: {},
            url: 'http://a.example',
          };
        },
      };
      const first = pulling.pull(source, { fetcher });
      await asked;
      const signal = new AbortController().signal;
      assert.equal(await pulling.puller().pull(source.id, { signal, isAsked: true }), null);
      answer(lines(2, 'Swifts'));
      assert.equal((await first).added, 2);
      assert.equal((await pulling.store().listRuns(source.id, 10)).length, 1);
    });

    it('commit the cursor with the last batch: one that breaks off before is asked for again, and doubles nothing', async () => {
      let votes = 1;
      const papers = () =>
        Array.from({ length: 300 }, (_, at) =>
          JSON.stringify({ title: `Storks number ${at}`, upvotes: votes }),
        ).join('\n');
      const source = await feedOf(() => ({ body: papers(), headers: { etag: '"1"' } }));
      const stopping = new AbortController();
      const store = pulling.papers();
      let batches = 0;
      const takeIn: typeof store.takeIn = async (...args) => {
        batches += 1;
        if (batches === 2) stopping.abort();
        if (stopping.signal.aborted) throw new AppError('cancelled', 'the process ends');
        return store.takeIn(...args);
      };
      const puller = pulling.puller({ papers: { takeIn } });
      await assert.rejects(puller.pull(source.id, { signal: stopping.signal, isAsked: true }), {
        code: 'cancelled',
      });
      const [open] = await pulling.store().listRuns(source.id, 1);
      assert.deepEqual([open?.outcome, open?.added], ['broken off', 250]);
      assert.equal((await pulling.store().findById(source.id))?.cursor, null);
      votes = 2;
      const again = await pulling.pull(source);
      assert.deepEqual([again.added, again.updated], [50, 250]);
      assert.deepEqual((await pulling.store().findById(source.id))?.cursor, { etag: '"1"' });
      const runs = await pulling.store().listRuns(source.id, 5);
      assert.deepEqual(
        runs.map(({ outcome }) => outcome),
        ['done', 'broken off'],
      );
    });

    it('write nothing of a batch that the database refuses, and say so', async () => {
      const source = await feedOf(() => lines(2, 'Herons'));
      const store = pulling.store();
      const broken = {
        ...store,
        alongside: () => async () => {
          throw new Error('the disk is full');
        },
      };
      const run = await pulling.pull(source, { store: broken });
      assert.deepEqual([run.outcome, run.added], ['later', 0]);
      assert.match(run.problem ?? '', /could not be taken in: the disk is full/);
      assert.equal((await pulling.pull(source)).added, 2);
    });

    it('come again after the source’s own time, sooner where it can’t answer, and later and later while that lasts', async () => {
      let played: Played = lines(1, 'Cranes');
      const source = await feedOf(() => played, { every: '2h' });
      const nextIn = async (): Promise<number> => {
        const { nextAt } = (await pulling.store().findById(source.id))!;
        return (nextAt.getTime() - pulling.clock.now().getTime()) / MINUTE;
      };
      await pulling.pull(source);
      assert.equal(await nextIn(), 120);
      played = { status: 503 };
      const waits: number[] = [];
      for (let tries = 0; tries < 8; tries += 1) {
        await pulling.pull(source);
        waits.push(await nextIn());
      }
      assert.deepEqual(waits, [15, 30, 60, 120, 240, 480, 960, 1_440]);
      played = lines(1, 'Cranes');
      assert.equal((await pulling.pull(source)).outcome, 'done');
      assert.deepEqual([await nextIn(), (await pulling.store().findById(source.id))?.failures], [120, 0]);
      played = { status: 429, headers: { 'retry-after': '7200' } };
      await pulling.pull(source);
      assert.equal(await nextIn(), 120);
      played = { status: 410 };
      await pulling.pull(source);
      assert.equal(await nextIn(), 120);
    });

    it('go on where the clock was far ahead for a while, and sooner where they are asked for more often', async () => {
      const source = await feedOf(() => lines(1, 'Terns'), { every: '7d' });
      const dueNow = async () =>
        (await pulling.store().listDue(pulling.clock.now(), 100)).some(({ id }) => id === source.id);
      const pullDue = () => pulling.puller().pull(source.id, { signal: new AbortController().signal });
      const present = pulling.clock.now();
      pulling.clock.set('2027-11-18T12:00:00Z');
      await pulling.pull(source);
      pulling.clock.set(present.toISOString());
      assert.equal(await dueNow(), true);
      assert.equal((await pullDue())?.outcome, 'done');
      assert.deepEqual([await dueNow(), await pullDue()], [false, null]);

      const { name, settings } = source;
      const options = { origin: 'command', now: present } as const;
      const often = await pulling.store().put({ name, settings, everyMinutes: 60 }, options);
      assert.equal(often.nextAt.getTime(), present.getTime() + 60 * MINUTE);
    });

    it('forget their old runs, but for the last that was done', async () => {
      let played: Played = lines(1, 'Larks');
      const source = await feedOf(() => played);
      await pulling.pull(source);
      await pulling.pull(source);
      played = { status: 500 };
      await pulling.pull(source);
      await pulling.store().prune(new Date(pulling.clock.now().getTime() + MINUTE));
      assert.deepEqual(
        (await pulling.store().listRuns(source.id, 10)).map(({ outcome }) => outcome),
        ['later', 'done'],
      );
    });
  });
}

describe('the scheduler of sources', () => {
  const database = withDatabase();
  const pulling = withPulling(database);

  /** Looks once at a time, and tells which sources were pulled. */
  function schedule(pull: (id: number) => Promise<SourceRun | null>) {
    return createSourceScheduler({
      store: pulling.store(),
      puller: { pull },
      clock: pulling.clock,
      log: silentLogger,
      pollMs: 3_600_000,
    });
  }

  it('pulls what is due, eight at once; one that hangs holds up nobody', async () => {
    const ids: number[] = [];
    for (let at = 0; at < 11; at += 1)
      ids.push((await pulling.source({ kind: 'feed', url: `https://a.example/${at}` })).id);
    await pulling.store().turn(`source-${ids.length}`, false, pulling.clock.now());
    const due = ids.slice(0, -1);
    const pulled: number[] = [];
    const hangs = new AbortController();
    let active = 0;
    let most = 0;
    let tellAll = () => {};
    const all = new Promise<void>((resolve) => {
      tellAll = resolve;
    });
    const scheduler = schedule(async (id) => {
      pulled.push(id);
      active += 1;
      most = Math.max(most, active);
      if (id === ids[0]) await once(hangs.signal, 'abort');
      // As a pull leaves it.
      await database.db.prisma.source.update({ where: { id }, data: { nextAt: new Date('2026-11-20') } });
      active -= 1;
      if (pulled.length === due.length) tellAll();
      return {} as SourceRun;
    });
    scheduler.start();
    await all;
    assert.deepEqual(pulled.slice().sort(), due.slice().sort());
    assert.deepEqual(scheduler.counts(), { fine: 10, failing: 0, off: 1 });
    hangs.abort();
    await scheduler.close();
    assert.deepEqual([pulled.length, most], [10, 8]);
  });

  it('breaks off what is under way when it is closed', async () => {
    const source = await pulling.source({ kind: 'feed', url: 'https://b.example' });
    let isBegun = () => {};
    const begun = new Promise<void>((resolve) => {
      isBegun = resolve;
    });
    const signals: AbortSignal[] = [];
    const scheduler = createSourceScheduler({
      store: pulling.store(),
      puller: {
        async pull(id, { signal }) {
          if (id !== source.id) return null;
          signals.push(signal);
          isBegun();
          await once(signal, 'abort');
          throw new AppError('cancelled', 'the service stops');
        },
      },
      clock: pulling.clock,
      log: silentLogger,
      pollMs: 3_600_000,
    });
    scheduler.start();
    await begun;
    await scheduler.close();
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true],
    );
  });
});
