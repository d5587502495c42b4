import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AskedRunDeps, createAskedRun } from '../../src/digests/asked-run.js';
import type { RunBooks } from '../../src/digests/deliver.js';
import { createHistoryStore } from '../../src/digests/history-store.js';
import { createRunStore } from '../../src/digests/run-store.js';
import { createScheduler } from '../../src/digests/scheduler.js';
import { silentLogger } from '../../src/platform/log.js';
import { withService } from '../support/service.js';
import { settableClock } from '../support/subscribing.js';
import { deliveryFixture } from './delivery-fixture.js';

describe('a run that somebody asks for', () => {
  const service = withService();
  const never = new AbortController().signal;
  const books: RunBooks = {
    ...{ prepared: 0, empty: 3, due: 1, sent: 1, deferred: 0, failed: 0, uncertain: 0, skipped: 0 },
    problem: null,
  };

  /** As of a command: a scheduler of its own beside the service's. */
  function command(given: Partial<AskedRunDeps> = {}) {
    const { db, clock } = service.services;
    const runs = createRunStore(db);
    const run = async () => ({ ...books, recovered: { uncertain: 0, freed: 0 } });
    const scheduler = createScheduler({
      delivering: { run, prepareDue: async () => books, sendDue: async () => books },
      ...{ history: createHistoryStore(db), runs, prune: async () => {} },
      ...{ db, clock, log: silentLogger },
    });
    return { scheduler, asked: createAskedRun({ scheduler, runs, db, clock, lookMs: 20, ...given }) };
  }

  it('is done here where nobody else sends', { timeout: 20_000 }, async () => {
    const { scheduler, asked } = command();
    assert.deepEqual(await asked.run(never), { books, isOurs: true });
    const { prisma } = service.services.db;
    const last = await prisma.digestRun.findFirstOrThrow({ orderBy: { id: 'desc' } });
    assert.equal(last.empty, 3);
    await scheduler.close();
  });

  // The service looks by the clock every 30 s: in less only because it was asked to.
  it('is done by the process that sends, at once', { timeout: 20_000 }, async () => {
    const { services } = service;
    await services.digests.runOnce();
    services.startDigests();
    const { scheduler, asked } = command();
    const { subscribe } = deliveryFixture(service);
    const ended = services.db.prisma.digestRun;
    while ((await ended.count({ where: { finishedAt: null } })) > 0) await new Promise(setImmediate);
    await subscribe({
      email: 'asked@example.org',
      tellsEmpty: true,
      hour: services.clock.now().getUTCHours(),
    });
    const { isOurs, books: theirs } = await asked.run(never);
    assert.deepEqual([isOurs, theirs.prepared, theirs.sent, theirs.problem], [false, 1, 1, null]);
    await scheduler.close();
  });

  it('says so where that one does not come to an end, or is interrupted', { timeout: 20_000 }, async () => {
    const clock = settableClock('2026-03-02T06:00:00Z');
    const runs = {
      lastId: async () => 1,
      findFinishedAfter: async () => {
        clock.advance(60_000);
        return null;
      },
    };
    const scheduler = { runOnce: async () => null };
    const { asked } = command({ clock, runs, scheduler });
    await assert.rejects(asked.run(never), /not come to an end in ten minutes/);
    await assert.rejects(command({ runs, scheduler, clock }).asked.run(AbortSignal.abort()), {
      code: 'cancelled',
    });
  });

  it('is done here when that process ends', { timeout: 20_000 }, async () => {
    const { scheduler: other } = command();
    await service.services.digests.close();
    await other.runOnce();
    const { scheduler, asked } = command();
    const result = asked.run(never);
    await other.close();
    assert.equal((await result).isOurs, true);
    await scheduler.close();
  });
});
