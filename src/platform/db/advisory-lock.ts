import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Prisma } from './generated/client.js';
import { sideConnection } from './side-connection.js';

/** Held until it is released or its connection is lost. */
export interface AdvisoryLock {
  readonly key: bigint;
  /** Aborted when the connection is lost: the server has then given the lock free, and somebody else may have it. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/** PostgreSQL names advisory locks by 64-bit numbers: the first eight bytes of SHA-256('quire:' + name). */
export function advisoryLockKey(name: string): bigint {
  return createHash('sha256').update(`quire:${name}`).digest().readBigInt64BE(0);
}

/**
 * Takes a lock that only one session of the whole database can have, for as long as wanted; null where
 * another has it. It lives on a connection of its own beside the pool, made like the pool's.
 */
export async function tryAdvisoryLock(pool: pg.Pool, name: string): Promise<AdvisoryLock | null> {
  const client = sideConnection(pool, `quire lock ${name}`);
  const lost = new AbortController();
  let released = false;
  client.on('error', () => {});
  client.once('end', () => {
    if (!released) lost.abort();
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      String(advisoryLockKey(name)),
    ]);
    if (!rows[0]?.taken) {
      await client.end();
      return null;
    }
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
  return {
    key: advisoryLockKey(name),
    signal: lost.signal,
    async release() {
      if (released) return;
      released = true;
      // The end of a session frees its locks; waiting for it makes the lock free when this returns.
      await client.query('SELECT pg_advisory_unlock_all()').catch(() => {});
      await client.end().catch(() => {});
    },
  };
}

/** Whether any session has it at the moment. A lock is listed in two halves of its key (https://www.postgresql.org/docs/current/view-pg-locks.html). */
export async function isAdvisoryLockHeld(pool: pg.Pool, name: string): Promise<boolean> {
  const { rows } = await pool.query<{ held: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32 | objid::bigint) = $1) AS held`,
    [String(advisoryLockKey(name))],
  );
  return rows[0]?.held ?? false;
}

/** Waits for the lock and holds it until the transaction ends: whoever else asks for this name waits. */
export async function withTransactionLock(tx: Prisma.TransactionClient, name: string): Promise<void> {
  // Cast, because the adapter can't read a column of type void.
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(${advisoryLockKey(name)})::text`;
}
