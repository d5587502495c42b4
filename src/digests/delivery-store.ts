import type pg from 'pg';
import type { Database } from '../platform/db/database.js';
import { inTransaction } from '../platform/db/transaction.js';
import type { DeliveryState, Digest } from './digest.js';
import type { Channel, Subscription } from './subscription.js';

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

/** What is to be sent, frozen when it was prepared. */
export interface Delivery {
  id: number;
  subscription: Subscription;
  localDate: string;
  state: DeliveryState;
  dueAt: Date;
  recipient: string;
  messageId: string;
  digest: Digest;
  attempts: number;
  response: string | null;
}

/** What is kept in `deliveries.content`, until it is shortened (history-store.ts). */
interface Content extends Digest {
  /** A string, because JSON has no 64-bit numbers. */
  after: string;
}

interface Row {
  id: number;
  local_date: string;
  state: DeliveryState;
  due_at: Date;
  recipient: string;
  message_id: string;
  content: Content;
  attempts: number;
  response: string | null;
  subscription: SubscriptionRow;
}

interface SubscriptionRow {
  id: number;
  subscriber_id: number;
  email: string | null;
  kind: Subscription['kind'];
  query: string;
  likes: string[];
  days: number;
  hour: number;
  time_zone: string;
  cap: number;
  min_score: number | null;
  muted_words: string[];
  muted_authors: string[];
  muted_categories: string[];
  tells_empty: boolean;
  channel: 'mail' | 'webhook';
  webhook_url: string | null;
  webhook_shape: 'generic' | 'slack' | 'discord' | null;
  state: Subscription['state'];
  paused_until: string | null;
  confirmed_at: string | null;
  ended_at: string | null;
  ended_by: string | null;
  seen_until: string;
  created_at: string;
}

/** Nothing is sent for it any more, or not now. */
const WANTED = `s.state = 'active' AND b.suppressed_at IS NULL AND (s.paused_until IS NULL OR s.paused_until <= $2)`;

/** As JSON, so that rows of two tables come side by side; 64-bit numbers as text. */
const SUBSCRIPTION = `to_jsonb(s) || jsonb_build_object('email', b.email, 'seen_until', s.seen_until::text) AS subscription`;

const DELIVERY = `d.id, d.local_date, d.state, d.due_at, d.recipient, d.message_id, d.content, d.attempts, d.response, ${SUBSCRIPTION}`;

/** Digests and the ledger of what was sent. */
export function createDeliveryStore({ pool }: Database) {
  async function listDeliveries(where: string, values: readonly unknown[]): Promise<Delivery[]> {
    const { rows } = await pool.query<Row>(
      `SELECT ${DELIVERY} FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id
         JOIN subscribers b ON b.id = s.subscriber_id WHERE ${where}`,
      [...values],
    );
    return rows.map(toDelivery);
  }

  return {
    /**
     * Active subscriptions beyond this id, ascending, without those whose last digest was due within half a day: whatever their zone, the
     * next one isn't yet, and a look at each of them every half minute would be most of the work.
     */
    async listSchedulable(afterId: number, now: Date, limit: number): Promise<Schedulable[]> {
      const { rows } = await pool.query<{ subscription: SubscriptionRow; last: string | null }>(
        `SELECT ${SUBSCRIPTION}, (SELECT max(local_date) FROM deliveries d WHERE d.subscription_id = s.id) AS last
         FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id
         WHERE s.id > $1 AND ${WANTED} AND NOT EXISTS (
           SELECT 1 FROM deliveries d WHERE d.subscription_id = s.id AND d.due_at > $2::timestamptz - interval '12 hours')
         ORDER BY s.id LIMIT $3`,
        [afterId, now, limit],
      );
      return rows.map(({ subscription, last }) => ({
        subscription: toSubscription(subscription),
        lastDate: last,
      }));
    },

    /** The papers that a subscriber was sent or is about to be, among these. */
    async listSent(subscriberId: number, keys: readonly number[]): Promise<Set<number>> {
      const { rows } = await pool.query<{ key: number }>(
        'SELECT paper_id AS key FROM sent_papers WHERE subscriber_id = $1 AND paper_id = ANY($2)',
        [subscriberId, keys],
      );
      return new Set(rows.map(({ key }) => key));
    },

    /**
     * Puts off nothing any more: a digest that still waits for another try gives its papers back to the one that follows.
     * Answers from where on that one has to look.
     */
    async supersede(subscription: Subscription, now: Date): Promise<bigint> {
      return inTransaction(pool, async (client) => {
        const { rows } = await client.query<{ id: number; after: string }>(
          `UPDATE deliveries SET state = 'skipped', finished_at = $2, response = concat_ws('; ', response, 'the next digest took its place')
           WHERE subscription_id = $1 AND state IN ('prepared', 'deferred')
           RETURNING id, content->>'after' AS after`,
          [subscription.id, now],
        );
        await client.query('DELETE FROM sent_papers WHERE delivery_id = ANY($1)', [rows.map(({ id }) => id)]);
        const starts = rows.map(({ after }) => BigInt(after));
        return starts.reduce((least, one) => (one < least ? one : least), subscription.seenUntil);
      });
    },

    /**
     * Freezes a digest, and enters its papers in the ledger; null where this day has one already. Papers that another digest of
     * the subscriber's took meanwhile fall out of it; where none is left, the day is done unless empty days are told of.
     */
    async prepare(delivery: NewDelivery): Promise<'prepared' | 'empty' | null> {
      const { subscription, digest, window, now } = delivery;
      return inTransaction(pool, async (client) => {
        const content: Content = { ...digest, after: String(window.after) };
        const { rows } = await client.query<{ id: number }>(
          `INSERT INTO deliveries (subscription_id, local_date, state, due_at, recipient, message_id, content, next_at, created_at)
           VALUES ($1, $2, 'prepared', $3, $4, $5, $6, $7, $7)
           ON CONFLICT (subscription_id, local_date) DO NOTHING RETURNING id`,
          [
            ...[subscription.id, delivery.localDate, delivery.dueAt, delivery.recipient, delivery.messageId],
            ...[JSON.stringify(content), now],
          ],
        );
        const id = rows[0]?.id;
        if (id === undefined) return null;
        const taken = await enter(client, subscription.subscriberId, id, digest);
        if (taken.size < digest.papers.length) await keepOnly(client, id, content, taken);
        await client.query('UPDATE subscriptions SET seen_until = greatest(seen_until, $2) WHERE id = $1', [
          subscription.id,
          String(window.until),
        ]);
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
      const { subscription, digest, window, now } = delivery;
      const content: Content = { ...digest, after: String(window.after) };
      await pool.query(
        `WITH day AS (
           INSERT INTO deliveries (subscription_id, local_date, state, due_at, recipient, message_id, content, next_at, finished_at, response, created_at)
           VALUES ($1, $2, 'skipped', $3, $4, '', $5, $6, $6, $7, $6)
           ON CONFLICT (subscription_id, local_date) DO NOTHING RETURNING id)
         UPDATE subscriptions SET seen_until = greatest(seen_until, $8) WHERE id = $1 AND EXISTS (SELECT 1 FROM day)`,
        [
          ...[subscription.id, delivery.localDate, delivery.dueAt, delivery.recipient],
          ...[JSON.stringify(content), now, why, String(window.until)],
        ],
      );
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

    /** From now on it may have been sent, whatever happens to us. */
    async arm(id: number, now: Date): Promise<void> {
      await pool.query(`UPDATE deliveries SET armed_at = $2 WHERE id = $1 AND state = 'claimed'`, [id, now]);
    },

    /**
     * Whether its subscriber still wants it; `speak` is called while that can't change, and returns when the other side has
     * been spoken to. So whoever was told that he is unsubscribed is sent nothing after.
     */
    async whileWanted(id: number, now: Date, speak: () => Promise<void>): Promise<boolean> {
      return inTransaction(pool, async (client) => {
        const { rows } = await client.query(
          `SELECT 1 FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id
             JOIN subscribers b ON b.id = s.subscriber_id
           WHERE d.id = $1 AND d.state = 'claimed' AND ${WANTED} FOR SHARE OF s, b`,
          [id, now],
        );
        if (rows.length === 0) return false;
        await speak();
        return true;
      });
    },

    /** What became of a claimed one. `nextAt`: when it may be tried again. */
    async settle(
      id: number,
      {
        state,
        response,
        now,
        nextAt = now,
      }: { state: DeliveryState; response: string; now: Date; nextAt?: Date },
    ): Promise<void> {
      const isOver = state !== 'deferred' && state !== 'prepared';
      await pool.query(
        `UPDATE deliveries SET state = $2, response = $3, next_at = $4, finished_at = $5 WHERE id = $1`,
        [id, state, response.slice(0, 1_000), nextAt, isOver ? now : null],
      );
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

    /** An uncertain or failed one is sent again. False where it is neither. */
    async release(id: number, now: Date): Promise<boolean> {
      const { rowCount } = await pool.query(
        `UPDATE deliveries SET state = 'deferred', next_at = $2, finished_at = NULL WHERE id = $1 AND state IN ('uncertain', 'failed')`,
        [id, now],
      );
      return rowCount === 1;
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
  content: Content,
  taken: ReadonlySet<number>,
): Promise<void> {
  const papers = content.papers.filter(({ key }) => taken.has(key));
  const lost = content.papers.length - papers.length;
  const { books } = content;
  const cut = { ...books.cut, sentBefore: books.cut.sentBefore + lost };
  const kept: Content = { ...content, papers, books: { ...books, sent: papers.length, cut } };
  await client.query('UPDATE deliveries SET content = $2 WHERE id = $1', [id, JSON.stringify(kept)]);
}

const dateOrNull = (text: string | null): Date | null => (text === null ? null : new Date(text));

function toSubscription(row: SubscriptionRow): Subscription {
  const channel: Channel =
    row.channel === 'mail'
      ? { kind: 'mail' }
      : { kind: 'webhook', url: row.webhook_url!, shape: row.webhook_shape ?? 'generic' };
  return {
    id: row.id,
    subscriberId: row.subscriber_id,
    email: row.email,
    channel,
    kind: row.kind,
    query: row.query,
    likes: row.likes,
    days: [1, 2, 3, 4, 5, 6, 7].filter((day) => (row.days >> (day - 1)) & 1),
    hour: row.hour,
    timeZone: row.time_zone,
    cap: row.cap,
    minScore: row.min_score,
    mutedWords: row.muted_words,
    mutedAuthors: row.muted_authors,
    mutedCategories: row.muted_categories,
    tellsEmpty: row.tells_empty,
    state: row.state,
    pausedUntil: dateOrNull(row.paused_until),
    confirmedAt: dateOrNull(row.confirmed_at),
    endedAt: dateOrNull(row.ended_at),
    endedBy: row.ended_by,
    seenUntil: BigInt(row.seen_until),
    createdAt: new Date(row.created_at),
  };
}

function toDelivery(row: Row): Delivery {
  const { after: _, ...digest } = row.content;
  return {
    id: row.id,
    subscription: toSubscription(row.subscription),
    localDate: row.local_date,
    state: row.state,
    dueAt: row.due_at,
    recipient: row.recipient,
    messageId: row.message_id,
    digest,
    attempts: row.attempts,
    response: row.response,
  };
}
