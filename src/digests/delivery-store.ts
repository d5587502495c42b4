import type pg from 'pg';
import type { Database } from '../platform/db/database.js';
import { inTransaction } from '../platform/db/transaction.js';
import {
  type Content,
  type Delivery,
  type DeliveryRow,
  type SubscriptionRow,
  toDelivery,
  toSubscription,
} from './delivery-rows.js';
import { type DeliveryState, type Digest, withPapers } from './digest.js';
import type { Subscription } from './subscription.js';

/** A subscription with the local day of its last digest. */
export interface Schedulable {
  subscription: Subscription;
  lastDate: string | null;
}

export interface NewDelivery {
  subscription: Subscription;
  localDate: string;
  dueAt: Date;
  recipient: string;
  messageId: string;
  digest: Digest;
  /** Numbers of the papers (papers.added) that it looked at: after the one, up to the other. */
  window: { after: bigint; until: bigint };
  now: Date;
}

/** A delivery that a process has claimed: each claim counts a further attempt, so that whoever was taken for dead can't speak for it. */
type Claim = Pick<Delivery, 'id' | 'attempts'>;

interface Settlement {
  state: DeliveryState;
  response: string;
  now: Date;
  nextAt?: Date;
}

/** Of a delivery that nobody sends at present and nobody has sent: the next digest takes its place. */
export const WAITING = `state IN ('prepared', 'deferred')`;

/** Nothing is sent for it any more, or not now. */
const WANTED = `s.state = 'active' AND b.suppressed_at IS NULL AND (s.paused_until IS NULL OR s.paused_until <= $2)`;

/** As JSON, so that rows of two tables come side by side; 64-bit numbers as text. */
const SUBSCRIPTION = `to_jsonb(s) || jsonb_build_object('email', b.email, 'seen_until', s.seen_until::text) AS subscription`;

const DELIVERY = `d.id, d.local_date, d.state, d.due_at, d.next_at, d.recipient, d.message_id, d.content, d.attempts, d.response, ${SUBSCRIPTION}`;

/** Digests and the ledger of what was sent. */
export function createDeliveryStore({ pool }: Database) {
  async function listDeliveries(where: string, values: readonly unknown[]): Promise<Delivery[]> {
    const { rows } = await pool.query<DeliveryRow>(
      `SELECT ${DELIVERY} FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id
         JOIN subscribers b ON b.id = s.subscriber_id WHERE ${where}`,
      [...values],
    );
    return rows.map(toDelivery);
  }

  return {
    /**
     * Active subscriptions beyond this id, ascending, without those whose last digest was due within half a day and that nobody has changed since:
     * whatever their zone, the next one isn't yet, and a look at each of them every half minute would be most of the work. Digests of a
     * clock that ran ahead don't count.
     */
    async listSchedulable(afterId: number, now: Date, limit: number): Promise<Schedulable[]> {
      const { rows } = await pool.query<{ subscription: SubscriptionRow; last: string | null }>(
        `SELECT ${SUBSCRIPTION}, (SELECT max(local_date) FROM deliveries d
           WHERE d.subscription_id = s.id AND d.due_at <= $2::timestamptz + interval '1 day') AS last
         FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id
         WHERE s.id > $1 AND ${WANTED} AND NOT EXISTS (
           SELECT 1 FROM deliveries d WHERE d.subscription_id = s.id AND d.created_at >= s.updated_at
             AND d.due_at > $2::timestamptz - interval '12 hours' AND d.due_at <= $2::timestamptz + interval '1 day')
         ORDER BY s.id LIMIT $3`,
        [afterId, now, limit],
      );
      return rows.map(({ subscription, last }) => ({
        subscription: toSubscription(subscription),
        lastDate: last,
      }));
    },

    /** The papers that a subscriber was sent or is about to be, among these; what this subscription's next digest takes over isn't. */
    async listSent({ subscriberId, id }: Subscription, keys: readonly number[]): Promise<Set<number>> {
      const { rows } = await pool.query<{ key: number }>(
        `SELECT paper_id AS key FROM sent_papers WHERE subscriber_id = $1 AND paper_id = ANY($2)
           AND delivery_id NOT IN (SELECT id FROM deliveries WHERE subscription_id = $3 AND ${WAITING})`,
        [subscriberId, keys, id],
      );
      return new Set(rows.map(({ key }) => key));
    },

    /** From where on the next digest has to look: what waits for another try gives it its papers. */
    async startOfNext({ id, seenUntil }: Subscription): Promise<bigint> {
      const { rows } = await pool.query<{ after: string | null }>(
        `SELECT min((content->>'after')::bigint) AS after FROM deliveries WHERE subscription_id = $1 AND ${WAITING}`,
        [id],
      );
      const after = BigInt(rows[0]?.after ?? seenUntil);
      return after < seenUntil ? after : seenUntil;
    },

    /**
     * Freezes a digest in the place of those that wait, and enters its papers in the ledger; null where this day has one already. Papers
     * that another digest of the subscriber's took meanwhile fall out of it; where none is left, the day is done unless empty days are told of.
     */
    async prepare(delivery: NewDelivery): Promise<'prepared' | 'empty' | null> {
      const { subscription, digest, now } = delivery;
      return inTransaction(pool, async (client) => {
        const id = await add(client, delivery, { state: 'prepared', finishedAt: null, response: null });
        if (id === null) return null;
        const taken = await enter(client, subscription.subscriberId, id, digest);
        if (taken.size < digest.papers.length) await keepOnly(client, id, delivery, taken);
        if (taken.size > 0 || subscription.tellsEmpty) return 'prepared';
        await client.query(
          `UPDATE deliveries SET state = 'skipped', finished_at = $2, response = 'all were sent before' WHERE id = $1`,
          [id, now],
        );
        return 'empty';
      });
    },

    /** Nothing to send on this day: it counts as done, so that it isn't looked at again. */
    async skip(delivery: Omit<NewDelivery, 'messageId'>, why: string): Promise<void> {
      await inTransaction(pool, async (client) => {
        const done = { state: 'skipped', finishedAt: delivery.now, response: why } as const;
        await add(client, { ...delivery, messageId: '' }, done);
      });
    },

    /** The next one that may be tried, now ours; null where there is none. For the one process that sends. */
    async claim(now: Date): Promise<Delivery | null> {
      const { rows } = await pool.query<{ id: number }>(
        `UPDATE deliveries SET state = 'claimed', attempts = attempts + 1, armed_at = NULL WHERE id = (
           SELECT id FROM deliveries WHERE state IN ('prepared', 'deferred') AND next_at <= $1
           ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id`,
        [now],
      );
      const id = rows[0]?.id;
      if (id === undefined) return null;
      const [delivery] = await listDeliveries('d.id = $1', [id]);
      return delivery ?? null;
    },

    /** From now on it may have been sent, whatever happens to us. False where it isn't ours any more. */
    async arm({ id, attempts }: Claim, now: Date): Promise<boolean> {
      const { rowCount } = await pool.query(
        `UPDATE deliveries SET armed_at = $3 WHERE id = $1 AND attempts = $2 AND state = 'claimed'`,
        [id, attempts, now],
      );
      return rowCount === 1;
    },

    /**
     * Whether it is ours still and its subscriber still wants it; `speak` is called while that can't change, and returns when the other side has
     * been spoken to. So whoever was told that he is unsubscribed is sent nothing after.
     */
    async whileWanted({ id, attempts }: Claim, now: Date, speak: () => Promise<void>): Promise<boolean> {
      return inTransaction(pool, async (client) => {
        const { rows } = await client.query(
          `SELECT 1 FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id
             JOIN subscribers b ON b.id = s.subscriber_id
           WHERE d.id = $1 AND d.attempts = $3 AND d.state = 'claimed' AND ${WANTED} FOR SHARE OF d, s, b`,
          [id, now, attempts],
        );
        if (rows.length === 0) return false;
        await speak();
        return true;
      });
    },

    /**
     * What became of a claimed one. `nextAt`: when it may be tried again. False, and nothing changes, where another process has claimed it since: it took
     * this one for dead. What that made uncertain is certain now.
     */
    async settle(
      { id, attempts }: Claim,
      { state, response, now, nextAt = now }: Settlement,
    ): Promise<boolean> {
      const isOver = state !== 'deferred' && state !== 'prepared';
      const { rowCount } = await pool.query(
        `UPDATE deliveries SET state = $3, response = $4, next_at = $5, finished_at = $6
         WHERE id = $1 AND attempts = $2 AND state IN ('claimed', 'uncertain')`,
        [id, attempts, state, response.slice(0, 1_000), nextAt, isOver ? now : null],
      );
      return rowCount === 1;
    },

    /** A claimed one that wasn't sent because nobody wanted it at that moment: its papers count as not sent, and are looked at again. */
    async withdraw({ id, attempts }: Claim, response: string, now: Date): Promise<boolean> {
      return inTransaction(pool, async (client) => {
        const { rowCount } = await client.query(
          `WITH done AS (
             UPDATE deliveries SET state = 'skipped', response = $3, finished_at = $4
             WHERE id = $1 AND attempts = $2 AND state = 'claimed' RETURNING id, subscription_id, content),
           free AS (DELETE FROM sent_papers USING done WHERE delivery_id = done.id)
           UPDATE subscriptions s SET seen_until = least(seen_until, (done.content->>'after')::bigint) FROM done WHERE s.id = done.subscription_id`,
          [id, attempts, response, now],
        );
        return rowCount === 1;
      });
    },

    /** The papers of a digest, as they are now: one that went over into another is that one, once. */
    async listLedger(id: number): Promise<Set<number>> {
      const { rows } = await pool.query<{ key: number }>(
        'SELECT paper_id AS key FROM sent_papers WHERE delivery_id = $1',
        [id],
      );
      return new Set(rows.map(({ key }) => key));
    },

    /** Claims of a process that is gone: those that had begun to speak may have been sent, the others weren't. */
    async recover(now: Date): Promise<{ uncertain: number; freed: number }> {
      const { rows } = await pool.query<{ state: DeliveryState }>(
        `UPDATE deliveries SET
           state = CASE WHEN armed_at IS NULL THEN 'prepared' ELSE 'uncertain' END,
           response = CASE WHEN armed_at IS NULL THEN response ELSE 'the process that sent it ended before the answer' END,
           finished_at = CASE WHEN armed_at IS NULL THEN NULL ELSE $1::timestamptz END
         WHERE state = 'claimed' RETURNING state`,
        [now],
      );
      const uncertain = rows.filter(({ state }) => state === 'uncertain').length;
      return { uncertain, freed: rows.length - uncertain };
    },

    /** An uncertain or failed one is sent again, and a deferred one tried now. Answers what it was; null, and nothing changes, for any other. */
    async release(id: number, now: Date): Promise<'uncertain' | 'failed' | 'deferred' | null> {
      const { rows } = await pool.query<{ was: 'uncertain' | 'failed' | 'deferred' }>(
        `UPDATE deliveries d SET state = 'deferred', next_at = $2, finished_at = NULL
         FROM (SELECT id, state FROM deliveries WHERE id = $1 AND state IN ('uncertain', 'failed', 'deferred') FOR UPDATE) old
         WHERE d.id = old.id RETURNING old.state AS was`,
        [id, now],
      );
      return rows[0]?.was ?? null;
    },

    /** All that were put off are tried now. Answers how many there were. */
    async releaseDeferred(now: Date): Promise<number> {
      const { rowCount } = await pool.query(
        `UPDATE deliveries SET next_at = least(next_at, $1) WHERE state = 'deferred'`,
        [now],
      );
      return rowCount ?? 0;
    },

    async suppress(subscriberId: number, why: string, now: Date): Promise<void> {
      await pool.query(
        'UPDATE subscribers SET suppressed_at = $2, suppressed_by = $3 WHERE id = $1 AND suppressed_at IS NULL',
        [subscriberId, now, why.slice(0, 500)],
      );
    },

    /** The latest first. */
    listIn: (states: readonly DeliveryState[], limit: number): Promise<Delivery[]> =>
      listDeliveries('d.state = ANY($1) ORDER BY d.due_at DESC, d.id DESC LIMIT $2', [states, limit]),
  };
}

export type DeliveryStore = ReturnType<typeof createDeliveryStore>;

/** Adds the row of a day and lets it take the place of those that wait; null where the day has one. */
async function add(
  client: pg.PoolClient,
  { subscription, localDate, dueAt, recipient, messageId, digest, window, now }: NewDelivery,
  { state, finishedAt, response }: { state: DeliveryState; finishedAt: Date | null; response: string | null },
): Promise<number | null> {
  const content: Content = { ...digest, after: String(window.after) };
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO deliveries (subscription_id, local_date, state, due_at, recipient, message_id, content, next_at, finished_at, response, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $8) ON CONFLICT (subscription_id, local_date) DO NOTHING RETURNING id`,
    [
      ...[subscription.id, localDate, state, dueAt, recipient, messageId, JSON.stringify(content), now],
      ...[finishedAt, response],
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined) return null;
  await client.query(
    `WITH old AS (
       UPDATE deliveries SET state = 'skipped', finished_at = $3, response = concat_ws('; ', response, 'the next digest took its place')
       WHERE subscription_id = $1 AND id <> $2 AND ${WAITING} RETURNING id)
     DELETE FROM sent_papers USING old WHERE delivery_id = old.id`,
    [subscription.id, id, now],
  );
  await client.query('UPDATE subscriptions SET seen_until = greatest(seen_until, $2) WHERE id = $1', [
    subscription.id,
    String(window.until),
  ]);
  return id;
}

/** The keys that went into the ledger. */
async function enter(
  client: pg.PoolClient,
  subscriberId: number,
  deliveryId: number,
  { papers }: Digest,
): Promise<Set<number>> {
  const { rows } = await client.query<{ key: number }>(
    `INSERT INTO sent_papers (subscriber_id, paper_id, delivery_id)
     SELECT $1, id, $2 FROM papers WHERE id = ANY($3) ON CONFLICT DO NOTHING RETURNING paper_id AS key`,
    [subscriberId, deliveryId, papers.map(({ key }) => key)],
  );
  return new Set(rows.map(({ key }) => key));
}

async function keepOnly(
  client: pg.PoolClient,
  id: number,
  { digest, window }: NewDelivery,
  taken: ReadonlySet<number>,
): Promise<void> {
  const papers = digest.papers.filter(({ key }) => taken.has(key));
  const kept: Content = { ...withPapers(digest, papers), after: String(window.after) };
  await client.query('UPDATE deliveries SET content = $2 WHERE id = $1', [id, JSON.stringify(kept)]);
}
