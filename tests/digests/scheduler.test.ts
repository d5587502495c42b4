import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRunStore } from '../../src/digests/run-store.js';
import { createScheduler } from '../../src/digests/scheduler.js';
import { silentLogger } from '../../src/platform/log.js';
import { withService } from '../support/service.js';
import { deliveryFixture } from './delivery-fixture.js';

describe('the scheduler of digests', () => {
  const service = withService();

  it('has its state read by each look, also by one that fails', { timeout: 30_000 }, async () => {
    const { db } = service.services;
    const { store, clock } = deliveryFixture(service);
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
      deliveries: store(),
      runs: {
        ...runs,
        listRecent: (limit) => {
          read();
          return runs.listRecent(limit);
        },
      },
      ...{ db, clock, log: silentLogger },
    });
    assert.equal(scheduler.lastStatus(), null);
    scheduler.start();
    await wasRead;
    await scheduler.close();
    assert.equal(scheduler.lastStatus()?.lastRun, null, 'a run that failed has not ended');
    assert.equal(scheduler.lastStatus()?.isLeader, true);
  });
});
