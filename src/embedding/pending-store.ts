import type { Database } from '../platform/db/database.js';

/**
 * What waits to be embedded, and who does it. "Waits" is a question to the papers and vectors, never a queue:
 * a paper whose live vector is missing, of another model, or of another text. A claim only says that
 * somebody is at it.
 */
export interface PendingDocument {
  paperKey: number;
  title: string;
  abstract: string;
  /** SHA-256 of the text that is to be embedded. */
  textHash: Uint8Array<ArrayBuffer>;
}

/** `fresh`: came in within `FRESH_S`, newest first. `backfill`: everything, in the order it came in. */
export type PendingOrder = 'fresh' | 'backfill';

export interface PendingCounts {
  /** Papers that will be embedded. */
  waiting: number;
  /** Papers whose present text the model can't take. */
  failed: number;
}

export interface FailedPaper {
  publicId: string;
  title: string;
  reason: string;
  failedAt: Date;
}

/** Papers of the last hour are what people wait for; older ones without a vector are a backfill. */
const FRESH_S = 3_600;

/**
 * How long a claim holds without a renewal, where the server can't tell that its owner is gone (its machine
 * vanished): 64 texts take a second or two, and a minute on the slowest machine.
 */
export const LEASE_S = 60;

interface Row {
  id: number;
  title: string;
  abstract: string;
  text_hash: Buffer<ArrayBuffer>;
}

/** Keys of the advisory locks that sessions on this database hold (bigint keys have objsubid 1). */
const HELD = `
  SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

const UNDONE = `
  NOT EXISTS (SELECT 1 FROM embeddings e
    WHERE e.paper_id = p.id AND e.model = $1 AND e.retired_at IS NULL AND e.text_hash = p.text_hash)`;

const NOT_FAILED = `
  NOT EXISTS (SELECT 1 FROM embedding_failures f
    WHERE f.paper_id = p.id AND f.model = $1 AND f.text_hash = p.text_hash)`;

/** Not correlated: claims are a few hundred, and are read once instead of for each paper. */
const UNCLAIMED = `
  p.id NOT IN (SELECT c.paper_id FROM embedding_claims c
    WHERE c.model = $1 AND c.expires_at > clock_timestamp() AND c.owner IN (SELECT key FROM held))`;

const LEASE = `clock_timestamp() + make_interval(secs => ${LEASE_S})`;

const DUE = `${UNDONE} AND ${NOT_FAILED} AND ${UNCLAIMED}`;

/** One statement: two processes that ask at once get different papers, because the second insert meets the first. */
const CLAIM = `
  WITH held AS MATERIALIZED (${HELD}),
  due AS MATERIALIZED (
    SELECT p.id, p.title, p.abstract, p.text_hash FROM papers p WHERE ${DUE} AND p.id = ANY($3)),
  claimed AS (
    INSERT INTO embedding_claims AS old (paper_id, model, owner, expires_at)
    SELECT id, $1, $2, ${LEASE} FROM due
    ON CONFLICT (model, paper_id) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
    WHERE old.expires_at <= clock_timestamp() OR old.owner NOT IN (SELECT key FROM held)
    RETURNING paper_id)
  SELECT due.* FROM due JOIN claimed ON claimed.paper_id = due.id`;

/**
 * Of those claimed: a statement sees the database as it was when it began, and before it came to a paper another process may have claimed,
 * embedded and given it back. What was stored by then is seen by a statement that begins behind the claim.
 */
const STILL_DUE = `SELECT p.id FROM papers p WHERE ${UNDONE} AND p.id = ANY($2)`;

const list = (which: string): string =>
  `WITH held AS MATERIALIZED (${HELD}) SELECT p.id FROM papers p WHERE ${DUE} AND ${which} LIMIT $2`;
const LIST_FRESH = list(
  `p.created_at > clock_timestamp() - make_interval(secs => ${FRESH_S}) ORDER BY p.id DESC`,
);
const LIST_AFTER = list('p.id > $3 ORDER BY p.id');

export function createPendingStore({ pool }: Pick<Database, 'pool'>, modelId: string) {
  /**
   * Keys of papers that wait and are claimed by nobody. Passes over those that are done as well, so it is not
   * for every claim.
   */
  async function listKeys(statement: string, values: readonly number[]): Promise<number[]> {
    const { rows } = await pool.query<{ id: number }>(statement, [modelId, ...values]);
    return rows.map(({ id }) => id);
  }

  /** Those that came in lately; the newest first. */
  const listFresh = (limit: number): Promise<number[]> => listKeys(LIST_FRESH, [limit]);

  /** Those behind a key, in ascending order. */
  const listAfter = (after: number, limit: number): Promise<number[]> => listKeys(LIST_AFTER, [limit, after]);

  /**
   * Those of these papers that still wait and that nobody else embeds now, in ascending order of their keys;
   * from here on they are the owner's, which is the key of the advisory lock that the claiming process holds: the
   * claim ends with it.
   */
  async function claim(keys: readonly number[], owner: bigint): Promise<PendingDocument[]> {
    const { rows: claimed } = await pool.query<Row>(CLAIM, [modelId, String(owner), keys]);
    if (claimed.length === 0) return [];
    const ids = claimed.map(({ id }) => id);
    const { rows: still } = await pool.query<{ id: number }>(STILL_DUE, [modelId, ids]);
    const due = new Set(still.map(({ id }) => id));
    const done = ids.filter((id) => !due.has(id));
    if (done.length > 0) await release(owner, done);
    return claimed
      .filter(({ id }) => due.has(id))
      .sort((a, b) => a.id - b.id)
      .map(({ id, title, abstract, text_hash }) => ({ paperKey: id, title, abstract, textHash: text_hash }));
  }

  /** Prolongs the owner's claims; to be called well within `LEASE_S`. */
  async function renew(owner: bigint): Promise<void> {
    await pool.query(`UPDATE embedding_claims SET expires_at = ${LEASE} WHERE model = $1 AND owner = $2`, [
      modelId,
      String(owner),
    ]);
  }

  /** Gives papers back, whatever became of them. Also sweeps what dead owners left. */
  async function release(owner: bigint, paperKeys: readonly number[]): Promise<void> {
    await pool.query(
      `DELETE FROM embedding_claims WHERE model = $1
       AND ((owner = $2 AND paper_id = ANY($3)) OR expires_at < clock_timestamp() - interval '1 hour')`,
      [modelId, String(owner), paperKeys],
    );
  }

  /** Whether another process is at some of them. */
  async function isClaimedElsewhere(owner: bigint): Promise<boolean> {
    const { rows } = await pool.query<{ found: boolean }>(
      `WITH held AS MATERIALIZED (${HELD})
       SELECT EXISTS (SELECT 1 FROM embedding_claims WHERE model = $1 AND owner <> $2
         AND expires_at > clock_timestamp() AND owner IN (SELECT key FROM held)) AS found`,
      [modelId, String(owner)],
    );
    return rows[0]?.found ?? false;
  }

  /** Remembers that the model can't take this text. It waits again once the text changes, or after `retryFailed`. */
  async function markFailed(document: PendingDocument, reason: string): Promise<void> {
    await pool.query(
      `INSERT INTO embedding_failures (paper_id, model, text_hash, reason)
       SELECT id, $1, $3, $4 FROM papers WHERE id = $2
       ON CONFLICT (model, paper_id) DO UPDATE
         SET text_hash = excluded.text_hash, reason = excluded.reason, failed_at = now()`,
      [modelId, document.paperKey, document.textHash, reason],
    );
  }

  /** Forgets the failures, so that every text is tried again. Returns how many there were. */
  async function retryFailed(): Promise<number> {
    const { rowCount } = await pool.query('DELETE FROM embedding_failures WHERE model = $1', [modelId]);
    return rowCount ?? 0;
  }

  /** Newest first. */
  async function listFailed(limit: number): Promise<FailedPaper[]> {
    const { rows } = await pool.query<FailedPaper>(
      `SELECT p.public_id AS "publicId", p.title, f.reason, f.failed_at AS "failedAt"
       FROM embedding_failures f JOIN papers p ON p.id = f.paper_id AND p.text_hash = f.text_hash
       WHERE f.model = $1 ORDER BY f.failed_at DESC, p.id LIMIT $2`,
      [modelId, limit],
    );
    return rows;
  }

  async function count(): Promise<PendingCounts> {
    const { rows } = await pool.query<PendingCounts>(
      `SELECT count(*) FILTER (WHERE open)::int AS waiting, count(*) FILTER (WHERE NOT open)::int AS failed
       FROM (SELECT ${NOT_FAILED} AS open FROM papers p WHERE ${UNDONE}) undone`,
      [modelId],
    );
    return rows[0] ?? { waiting: 0, failed: 0 };
  }

  return {
    listFresh,
    listAfter,
    claim,
    renew,
    release,
    isClaimedElsewhere,
    markFailed,
    retryFailed,
    listFailed,
    count,
  };
}

export type PendingStore = ReturnType<typeof createPendingStore>;
