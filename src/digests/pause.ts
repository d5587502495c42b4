import { invalid } from '../search/request.js';
import { dueAt, localDate } from './schedule.js';
import type { Subscription } from './subscription.js';

/** A pause is a sabbatical at most; longer is better unsubscribed. */
const MAX_PAUSE_DAYS = 366;

const DAY_MS = 86_400_000;

/**
 * When a pause ends that is asked for: as this day (YYYY-MM-DD) begins in the time zone; now where `day` is null, which ends the pause
 * there is: not none, as what was due before isn't due any more. null: there is none to end.
 * @throws AppError invalid_input that names `pausedUntil`
 */
export function pauseOf(
  day: string | null,
  { hour: _, pausedUntil, ...timetable }: Pick<Subscription, 'days' | 'hour' | 'timeZone' | 'pausedUntil'>,
  now: Date,
): Date | null {
  if (day === null) return pausedUntil !== null && pausedUntil > now ? now : null;
  const parsed = new Date(`${day}T00:00:00Z`);
  // Not 30 February, which some readers take for a day in March.
  const isDay = !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 10) === day;
  const end = isDay ? dueAt(day, { ...timetable, hour: 0 }) : null;
  if (end === null || end <= now || end.getTime() > now.getTime() + MAX_PAUSE_DAYS * DAY_MS)
    throw invalid('pausedUntil', `a day such as 2026-09-01 within the next ${MAX_PAUSE_DAYS} days`);
  return end;
}

/** The first and the last day (YYYY-MM-DD there) until which may be paused now. */
export function pauseBounds({ timeZone }: Pick<Subscription, 'timeZone'>, now: Date) {
  const today = Date.parse(localDate(now, timeZone));
  return {
    first: new Date(today + DAY_MS).toISOString().slice(0, 10),
    last: localDate(new Date(now.getTime() + MAX_PAUSE_DAYS * DAY_MS), timeZone),
  };
}
