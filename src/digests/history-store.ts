import type { Database } from '../platform/db/database.js';
import { WAITING } from './delivery-store.js';
import { type DeliveryState, deliveryStates } from './digest.js';

/** Nothing more becomes of them by themselves. */
export const settledStates: readonly DeliveryState[] = ['sent', 'failed', 'skipped'];

const openStates = deliveryStates.filter((state) => !settledStates.includes(state));

export interface DeliveryCounts {
  state: DeliveryState;
  /** Of settled ones those due in the last `COUNTED_DAYS`, of the others all. */
  count: number;
  /** When the oldest of them was due. */
  oldest: Date;
  /** When the first of those that wait may be tried; null of all other states. */
  nextAt: Date | null;
}

/** A mail of a public form that was given up. */
export interface FormFailure {
  /** The request's, as in the log. */
  id: string;
  failedAt: Date;
  tries: number;
  /** Without addresses. */
  response: string;
}

export interface FormFailures {
  /** In the last day. */
  count: number;
  /** Some of them, the latest first. */
  recent: FormFailure[];
}

/** Of a list. */
const SHOWN_FAILURES = 10;

/** A year of 10,000 subscribers is 3.6 million digests, and they are counted every half minute. */
export const COUNTED_DAYS = 7;

/** A digest of 20 papers with their abstracts takes some 12 kB. After a month nobody sends it again, and feeds need the ids alone. */
const WHOLE_DAYS = 30;

/** Digests shortened in one statement. */
const SHORTENED = 500;

/** The last digests of a subscription. */
export interface LastDigests {
  subscription: number;
  /** Local day of the last one that was made, whatever became of it; null: none was. */
  localDate: string | null;
  /** The last one that was sent; null: none was. */
  sent: { localDate: string; at: Date; papers: number } | null;
}

interface LastRow {
  subscription: number;
  localDate: string | null;
  sentDate: string | null;
  at: Date | null;
  papers: number | null;
}

const DAY_MS = 86_400_000;

/** What became of digests, looked at as a whole. */
export function createHistoryStore({ pool }: Pick<Database, 'pool'>) {
  return {
    async countByState(now: Date): Promise<DeliveryCounts[]> {
      const { rows } = await pool.query<DeliveryCounts>(
        `SELECT state, count(*)::int AS count, min(due_at) AS oldest, NULL::timestamptz AS "nextAt" FROM deliveries
           WHERE state = ANY($1) AND due_at > $2 GROUP BY state
         UNION ALL
         SELECT state, count(*)::int, min(due_at), min(next_at) FILTER (WHERE ${WAITING}) FROM deliveries
           WHERE state = ANY($3) GROUP BY state
         ORDER BY state`,
        [settledStates, new Date(now.getTime() - COUNTED_DAYS * DAY_MS), openStates],
      );
      return rows;
    },

    /** Mails of the public forms that were given up in the last day. */
    async findFormFailures(now: Date): Promise<FormFailures> {
      const { rows } = await pool.query<FormFailure & { count: number }>(
        `SELECT id, failed_at AS "failedAt", tries, response, count(*) OVER ()::int AS count FROM form_failures
         WHERE failed_at > $1 ORDER BY failed_at DESC, id LIMIT $2`,
        [new Date(now.getTime() - DAY_MS), SHOWN_FAILURES],
      );
      return { count: rows[0]?.count ?? 0, recent: rows.map(({ count: _, ...failure }) => failure) };
    },

    /** Of each of the subscriptions. Digests of a clock that ran ahead don't count, as when the next is made. */
    async listLast(subscriptions: readonly number[], now: Date): Promise<LastDigests[]> {
      const { rows } = await pool.query<LastRow>(
        `SELECT id AS subscription, made.local_date AS "localDate", sent.local_date AS "sentDate", sent.finished_at AS at,
           jsonb_array_length(sent.content->'papers') AS papers
         FROM unnest($1::int[]) AS asked (id)
         LEFT JOIN LATERAL (SELECT local_date FROM deliveries WHERE subscription_id = asked.id
             AND due_at <= $2::timestamptz + interval '1 day' ORDER BY local_date DESC LIMIT 1) made ON true
         LEFT JOIN LATERAL (SELECT local_date, coalesce(finished_at, due_at) AS finished_at, content FROM deliveries
           WHERE subscription_id = asked.id AND state = 'sent' ORDER BY local_date DESC LIMIT 1) sent ON true`,
        [subscriptions, now],
      );
      return rows.map(({ sentDate, at, papers, ...row }) => ({
        ...row,
        sent: sentDate === null ? null : { localDate: sentDate, at: at!, papers: papers ?? 0 },
      }));
    },

    /** Due before then, and neither sent nor given up. */
    async countOpen(dueBefore: Date): Promise<number> {
      const { rows } = await pool.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM deliveries WHERE state IN ('prepared', 'claimed', 'deferred') AND due_at < $1`,
        [dueBefore],
      );
      return rows[0]!.count;
    },

    /**
     * Of digests that were sent or skipped a month ago their papers' ids and their books are kept, and the rows themselves: the ledger hangs on
     * them. Answers how many were shortened.
     */
    async shorten(now: Date): Promise<number> {
      const before = new Date(now.getTime() - WHOLE_DAYS * DAY_MS);
      for (let all = 0; ; ) {
        const { rowCount } = await pool.query(
          `UPDATE deliveries SET content = jsonb_build_object(
             'papers', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', paper->'id') ORDER BY place), '[]')
               FROM jsonb_array_elements(content->'papers') WITH ORDINALITY AS papers (paper, place)),
             'books', content->'books')
           WHERE id IN (SELECT id FROM deliveries
             WHERE state IN ('sent', 'skipped') AND content ? 'notices' AND due_at < $1 ORDER BY due_at LIMIT $2)`,
          [before, SHORTENED],
        );
        all += rowCount ?? 0;
        if ((rowCount ?? 0) < SHORTENED) return all;
      }
    },
  };
}

export type HistoryStore = ReturnType<typeof createHistoryStore>;
