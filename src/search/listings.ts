import { heatOn } from '../papers/heat.js';
import type { DaySpan, ListedPaper, ListingStore } from '../papers/listing-store.js';
import type { Paper } from '../papers/paper.js';
import type { PaperStore } from '../papers/paper-store.js';
import { type Period, type PeriodName, periodForms, periodOf, readPeriod } from '../papers/period.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { ColumnOrder, OrderPosition } from './lexical/ports.js';
import { checkRequest, invalid } from './request.js';

export const listingSorts = ['upvoted', 'newest', 'trending'] as const satisfies readonly ColumnOrder[];

export interface ListingRequest {
  period: PeriodName;
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
  list: (place: { after: OrderPosition | null; limit: number }) => Promise<ListedPaper[]>;
}

/**
 * Papers by day, week and month, and those that are talked about. Read from the database, without an index: what is
 * committed is there.
 */
export function createListings({ papers, store, latestIntake, clock }: ListingsDeps) {
  const today = (): string => clock.now().toISOString().slice(0, 10);

  /** The papers of a period. @throws AppError invalid_input, invalid_cursor */
  async function byPeriod({ period, date, sort = 'upvoted', cursor, ...asked }: ListingRequest) {
    const { limit } = checkRequest({ query: '', ...asked });
    const chosen = date === undefined ? await latestPeriod(period) : readPeriod(period, date);
    if (chosen === null) throw invalid('date', periodForms[period]);
    const span: DaySpan = { from: chosen.from, to: chosen.to };
    const [page, { count, before, after }, intake] = await Promise.all([
      pageOf({
        limit,
        order: sort,
        cursor,
        scope: { listing: period, date: chosen.date, sort },
        list: (place) => store.listDays(span, { sort, ...place }),
      }),
      store.surveyDays(span),
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
      pageOf({ limit, order, cursor, scope, list: store.listHottest }),
      latestIntake(),
    ]);
    return { ...page, intake };
  }

  async function latestPeriod(period: PeriodName): Promise<Period> {
    const now = today();
    return periodOf(period, (await store.lastDay(now)) ?? now);
  }

  async function pageOf({ limit, order, cursor, scope, list }: Page) {
    const decoded = cursor === undefined ? null : decodeCursor(cursor, scope);
    const from = decoded === null || decoded.order === 'relevance' ? null : decoded;
    const places = await list({ after: from?.after ?? null, limit: limit + 1 });
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

  return { byPeriod, trending };
}

export type Listings = ReturnType<typeof createListings>;
