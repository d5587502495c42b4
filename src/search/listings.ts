import { heatOn } from '../papers/heat.js';
import type { DayCount, DaySpan, ListingStore } from '../papers/listing-store.js';
import type { Paper, SourceName } from '../papers/paper.js';
import type { PaperStore } from '../papers/paper-store.js';
import { type Period, type PeriodName, periodNameOf, periodOf, requirePeriod } from '../papers/period.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { ColumnOrder } from './lexical/ports.js';
import { checkRequest } from './request.js';

export const listingSorts = ['upvoted', 'newest', 'trending'] as const satisfies readonly ColumnOrder[];

export interface ListingRequest {
  /** As the form of `date` says when absent; without that, a day. */
  period?: PeriodName | undefined;
  /** As `Period.date` is written; the last one up to today that has papers when absent. */
  date?: string | undefined;
  /** By upvotes unless asked otherwise. */
  sort?: ColumnOrder | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface ListingItem {
  paper: Paper;
  /** At the beginning of today (papers/heat.ts), so that it stays the same for a day; null: nothing has risen yet. */
  heat: number | null;
}

/** The intake that began last: whether a listing is empty, or nobody has taken it in. */
export interface LatestIntake {
  startedAt: Date;
  /** null: under way or broken off. */
  finishedAt: Date | null;
  entries: number;
  added: number;
  updated: number;
  problems: number;
}

export interface TrendingResult {
  items: ListingItem[];
  nextCursor: string | null;
  /** null: nothing was ever taken in. */
  intake: LatestIntake | null;
}

export interface ListingResult extends TrendingResult, Period {
  /** On all pages. */
  count: number;
  sort: ColumnOrder;
  /** The nearest periods before and after it that have papers, as `date` is written. */
  previous: string | null;
  next: string | null;
}

/** What clients ask for that count papers instead of handing back a cursor. */
export interface ListingWindow {
  /** null: all. */
  days: DaySpan | null;
  sort: ColumnOrder;
  /** Only papers whose title came from it; null: from any. */
  source: SourceName | null;
  offset: number;
  limit: number;
}

/** The weeks that a month touches. */
export interface ListingCalendar {
  /** As `Period.date` is written. */
  month: string;
  /** Monday of the first week and Sunday of the last. */
  from: string;
  to: string;
  /** UTC; days behind it have not come yet. */
  today: string;
  /** Ascending; days without papers are missing. */
  days: DayCount[];
}

export interface ListingsDeps {
  papers: Pick<PaperStore, 'listByKeys'>;
  store: ListingStore;
  latestIntake: () => Promise<LatestIntake | null>;
  clock: Clock;
}

interface Page {
  limit: number;
  order: ColumnOrder;
  cursor: string | undefined;
  scope: Record<string, unknown>;
  /** null: all. */
  days: DaySpan | null;
}

/**
 * Papers by day, week and month, and those that are talked about. Read from the database, not from the indexes of a
 * search: what is committed is there.
 */
export function createListings({ papers, store, latestIntake, clock }: ListingsDeps) {
  const today = (): string => clock.now().toISOString().slice(0, 10);

  /** The papers of a period. @throws AppError invalid_input, invalid_cursor */
  async function byPeriod({ date, sort = 'upvoted', cursor, ...asked }: ListingRequest) {
    const { period = date === undefined ? 'day' : periodNameOf(date) } = asked;
    const { limit } = checkRequest({ query: '', ...asked });
    const chosen = date === undefined ? await latestPeriod(period) : requirePeriod(period, date, 'date');
    const [page, { count, before, after }, intake] = await Promise.all([
      pageOf({
        limit,
        order: sort,
        cursor,
        scope: { listing: period, date: chosen.date, sort },
        days: chosen,
      }),
      store.surveyDays(chosen),
      latestIntake(),
    ]);
    const nameOf = (day: string | null): string | null => (day === null ? null : periodOf(period, day).date);
    const result: ListingResult = {
      ...chosen,
      sort,
      ...page,
      count,
      previous: nameOf(before),
      next: nameOf(after),
      intake,
    };
    return result;
  }

  /** The papers that are talked about, the hottest first. @throws AppError invalid_input, invalid_cursor */
  async function trending({
    cursor,
    ...asked
  }: Pick<ListingRequest, 'limit' | 'cursor'>): Promise<TrendingResult> {
    const { limit } = checkRequest({ query: '', ...asked });
    const order = 'trending';
    const scope = { listing: order };
    const [page, intake] = await Promise.all([
      pageOf({ limit, order, cursor, scope, days: null }),
      latestIntake(),
    ]);
    return { ...page, intake };
  }

  /**
   * Papers `offset` to `offset + limit` of an order; `more`: there are others behind them. Unlike behind a cursor, papers
   * that come in between two windows move the later ones.
   * @throws AppError invalid_input
   */
  async function window({ limit: asked, ...wanted }: ListingWindow): Promise<{
    papers: Paper[];
    more: boolean;
  }> {
    const { limit } = checkRequest({ query: '', limit: asked });
    const places = await store.listPlaces({ ...wanted, limit: limit + 1 });
    const keys = places.slice(0, limit).map(({ key }) => key);
    return { papers: await papers.listByKeys(keys), more: places.length > limit };
  }

  /** How many papers each day has around a month, so that gaps are seen. @throws AppError invalid_input */
  async function calendar(month: string): Promise<ListingCalendar> {
    const { from, to } = requirePeriod('month', month, 'month');
    const weeks = { from: periodOf('week', from).from, to: periodOf('week', to).to };
    return { month, ...weeks, today: today(), days: await store.countByDay(weeks) };
  }

  async function latestPeriod(period: PeriodName): Promise<Period> {
    const now = today();
    return periodOf(period, (await store.lastDay(now)) ?? now);
  }

  async function pageOf({ limit, order, cursor, scope, days }: Page) {
    const decoded = cursor === undefined ? null : decodeCursor(cursor, scope);
    const from = decoded === null || decoded.order === 'relevance' ? null : decoded;
    const after = from?.after ?? null;
    const places = await store.listPlaces({ days, sort: order, after, limit: limit + 1 });
    const chosen = places.slice(0, limit);
    const found = await papers.listByKeys(chosen.map(({ key }) => key));
    const heats = new Map(chosen.map(({ key, heat }) => [key, heat]));
    const last = chosen.at(-1);
    const day = today();
    const items = found.map((paper): ListingItem => {
      const heat = heats.get(paper.key) ?? null;
      return { paper, heat: heat === null ? null : Number(heatOn(heat, day).toPrecision(4)) };
    });
    if (last === undefined || places.length <= limit) return { items, nextCursor: null };
    const { key, value } = last;
    const rank = (from?.rank ?? 0) + chosen.length;
    return { items, nextCursor: encodeCursor({ order, after: { key, value }, rank }, scope) };
  }

  return { byPeriod, trending, window, calendar };
}

export type Listings = ReturnType<typeof createListings>;
