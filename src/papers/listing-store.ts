import type { Database } from '../platform/db/database.js';
import type { SourceName } from './paper.js';

/** Places of a page at most. */
const MAX_PAGE = 1_000;

/** How far from its list's beginning a page may be: an index counts over that in 0.3 s. */
const MAX_OFFSET = 1_000_000;

/** Of PostgreSQL's `integer`. */
const MAX_INTEGER = 2_147_483_647;

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

export interface DayCount {
  day: string;
  count: number;
}

export interface PlacesQuery {
  /** null: all. */
  days: DaySpan | null;
  sort: ListingSort;
  /** Only papers whose title came from it. */
  source?: SourceName | null;
  /** Go on behind this place; from the first one when absent. */
  after?: ListingPlace | null;
  /** Places to leave out after that. */
  offset?: number;
  limit: number;
}

/** The function, and the indexes over it, are in the migrations of observations and of listings. */
const DAY = 'paper_day(date, created_at)';

/** The order's expression itself, uncast, so that the index over it has the order. What isn't known comes last. */
const valueBy: Readonly<Record<ListingSort, string>> = {
  newest: DAY,
  upvoted: 'coalesce(upvotes, -1)',
  trending: 'coalesce(heat, -1e9)',
};

/** Papers by the day that they belong to: that of their own date, else that on which they came in (UTC). */
export function createListingStore({ pool }: Database) {
  return {
    /**
     * Papers in order, those of one place by key. All days' `trending` has those alone of which something has risen. Behind
     * `MAX_OFFSET` there is nothing.
     */
    async listPlaces(query: PlacesQuery): Promise<ListedPaper[]> {
      if ((query.offset ?? 0) > MAX_OFFSET) return [];
      const { text, values } = placesStatement(query);
      const { rows } = await pool.query<ListedPaper>(text, values);
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

    /** Papers by day, ascending; days without any are missing. Read off the index of days alone. */
    async countByDay({ from, to }: DaySpan): Promise<DayCount[]> {
      const { rows } = await pool.query<{ day: number; count: number }>(
        `SELECT ${DAY} AS day, count(*)::int AS count FROM papers WHERE ${DAY} BETWEEN $1 AND $2 GROUP BY 1 ORDER BY 1`,
        [packDay(from), packDay(to)],
      );
      return rows.map(({ day, count }) => ({ day: unpackDay(day)!, count }));
    },

    /** The last day up to this one that has papers; null where there is none. */
    async lastDay(until: string): Promise<string | null> {
      const { rows } = await pool.query<{ day: number | null }>(
        `SELECT max(${DAY}) AS day FROM papers WHERE ${DAY} <= $1`,
        [packDay(until)],
      );
      return unpackDay(rows[0]!.day);
    },
  };
}

export type ListingStore = ReturnType<typeof createListingStore>;

/**
 * What `listPlaces` asks. Only the conditions that are wanted: an order over all papers is then read off an index, as far as the
 * page goes.
 */
export function placesStatement({ days, sort, source, after, offset = 0, limit }: PlacesQuery) {
  const values: unknown[] = [];
  const put = (one: unknown): string => `$${values.push(one)}`;
  const hottest = sort === 'trending' && days === null;
  const value = hottest ? 'heat' : valueBy[sort];
  const conditions = hottest ? ['heat IS NOT NULL'] : [];
  if (days) conditions.push(`${DAY} BETWEEN ${put(packDay(days.from))} AND ${put(packDay(days.to))}`);
  if (source) conditions.push(`origins->'title'->>'source' = ${put(source)}`);
  if (after) {
    const last = put(sort === 'trending' ? after.value : toInteger(after.value));
    conditions.push(`${value} <= ${last} AND (${value} < ${last} OR id > ${put(toInteger(after.key))})`);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const text = `SELECT id AS key, ${value} AS value, heat FROM papers ${where}
    ORDER BY ${value} DESC, id OFFSET ${put(offset)} LIMIT ${put(Math.min(limit, MAX_PAGE))}`;
  return { text, values };
}

/** What a cursor says may be any number, and the columns' type has an end. */
function toInteger(value: number): number {
  return Math.max(-MAX_INTEGER, Math.min(MAX_INTEGER, Math.trunc(value)));
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
