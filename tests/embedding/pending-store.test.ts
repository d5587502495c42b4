import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { createClaims } from '../../src/embedding/claims.js';
import { createPendingStore, LEASE_S } from '../../src/embedding/pending-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { tryAdvisoryLock } from '../../src/platform/db/advisory-lock.js';
import { inventedPaper } from '../support/papers.js';
import { databaseKinds, withDatabase } from '../support/postgres.js';

for (const kind of databaseKinds) {
  describe(`pending store (${kind})`, () => {
    const database = withDatabase(kind);
    const store = () => createPendingStore(database.db, 'tiny@1');
    const process = async () => (await tryAdvisoryLock(database.db.pool, `test ${randomUUID()}`))!;
    const claim = async (owner: bigint, { limit = 100 } = {}) =>
      store().claim(await store().listAfter(0, limit), owner);
    const takeIn = (from: number, count: number) =>
      createPaperStore(database.db).takeIn(
        Array.from({ length: count }, (_, at) => inventedPaper(from + at)),
      );
    const compare = (a: number, b: number) => a - b;
    const keysOf = (claimed: { paperKey: number }[]) => claimed.map(({ paperKey }) => paperKey);

    it('gives a paper to one of many that ask at once', async () => {
      await takeIn(0, 40);
      const processes = await Promise.all(Array.from({ length: 4 }, process));
      const listed = await store().listAfter(0, 15);
      const claims = await Promise.all(processes.map(({ key }) => store().claim(listed, key)));
      const all = claims.flatMap(keysOf);
      assert.deepEqual(all.sort(compare), listed, 'each paper once');
      const rest = await Promise.all(processes.map(({ key }) => claim(key)));
      assert.equal(new Set([...all, ...rest.flatMap(keysOf)]).size, 40);
      assert.equal(await store().isClaimedElsewhere(1n), true);
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

    it('gives nobody what was embedded and given back while he asked', async () => {
      const { pool } = database.db;
      const asking = await process();
      await pool.query('DELETE FROM embedding_claims');
      const [first, second] = (await store().listAfter(0, 2)) as [number, number];
      // Holds up the claim behind the moment from which it sees the database.
      const other = await pool.connect();
      await other.query('BEGIN');
      await other.query(
        `INSERT INTO embedding_claims (paper_id, model, owner, expires_at) VALUES ($1, 'tiny@1', 0, clock_timestamp())`,
        [first],
      );
      const claimed = store().claim([first, second], asking.key);
      const isHeldUp = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
      while ((await pool.query(isHeldUp)).rowCount === 0);
      await pool.query(
        `INSERT INTO embeddings (paper_id, model, text_hash, vector) SELECT id, 'tiny@1', text_hash, '\\x0000803f' FROM papers WHERE id = $1`,
        [second],
      );
      await other.query('ROLLBACK');
      other.release();
      assert.deepEqual(keysOf(await claimed), [first]);
      const { rows } = await pool.query('SELECT paper_id AS key FROM embedding_claims');
      assert.deepEqual(rows, [{ key: first }]);
      await pool.query('DELETE FROM embeddings');
      await asking.release();
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

    it('claims the newest papers first, those of long ago not at all', async () => {
      await database.db.pool.query(`UPDATE papers SET created_at = now() - interval '2 hours'`);
      await takeIn(100, 4);
      const owner = await process();
      const fresh = createClaims(store(), 'fresh');
      const first = keysOf(await fresh.next(owner.key, 2));
      const second = keysOf(await fresh.next(owner.key, 50));
      assert.equal(first.length, 2);
      assert.equal(second.length, 2);
      assert.ok(Math.min(...first) > Math.max(...second));
      assert.deepEqual(await fresh.next(owner.key, 50), []);
      await owner.release();
    });

    it('claims what comes in during a large intake before the rest of it, after half a second at most', async () => {
      await database.db.pool.query(`UPDATE papers SET created_at = now() - interval '2 hours'`);
      await takeIn(110, 6);
      const owner = await process();
      let now = 0;
      let looks = 0;
      const counted = {
        ...store(),
        listFresh: (limit: number) =>
          store()
            .listFresh(limit)
            .finally(() => looks++),
      };
      const fresh = createClaims(counted, 'fresh', () => now);
      const [, newest] = keysOf(await fresh.next(owner.key, 2));
      await takeIn(116, 1);
      fresh.hint();
      assert.ok(keysOf(await fresh.next(owner.key, 1))[0]! < newest!, 'no look so soon after the last');
      assert.equal(looks, 1);
      now = 500;
      assert.ok(keysOf(await fresh.next(owner.key, 1))[0]! > newest!);
      assert.equal(looks, 2);
      await owner.release();
    });

    it('passes over everything once in the order in which it came in, then begins anew', async () => {
      await database.db.pool.query('DELETE FROM embedding_claims');
      const owner = await process();
      const claims = createClaims(store(), 'backfill');
      const pass = async () => {
        const found: number[] = [];
        for (;;) {
          const next = keysOf(await claims.next(owner.key, 7));
          if (next.length === 0) return found;
          found.push(...next);
        }
      };
      const all = await store().listAfter(0, 1_000);
      assert.deepEqual(await pass(), all);
      await store().release(owner.key, all.slice(0, 3));
      assert.deepEqual(await pass(), all.slice(0, 3));
      await owner.release();
    });

    it('ends when another process has taken what was listed', async () => {
      await database.db.pool.query(`UPDATE papers SET created_at = now() - interval '2 hours'`);
      await takeIn(120, 4);
      const [owner, other] = [await process(), await process()];
      const fresh = createClaims(store(), 'fresh');
      assert.equal((await fresh.next(owner.key, 1)).length, 1);
      await claim(other.key);
      assert.deepEqual(await fresh.next(owner.key, 1), []);
      await Promise.all([owner.release(), other.release()]);
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
