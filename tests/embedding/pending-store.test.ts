import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { createPendingStore, LEASE_S, type PendingOrder } from '../../src/embedding/pending-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { tryAdvisoryLock } from '../../src/platform/db/advisory-lock.js';
import { inventedPaper } from '../support/papers.js';
import { databaseKinds, withDatabase } from '../support/postgres.js';

for (const kind of databaseKinds) {
  describe(`pending store (${kind})`, () => {
    const database = withDatabase(kind);
    const store = () => createPendingStore(database.db, 'tiny@1');
    const process = async () => (await tryAdvisoryLock(database.db.pool, `test ${randomUUID()}`))!;
    const claim = (owner: bigint, { order = 'backfill' as PendingOrder, limit = 100 } = {}) =>
      store().claim({ order, owner, after: 0, limit });
    const takeIn = (from: number, count: number) =>
      createPaperStore(database.db).takeIn(
        Array.from({ length: count }, (_, at) => inventedPaper(from + at)),
      );
    const keysOf = (claimed: { paperKey: number }[]) => claimed.map(({ paperKey }) => paperKey);

    it('gives a paper to one of many that ask at once', async () => {
      await takeIn(0, 40);
      const processes = await Promise.all(Array.from({ length: 4 }, process));
      const claims = await Promise.all(processes.map(({ key }) => claim(key, { limit: 15 })));
      const all = claims.flatMap(keysOf);
      assert.equal(new Set(all).size, all.length, 'no paper twice');
      const rest = await Promise.all(processes.map(({ key }) => claim(key)));
      assert.equal(all.length + rest.flat().length, 40);
      assert.equal(await store().isClaimedElsewhere(processes[0]!.key), true);
      for (const lock of processes) await lock.release();
    });

    it('gives back at once what a process had that is gone', async () => {
      const gone = await process();
      assert.equal((await claim(gone.key)).length, 40);
      const next = await process();
      assert.equal((await claim(next.key)).length, 0);
      await gone.release();
      assert.equal((await claim(next.key)).length, 40);
      assert.equal(await store().isClaimedElsewhere(next.key), false);
      await next.release();
    });

    it('gives back after its lease what a process had that still holds its lock', async () => {
      const stuck = await process();
      const claimed = await claim(stuck.key);
      const next = await process();
      await database.db.pool.query(
        `UPDATE embedding_claims SET expires_at = expires_at - make_interval(secs => ${LEASE_S})`,
      );
      assert.deepEqual(keysOf(await claim(next.key)), keysOf(claimed));
      await Promise.all([stuck.release(), next.release()]);
    });

    it('keeps what is renewed', async () => {
      const slow = await process();
      await claim(slow.key);
      await database.db.pool.query(
        `UPDATE embedding_claims SET expires_at = expires_at - make_interval(secs => ${LEASE_S - 5})`,
      );
      await store().renew(slow.key);
      const { rows } = await database.db.pool.query<{ ok: boolean }>(
        `SELECT min(expires_at) > now() + make_interval(secs => ${LEASE_S - 5}) AS ok FROM embedding_claims`,
      );
      assert.equal(rows[0]?.ok, true);
      await slow.release();
    });

    it('offers the newest papers first as fresh, those of long ago not at all', async () => {
      await database.db.pool.query(`UPDATE papers SET created_at = now() - interval '2 hours'`);
      await takeIn(100, 4);
      const owner = await process();
      const first = keysOf(await claim(owner.key, { order: 'fresh', limit: 2 }));
      const second = keysOf(await claim(owner.key, { order: 'fresh', limit: 50 }));
      assert.equal(first.length, 2);
      assert.equal(second.length, 2);
      assert.ok(Math.min(...first) > Math.max(...second));
      await owner.release();
    });

    it('leaves a text alone that the model can not take, until it changes or somebody asks', async () => {
      const record = inventedPaper(200, { arxivId: '2402.00200', arxivVersion: 1 });
      const { outcomes } = await createPaperStore(database.db).takeIn([record]);
      const { key } = outcomes[0]!;
      const owner = await process();
      const mine = async () => {
        const all = await claim(owner.key);
        await store().release(owner.key, keysOf(all));
        return all.find(({ paperKey }) => paperKey === key);
      };
      await store().markFailed((await mine())!, 'it killed two workers');
      assert.equal(await mine(), undefined);
      assert.equal((await store().count()).failed, 1);
      const [failed] = await store().listFailed(10);
      assert.deepEqual([failed?.publicId, failed?.reason], ['2402.00200', 'it killed two workers']);

      await createPaperStore(database.db).takeIn([{ ...record, arxivVersion: 2, abstract: 'Another one.' }]);
      const changed = await mine();
      assert.equal(changed?.abstract, 'Another one.');
      assert.equal((await store().count()).failed, 0);

      await store().markFailed(changed!, 'again');
      assert.equal(await store().retryFailed(), 1);
      assert.ok(await mine());
      await owner.release();
    });
  });
}
