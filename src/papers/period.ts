import { AppError } from '../platform/errors.js';
import type { Paper } from './paper.js';

export const periodNames = ['day', 'week', 'month'] as const;
export type PeriodName = (typeof periodNames)[number];

/** A stretch of the calendar by which papers are listed. */
export interface Period {
  period: PeriodName;
  /** `2026-11-20`, `2026-W47` (ISO 8601, from Monday) or `2026-11`. */
  date: string;
  /** First and last day, YYYY-MM-DD. */
  from: string;
  to: string;
}

const DAY_MS = 86_400_000;
const LAST_DAY = '9999-12-31';

/** Characters of what can't be read that a message repeats. */
const MAX_QUOTED = 40;

/** How each is written, for messages. */
const periodForms: Readonly<Record<PeriodName, string>> = {
  day: 'a day such as 2026-11-20',
  week: 'a week such as 2026-W47',
  month: 'a month such as 2026-11',
};

/** The period that is written so; null where the calendar has none (`2026-02-30`, `2026-W54`). Years from 1000 to 9999. */
export function readPeriod(period: PeriodName, date: string): Period | null {
  const day = firstDay(period, date);
  if (day === null) return null;
  const found = periodOf(period, day);
  return found.date === date ? found : null;
}

/**
 * The same, where `field` of a request names it.
 * @throws AppError invalid_input that names the field
 */
export function requirePeriod(period: PeriodName, date: string, field: string): Period {
  return (
    readPeriod(period, date) ?? refuse(field, `${periodForms[period]}, not “${date.slice(0, MAX_QUOTED)}”`)
  );
}

/**
 * The period of a request that has a field for each kind; null where none is given.
 * @throws AppError invalid_input that names the field
 */
export function onePeriod({
  date,
  week,
  month,
}: {
  date?: string | undefined;
  week?: string | undefined;
  month?: string | undefined;
}): Period | null {
  if ([date, week, month].filter((one) => one !== undefined).length > 1)
    refuse('date', 'one of date, week and month, not several');
  if (date !== undefined) return requirePeriod('day', date, 'date');
  if (week !== undefined) return requirePeriod('week', week, 'week');
  if (month !== undefined) return requirePeriod('month', month, 'month');
  return null;
}

/**
 * The day that a paper belongs to: its own. Where a month or a year alone is known, the UTC day on which it came in if that lies within, else the
 * first day of it; where nothing is known, the day on which it came in. In SQL: `paper_day`.
 */
export function listedDay({ date, createdAt }: Pick<Paper, 'date' | 'createdAt'>): string {
  const cameIn = dayOf(createdAt.getTime());
  if (date === null || cameIn.startsWith(date)) return cameIn;
  return isFullDay(date) ? date : `${date}-01-01`.slice(0, LAST_DAY.length);
}

/** Of a paper's date: whether it is more than a year or a month. */
export function isFullDay(date: string | null): date is string {
  return date?.length === LAST_DAY.length;
}

/** What a date is the form of; a day where it is of none. */
export function periodNameOf(date: string): PeriodName {
  if (date.includes('W')) return 'week';
  return date.length === 7 ? 'month' : 'day';
}

/** The period that a day belongs to. */
export function periodOf(period: PeriodName, day: string): Period {
  if (period === 'day') return { period, date: day, from: day, to: day };
  const at = timeOf(day);
  if (period === 'month') {
    const month = day.slice(0, 7);
    const [year, number] = month.split('-').map(Number) as [number, number];
    return { period, date: month, from: `${month}-01`, to: dayOf(Date.UTC(year, number, 0)) };
  }
  const monday = at - ((new Date(at).getUTCDay() + 6) % 7) * DAY_MS;
  // A week belongs to the year that has its Thursday.
  const thursday = dayOf(monday + 3 * DAY_MS);
  const year = thursday.slice(0, 4);
  const week = Math.floor((timeOf(thursday) - timeOf(`${year}-01-01`)) / (7 * DAY_MS)) + 1;
  const date = `${year}-W${String(week).padStart(2, '0')}`;
  return { period, date, from: dayOf(monday), to: dayOf(monday + 6 * DAY_MS) };
}

/** A day of the period, which has to be checked: `2026-W60` gives one of the next year. */
function firstDay(period: PeriodName, date: string): string | null {
  if (period === 'day') return isDay(date) ? date : null;
  if (period === 'month') return isDay(`${date}-01`) ? `${date}-01` : null;
  const [, year, week] = /^([1-9]\d{3})-W(\d\d)$/.exec(date) ?? [];
  if (year === undefined) return null;
  // 4 January is always in the first week.
  return dayOf(timeOf(`${year}-01-04`) + (Number(week) - 1) * 7 * DAY_MS);
}

function isDay(text: string): boolean {
  if (!/^[1-9]\d{3}-\d\d-\d\d$/.test(text)) return false;
  const at = timeOf(text);
  return !Number.isNaN(at) && dayOf(at) === text;
}

const timeOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** The week of the last day of 9999 ends with it. */
function dayOf(time: number): string {
  return time > timeOf(LAST_DAY) ? LAST_DAY : new Date(time).toISOString().slice(0, 10);
}

function refuse(field: string, expected: string): never {
  throw new AppError('invalid_input', `${field}: expected ${expected}.`, { details: { field } });
}
