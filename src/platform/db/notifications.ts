import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from '../log.js';
import { sideConnection } from './side-connection.js';

/** The channel on which triggers tell what changed: `papers`, `embeddings`, `engine` (prisma/migrations); commands tell `digests` and `sources`. */
const CHANNEL = 'quire';

/** After a lost connection: doubling from the first to the last. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

/** Has every process that listens look now; one that misses it looks by the clock. */
export async function notify(pool: pg.Pool, what: 'digests' | 'sources'): Promise<void> {
  await pool.query('SELECT pg_notify($1, $2)', [CHANNEL, what]);
}

export interface Notifications {
  close(): Promise<void>;
}

/**
 * Calls `onChange` with what changed in the database, whichever process changed it, and with null when
 * something may have been missed. A hint and nothing more: behind a pooler that drops it, polling remains.
 */
export function listen(
  pool: pg.Pool,
  { onChange, log }: { onChange: (what: string | null) => void; log: Logger },
): Notifications {
  const closing = new AbortController();
  let client: pg.Client | null = null;
  let wait = FIRST_RETRY_MS;

  /** Until the connection ends, for whatever reason. */
  async function subscribe(): Promise<void> {
    const fresh = sideConnection(pool, 'quire notifications');
    client = fresh;
    const ended = new Promise<void>((resolve) => fresh.once('end', () => resolve()));
    fresh.on('error', (error) => log.debug({ err: error }, 'the connection for notifications broke'));
    fresh.on('notification', ({ payload }) => onChange(payload ?? null));
    try {
      await fresh.connect();
      await fresh.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      fresh.end().catch(() => undefined);
      throw error;
    }
    wait = FIRST_RETRY_MS;
    onChange(null);
    await ended;
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      await subscribe().catch((error: unknown) => log.debug({ err: error }, 'no notifications for now'));
      if (closing.signal.aborted) return;
      await sleep(wait, undefined, { signal: closing.signal }).catch(() => undefined);
      wait = Math.min(wait * 2, LAST_RETRY_MS);
    }
  }

  const running = run();
  return {
    async close() {
      closing.abort();
      await client?.end().catch(() => undefined);
      await running;
    },
  };
}
