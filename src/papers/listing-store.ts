import type { Database } from '../platform/db/database.js';

/** Places of a page at most. */
const MAX_PAGE = 1_000;

export type ListingSort = 'newest' | 'upvoted' | 'trending';

/** A paper's place in a listing: by its value, the highest first, then by its key. */
export interface ListingPlace {
  key: number;
  value: number;
}

export interface ListedPaper extends ListingPlace {
  /** See heat.ts; null: nothing has risen yet. */
  heat: number | null;
}

/** Days YYYY-MM-DD; both belong to it. */
export interface DaySpan {
  from: string;
  to: string;
}

interface PageOptions {
  sort: ListingSort;
  /** null: from the first place. */
  after: ListingPlace | null;
  limit: number;
}

/** The function and the index over it are in the migration of observations. */
const DAY = 'paper_day(date, created_at)';

/** What isn't known comes last. */
const valueBy: Readonly<Record<ListingSort, string>> = {
  newest: `${DAY}::float8`,
  upvoted: 'coalesce(upvotes, -1)::float8',
  trending: 'coalesce(heat, -1e9)',
};

/** Papers by the day that they belong to: that of their own date, else that on which they came in (UTC). */
export function createListingStore({ pool }: Database) {
  return {
    /** The papers of these days, in order. */
    async listDays({ from, to }: DaySpan, { sort, after, limit }: PageOptions): Promise<ListedPaper[]> {
      const value = valueBy[sort];
      const { rows } = await pool.query<ListedPaper>(
        `SELECT id AS key, ${value} AS value, heat FROM papers
         WHERE ${DAY} BETWEEN $1 AND $2 AND ${value} <= $3 AND (${value} < $3 OR id > $4)
         ORDER BY value DESC, id LIMIT $5`,
        [packDay(from), packDay(to), ...placeOf(after), Math.min(limit, MAX_PAGE)],
      );
      return rows;
    },

    /** How many papers these days have, and the nearest days before and after them that have any. */
    async surveyDays({ from, to }: DaySpan): Promise<{
      count: number;
      before: string | null;
      after: string | null;
    }> {
      const { rows } = await pool.query<{ count: number; before: number | null; after: number | null }>(
        `SELECT (SELECT count(*)::int FROM papers WHERE ${DAY} BETWEEN $1 AND $2) AS count,
           (SELECT max(${DAY}) FROM papers WHERE ${DAY} < $1) AS before,
           (SELECT min(${DAY}) FROM papers WHERE ${DAY} > $2) AS after`,
        [packDay(from), packDay(to)],
      );
      const { count, before, after } = rows[0]!;
      return { count, before: unpackDay(before), after: unpackDay(after) };
    },

    /** The last day up to this one that has papers; null where there is none. */
    async lastDay(until: string): Promise<string | null> {
      const { rows } = await pool.query<{ day: number | null }>(
        `SELECT max(${DAY}) AS day FROM papers WHERE ${DAY} <= $1`,
        [packDay(until)],
      );
      return unpackDay(rows[0]!.day);
    },

    /** Papers of which something has risen, the hottest first. */
    async listHottest({ after, limit }: Omit<PageOptions, 'sort'>): Promise<ListedPaper[]> {
      const { rows } = await pool.query<ListedPaper>(
        `SELECT id AS key, heat AS value, heat FROM papers
         WHERE heat IS NOT NULL AND heat <= $1 AND (heat < $1 OR id > $2) ORDER BY heat DESC, id LIMIT $3`,
        [...placeOf(after), Math.min(limit, MAX_PAGE)],
      );
      return rows;
    },
  };
}

export type ListingStore = ReturnType<typeof createListingStore>;

function placeOf(after: ListingPlace | null): [value: number, key: number] {
  return after === null ? [Number.POSITIVE_INFINITY, 0] : [after.value, after.key];
}

/** As `paper_day` has it: 20240301. */
function packDay(day: string): number {
  return Number(day.replaceAll('-', ''));
}

function unpackDay(packed: number | null): string | null {
  if (packed === null) return null;
  return String(packed)
    .padStart(8, '0')
    .replace(/^(....)(..)(..)$/, '$1-$2-$3');
}
