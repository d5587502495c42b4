import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Delivering } from '../../src/digests/deliver.js';
import { createHistoryStore } from '../../src/digests/history-store.js';
import { createRunStore } from '../../src/digests/run-store.js';
import { createScheduler } from '../../src/digests/scheduler.js';
import { silentLogger } from '../../src/platform/log.js';
import { withService } from '../support/service.js';
import { deliveryFixture } from './delivery-fixture.js';

describe('the scheduler of digests', () => {
  const service = withService();

  it('has its state read by each look, also by one that fails', { timeout: 30_000 }, async () => {
    const { db } = service.services;
    const { clock } = deliveryFixture(service);
    const runs = createRunStore(db);
    let read: () => void;
    const wasRead = new Promise<void>((resolve) => {
      read = resolve;
    });
    const scheduler = createScheduler({
      delivering: {
        run: () => Promise.reject(new Error('no')),
        prepareDue: () => Promise.reject(new Error('no')),
        sendDue: () => Promise.reject(new Error('no')),
      },
      history: createHistoryStore(db),
      runs: {
        ...runs,
        listRecent: (limit) => {
          read();
          return runs.listRecent(limit);
        },
      },
      prune: () => Promise.reject(new Error('no')),
      ...{ db, clock, log: silentLogger },
    });
    assert.equal(scheduler.lastStatus(), null);
    scheduler.start();
    await wasRead;
    await scheduler.close();
    assert.equal(scheduler.lastStatus()?.lastRun, null, 'a run that failed has not ended');
    assert.equal(scheduler.lastStatus()?.isLeader, true);
  });

  const noWay = () => Promise.reject(new Error('no'));
  const idle = {
    ...{ prepared: 0, empty: 0, due: 0, sent: 0, deferred: 0, failed: 0, uncertain: 0, skipped: 0 },
    problem: null,
  };
  const MINUTE_MS = 60_000;

  /** Schedulers of two processes on a clock and a table of runs of their own; the first one's runs are `run`. */
  async function twoSchedulers(run: Delivering['run']) {
    const { db } = service.services;
    await db.prisma.digestRun.deleteMany();
    const { clock } = deliveryFixture(service);
    const parts = {
      ...{ history: createHistoryStore(db), runs: createRunStore(db), prune: async () => {} },
      ...{ db, clock, log: silentLogger },
    };
    const delivering = { run, prepareDue: noWay, sendDue: noWay };
    const first = createScheduler({ ...parts, delivering });
    const second = createScheduler({ ...parts, delivering: { ...delivering, run: noWay } });
    /** As of both, and of what the metrics read. */
    const stands = async () => [
      (await second.status()).standsStill,
      first.standsStill(),
      first.lastStatus()?.standsStill ?? null,
    ];
    return { first, clock, stands };
  }

  it('does not stand still while a run makes progress, however long it takes', {
    timeout: 30_000,
  }, async () => {
    const seen: unknown[] = [];
    const { first, clock, stands } = await twoSchedulers(async (_signal, beat) => {
      for (const minutes of [9, 9, 9]) {
        clock.advance(minutes * MINUTE_MS);
        await beat!();
        seen.push(await stands());
      }
      clock.advance(10 * MINUTE_MS - 1);
      seen.push(await stands());
      clock.advance(1);
      seen.push(await stands());
      return { ...idle, recovered: { uncertain: 0, freed: 0 } };
    });
    await first.status();
    await first.runOnce();
    assert.deepEqual(seen, [...Array(4).fill([false, false, false]), [true, true, true]]);
    await first.status();
    assert.deepEqual(await stands(), [false, false, false], 'it has come to its end');
    await first.close();
  });

  it('stands still when no run has ended since it began, or all fail', { timeout: 30_000 }, async () => {
    const { first, clock, stands } = await twoSchedulers(async (_signal, beat) => {
      clock.advance(MINUTE_MS);
      await beat!();
      throw new Error('as always');
    });
    assert.deepEqual(await stands(), [false, false, null]);
    for (let run = 0; run < 12; run++) await assert.rejects(first.runOnce(), /as always/);
    assert.deepEqual(await stands(), [true, true, null]);
    assert.equal(await service.services.db.prisma.digestRun.count(), 1, 'failed runs do not pile up');
    await first.close();
    const { db } = service.services;
    const finishedAt = new Date(clock.now().getTime() - 10 * MINUTE_MS);
    await db.prisma.digestRun.create({ data: { startedAt: finishedAt, finishedAt } });
    const ids = Array.from({ length: 12 }, () => ({ startedAt: clock.now() }));
    await db.prisma.digestRun.createMany({ data: ids });
    assert.equal((await first.status()).lastRun?.finishedAt?.getTime(), finishedAt.getTime());
    assert.deepEqual(await stands(), [true, true, true]);
  });

  it('has forgotten what expired when it begins, and once a day', { timeout: 30_000 }, async () => {
    const { db } = service.services;
    const { clock } = deliveryFixture(service);
    const runs = createRunStore(db);
    let looks = 0;
    const prunedAtLook: number[] = [];
    let enough: () => void;
    const lookedEnough = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const scheduler = createScheduler({
      delivering: {
        run: async () => {
          looks += 1;
          // The fourth look is a day after the first.
          if (looks === 4) clock.advance(24 * 3_600_000);
          if (looks === 6) enough();
          return { ...idle, recovered: { uncertain: 0, freed: 0 } };
        },
        prepareDue: () => Promise.reject(new Error('no')),
        sendDue: () => Promise.reject(new Error('no')),
      },
      ...{ history: createHistoryStore(db), runs, pollMs: 1 },
      prune: async () => {
        prunedAtLook.push(looks);
      },
      ...{ db, clock, log: silentLogger },
    });
    scheduler.start();
    await lookedEnough;
    await scheduler.close();
    assert.deepEqual(prunedAtLook, [1, 4]);
  });
});
