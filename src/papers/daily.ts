import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import type { DailyStore, DayRange } from './daily-store.js';
import { type Paper, type SourceName, sourceNames } from './paper.js';
import type { PaperStore } from './paper-store.js';

export const MAX_DAILY = 100;

/** Days that a trending list looks back, from the newest day that has a paper. */
const TRENDING_DAYS = 14;

const DAY_MS = 86_400_000;
const ALL_DAYS: DayRange = { from: '0001-01-01', to: '9999-12-31' };

export interface DailyPeriod {
  /** `2024-08-01`. */
  date?: string | undefined;
  /** `2024-W31`, ISO 8601: from Monday to Sunday. */
  week?: string | undefined;
  /** `2024-08`. */
  month?: string | undefined;
}

export interface DailyRequest {
  /** null: no period, newest day first; a period's papers come in the order of their upvotes. */
  range: DayRange | null;
  sort: 'publishedAt' | 'trending';
  /** The source that the papers came from; one that there isn't has none. */
  submitter?: string | undefined;
  offset: number;
  /** 1 to `MAX_DAILY`. */
  limit: number;
}

export interface DailyDeps {
  store: DailyStore;
  papers: Pick<PaperStore, 'listByKeys'>;
  clock: Clock;
}

/** Papers by the day they belong to. */
export function createDaily({ store, papers, clock }: DailyDeps) {
  type Scope = Pick<DailyRequest, 'offset' | 'limit'> & { source: SourceName | null };

  const byPeriod = (range: DayRange, scope: Scope) => store.listKeys({ ...scope, range, order: 'upvotes' });

  const newest = (scope: Scope) => store.listKeys({ ...scope, range: ALL_DAYS, order: 'newest' });

  /** What people look at now: by upvotes among the newest days. The one place that says what trending is. */
  async function trending(scope: Scope) {
    const upToToday = { from: ALL_DAYS.from, to: dayOf(clock.now()) };
    const [last] = await store.listKeys({
      ...scope,
      range: upToToday,
      order: 'newest',
      offset: 0,
      limit: 1,
    });
    if (last === undefined) return [];
    const from = dayOf(new Date(Date.parse(last.day) - (TRENDING_DAYS - 1) * DAY_MS));
    return byPeriod({ from, to: last.day }, scope);
  }

  return {
    /** `more`: there is a next page. */
    async list({ range, sort, submitter, offset, limit }: DailyRequest): Promise<{
      papers: Paper[];
      more: boolean;
    }> {
      if (submitter !== undefined && !isSourceName(submitter)) return { papers: [], more: false };
      // One more tells whether there is a next page.
      const scope = { source: submitter ?? null, offset, limit: Math.min(limit, MAX_DAILY) + 1 };
      const listed = await (range !== null
        ? byPeriod(range, scope)
        : sort === 'trending'
          ? trending(scope)
          : newest(scope));
      const keys = listed.slice(0, scope.limit - 1).map(({ key }) => key);
      return { papers: await papers.listByKeys(keys), more: listed.length === scope.limit };
    },
  };
}

export type Daily = ReturnType<typeof createDaily>;

/** The day that lists show a paper under: its own date where that is a full day, else the UTC day on which it came in. */
export function listedDay({ date, createdAt }: Pick<Paper, 'date' | 'createdAt'>): string {
  return isFullDay(date) ? date : dayOf(createdAt);
}

export function isFullDay(date: string | null): date is string {
  return date?.length === ALL_DAYS.from.length;
}

/**
 * The days of a date, week or month; null where none is given.
 * @throws AppError invalid_input that names the field
 */
export function dayRange({ date, week, month }: DailyPeriod): DayRange | null {
  if ([date, week, month].filter((one) => one !== undefined).length > 1)
    throw invalid('date', 'one of date, week and month, not several');
  if (date !== undefined) return daysOf(date, 1) ?? refuse('date', date, 'a day such as 2024-08-01');
  if (week !== undefined) return weekRange(week) ?? refuse('week', week, 'an ISO week such as 2024-W31');
  if (month !== undefined) return monthRange(month) ?? refuse('month', month, 'a month such as 2024-08');
  return null;
}

/** From this day on; null where it isn't in the calendar. */
function daysOf(first: string, count: number): DayRange | null {
  const start = /^\d{4}-\d\d-\d\d$/.test(first) ? Date.parse(`${first}T00:00:00Z`) : Number.NaN;
  // `2023-02-30` is parsed as a day in March.
  if (Number.isNaN(start) || first < ALL_DAYS.from || dayOf(new Date(start)) !== first) return null;
  const last = dayOf(new Date(start + (count - 1) * DAY_MS));
  return { from: first, to: last.length === first.length ? last : ALL_DAYS.to };
}

function monthRange(month: string): DayRange | null {
  const [, year, number] = /^(\d{4})-(\d\d)$/.exec(month) ?? [];
  if (year === undefined) return null;
  return daysOf(`${month}-01`, new Date(Date.UTC(Number(year), Number(number), 0)).getUTCDate());
}

/** Week 1 is the one with 4 January in it (ISO 8601). */
function weekRange(week: string): DayRange | null {
  const [, year, number] = /^(\d{4})-W(\d\d)$/.exec(week) ?? [];
  if (year === undefined || number === '00') return null;
  const monday = mondayOf(Date.parse(`${year}-01-04T00:00:00Z`)) + (Number(number) - 1) * 7 * DAY_MS;
  // A year has a week 53 where the Thursday of that week is still its own.
  if (dayOf(new Date(monday + 3 * DAY_MS)).slice(0, 4) !== year) return null;
  return daysOf(dayOf(new Date(monday)), 7);
}

function mondayOf(time: number): number {
  return time - ((new Date(time).getUTCDay() + 6) % 7) * DAY_MS;
}

function dayOf(time: Date): string {
  return time.toISOString().split('T')[0]!;
}

function refuse(field: string, value: string, expected: string): never {
  throw invalid(field, `${expected}, not “${value.slice(0, 40)}”`);
}

function invalid(field: string, expected: string): AppError {
  return new AppError('invalid_input', `${field}: expected ${expected}.`, { details: { field } });
}

function isSourceName(text: string): text is SourceName {
  return (sourceNames as readonly string[]).includes(text);
}
