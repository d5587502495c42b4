import type { Database } from '../platform/db/database.js';

/** Days of a list, both included: YYYY-MM-DD. */
export interface DayRange {
  from: string;
  to: string;
}

export interface DailyQuery {
  range: DayRange;
  /** `newest`: by day, then by when it came in. */
  order: 'newest' | 'upvotes';
  /** Only papers whose title came from this source. */
  source: string | null;
  offset: number;
  limit: number;
}

export interface ListedKey {
  key: number;
  /** The day that the paper is listed under. */
  day: string;
}

/** Rows that one list may be read to, so that its end costs no more than a sort of the table does. */
export const MAX_LISTED_DEPTH = 1_000_000;

const orders = {
  newest: { dated: 'date DESC, created_at DESC, id DESC', undated: 'created_at DESC, id DESC' },
  upvotes: {
    dated: 'coalesce(upvotes, 0) DESC, created_at DESC, id DESC',
    undated: 'coalesce(upvotes, 0) DESC, created_at DESC, id DESC',
  },
} as const;

/**
 * A paper is listed under its own date where that is a full day, else under the UTC day on which it came in. Two parts,
 * because each has an index of its own (on the date, on the time), which reads no more than the page asks for.
 */
const listedSql = (order: DailyQuery['order']): string => `
  SELECT id AS key, day FROM (
    (SELECT id, date AS day, created_at, upvotes FROM papers
      WHERE length(date) = 10 AND date >= $1 AND date <= $2
        AND ($3::text IS NULL OR origins->'title'->>'source' = $3)
      ORDER BY ${orders[order].dated} LIMIT $4::int + $5::int)
    UNION ALL
    (SELECT id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, created_at, upvotes FROM papers
      WHERE (date IS NULL OR length(date) < 10)
        AND created_at >= ($1::date::timestamp AT TIME ZONE 'UTC')
        AND created_at < (($2::date + 1)::timestamp AT TIME ZONE 'UTC')
        AND ($3::text IS NULL OR origins->'title'->>'source' = $3)
      ORDER BY ${orders[order].undated} LIMIT $4::int + $5::int)
  ) listed
  ORDER BY ${order === 'newest' ? 'day DESC' : 'coalesce(upvotes, 0) DESC'}, created_at DESC, id DESC
  OFFSET $4::int LIMIT $5::int`;

/** Lists of papers by day. */
export function createDailyStore({ pool }: Database) {
  return {
    /** Beyond `MAX_LISTED_DEPTH` there is nothing. */
    async listKeys({ range, order, source, offset, limit }: DailyQuery): Promise<ListedKey[]> {
      if (offset + limit > MAX_LISTED_DEPTH) return [];
      const { rows } = await pool.query<ListedKey>(listedSql(order), [
        range.from,
        range.to,
        source,
        offset,
        limit,
      ]);
      return rows;
    },
  };
}

export type DailyStore = ReturnType<typeof createDailyStore>;
