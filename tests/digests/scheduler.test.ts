import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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

  it('has forgotten what expired when it begins, and once a day', { timeout: 30_000 }, async () => {
    const { db } = service.services;
    const { clock } = deliveryFixture(service);
    const runs = createRunStore(db);
    const idle = {
      prepared: 0,
      empty: 0,
      due: 0,
      sent: 0,
      deferred: 0,
      failed: 0,
      uncertain: 0,
      skipped: 0,
      problem: null,
    };
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
