import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import {
  advisoryLockKey,
  tryAdvisoryLock,
  withTransactionLock,
} from '../../../src/platform/db/advisory-lock.js';
import { databaseKinds, withDatabase } from '../../support/postgres.js';
import { startChild, until } from './processes.js';

describe('advisoryLockKey', () => {
  it('is stable, differs by name, and fits 64 bits with sign', () => {
    assert.equal(advisoryLockKey('embeddings_seq'), 1_075_706_394_839_990_073n);
    assert.notEqual(advisoryLockKey('a'), advisoryLockKey('b'));
    for (let n = 0; n < 100; n += 1) {
      const key = advisoryLockKey(String(n));
      assert.equal(BigInt.asIntN(64, key), key);
    }
  });
});

for (const kind of databaseKinds) {
  describe(`an advisory lock (${kind})`, () => {
    const test = withDatabase(kind);

    it('is held by one at a time, and free after its release', async () => {
      const { pool } = test.db;
      const first = await tryAdvisoryLock(pool, 'one');
      assert.ok(first);
      assert.equal(await tryAdvisoryLock(pool, 'one'), null);
      const other = await tryAdvisoryLock(pool, 'two');
      assert.ok(other, 'another name is another lock');
      await first.release();
      await first.release();
      assert.equal(first.signal.aborted, false, 'a release is no loss');
      const again = await tryAdvisoryLock(pool, 'one');
      assert.ok(again);
      await again.release();
      await other.release();
    });

    it("doesn't take a connection of the pool, however small that is", async () => {
      const { pool } = test.db;
      const locks = await Promise.all(
        Array.from({ length: 8 }, (_, n) => tryAdvisoryLock(pool, `small ${n}`)),
      );
      assert.equal((await pool.query('SELECT 1 AS one')).rows[0]?.one, 1);
      for (const lock of locks) await lock?.release();
    });

    it('keeps other processes out until its process dies', async () => {
      const { pool } = test.db;
      const args = [JSON.stringify(test.connection), 'shared'];
      const holder = await startChild('lock', args);
      assert.equal(holder.report.taken, true);
      const second = await startChild('lock', args);
      assert.equal(second.report.taken, false);
      await second.leave();
      assert.equal(await tryAdvisoryLock(pool, 'shared'), null);
      await holder.kill();
      let lock = await tryAdvisoryLock(pool, 'shared');
      await until(async () => {
        lock ??= await tryAdvisoryLock(pool, 'shared');
        return lock !== null;
      }, 'the dead process lets go');
      await lock?.release();
    });

    it('tells its holder when the connection is lost', async () => {
      const { pool } = test.db;
      const lock = await tryAdvisoryLock(pool, 'lost');
      assert.ok(lock);
      const lost = once(lock.signal, 'abort', { signal: AbortSignal.timeout(20_000) });
      await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'quire lock lost' AND datname = current_database()`,
      );
      await lost;
      const next = await tryAdvisoryLock(pool, 'lost');
      assert.ok(next);
      await next.release();
      await lock.release();
    });

    it('of a transaction makes the next one wait for its end', async () => {
      const { prisma, pool } = test.db;
      const order: string[] = [];
      let inside = () => {};
      const entered = new Promise<void>((resolve) => {
        inside = resolve;
      });
      const first = prisma.$transaction(async (tx) => {
        await withTransactionLock(tx, 'papers');
        inside();
        await until(async () => {
          const { rowCount } = await pool.query(
            `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          );
          return rowCount === 1;
        }, 'the second transaction waits');
        order.push('first');
      });
      await entered;
      const second = prisma.$transaction(async (tx) => {
        await withTransactionLock(tx, 'papers');
        order.push('second');
      });
      await Promise.all([first, second]);
      assert.deepEqual(order, ['first', 'second']);
    });
  });
}
