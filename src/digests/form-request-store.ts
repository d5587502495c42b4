import type { Database } from '../platform/db/database.js';
import type { SubscriptionSettings } from './subscription.js';

/** What a public form asks for: a mail to confirm a subscription with these settings, or one with the link to all. */
export type FormWish = { kind: 'confirm'; settings: SubscriptionSettings } | { kind: 'manage' };

export interface NewFormRequest {
  /** A UUID. */
  id: string;
  /** For the envelope. */
  email: string;
  emailKey: string;
  /** Where it came from. */
  ip: string;
  wish: FormWish;
}

export interface FormRequest extends Omit<NewFormRequest, 'ip'> {
  /** null: its budgets are spent, and it is not needed any longer. */
  ip: string | null;
  /** The subscription that waits for the confirmation; null: none was made yet. */
  subscriptionId: number | null;
  /** With the one for which it was claimed. */
  tries: number;
  createdAt: Date;
}

interface Row {
  id: string;
  kind: FormWish['kind'];
  email: string;
  email_key: string;
  ip: string | null;
  settings: SubscriptionSettings | null;
  subscription_id: number | null;
  tries: number;
  created_at: Date;
}

/** A claim ends with its lease: whoever comes late must not touch what is another's by then. */
type Claim = Pick<FormRequest, 'id' | 'tries'>;

/** Requests of the public forms from before their answer to the end of what they ask for. */
export function createFormRequestStore({ pool }: Pick<Database, 'pool'>) {
  return {
    /**
     * One that may be tried at once; false where there are `limit` open ones. It counts no further than that; of several at the same
     * moment each may find the last place, so that there may be as many more as there are connections.
     */
    async add({ id, email, emailKey, ip, wish }: NewFormRequest, now: Date, limit: number): Promise<boolean> {
      const settings = wish.kind === 'confirm' ? JSON.stringify(wish.settings) : null;
      const { rowCount } = await pool.query(
        `INSERT INTO form_requests (id, kind, email, email_key, ip, settings, next_try_at, created_at)
         SELECT $1::uuid, $2, $3, $4, $5, $6::jsonb, $7::timestamptz, $7::timestamptz
         WHERE (SELECT count(*) FROM (SELECT 1 FROM form_requests LIMIT $8) AS open) < $8`,
        [id, wish.kind, email, emailKey, ip, settings, now, limit],
      );
      return rowCount === 1;
    },

    /** The next one that is due, nobody else's until `until`; null: none is. */
    async claim(now: Date, until: Date): Promise<FormRequest | null> {
      const { rows } = await pool.query<Row>(
        `UPDATE form_requests SET tries = tries + 1, next_try_at = $2 WHERE id = (
           SELECT id FROM form_requests WHERE next_try_at <= $1
           ORDER BY next_try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, email, email_key, ip, settings, subscription_id, tries, created_at`,
        [now, until],
      );
      return rows[0] ? toRequest(rows[0]) : null;
    },

    /** Whether it is still there, and nobody else's: its data may have been deleted meanwhile. */
    async isHeld({ id, tries }: Claim): Promise<boolean> {
      const { rowCount } = await pool.query('SELECT 1 FROM form_requests WHERE id = $1 AND tries = $2', [
        id,
        tries,
      ]);
      return rowCount === 1;
    },

    async putOff({ id, tries }: Claim, nextTryAt: Date): Promise<void> {
      await pool.query('UPDATE form_requests SET next_try_at = $3 WHERE id = $1 AND tries = $2', [
        id,
        tries,
        nextTryAt,
      ]);
    },

    async remove({ id, tries }: Claim): Promise<void> {
      await pool.query('DELETE FROM form_requests WHERE id = $1 AND tries = $2', [id, tries]);
    },

    /** Given up: what is kept of it says nothing of whom it was to. `response`: without addresses. */
    async fail({ id, tries }: Claim, { response, now }: { response: string; now: Date }): Promise<void> {
      await pool.query(
        `WITH gone AS (DELETE FROM form_requests WHERE id = $1 AND tries = $2 RETURNING id, tries)
         INSERT INTO form_failures (id, tries, response, failed_at) SELECT id, tries, $3, $4 FROM gone ON CONFLICT DO NOTHING`,
        [id, tries, response.slice(0, 500), now],
      );
    },

    /** Gives up those that are as old as that and nobody's now, and forgets those given up before that. */
    async removeOld(createdUntil: Date, now: Date): Promise<number> {
      const { rowCount } = await pool.query(
        `WITH forgotten AS (DELETE FROM form_failures WHERE failed_at <= $1),
           gone AS (DELETE FROM form_requests WHERE created_at <= $1 AND next_try_at <= $2 RETURNING id, tries)
         INSERT INTO form_failures (id, tries, response, failed_at)
         SELECT id, tries, 'not sent within a day', $2 FROM gone ON CONFLICT DO NOTHING`,
        [createdUntil, now],
      );
      return rowCount ?? 0;
    },
  };
}

export type FormRequestStore = ReturnType<typeof createFormRequestStore>;

function toRequest({ kind, email_key, settings, subscription_id, created_at, ...row }: Row): FormRequest {
  return {
    ...row,
    emailKey: email_key,
    wish: kind === 'confirm' ? { kind, settings: settings! } : { kind },
    subscriptionId: subscription_id,
    createdAt: created_at,
  };
}
