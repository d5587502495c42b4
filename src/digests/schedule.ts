import { Temporal } from 'temporal-polyfill';

/** When digests are due: on some days of the week at an hour, as the clocks there show it. */
export interface Timetable {
  /** 1 (Monday) to 7; at least one. */
  days: readonly number[];
  /** 0 to 23. */
  hour: number;
  /** IANA. */
  timeZone: string;
}

/** A digest of one local day. */
export interface Due {
  /** YYYY-MM-DD in the time zone. */
  localDate: string;
  at: Date;
}

/** Days looked back for the one that is due: a week has every day of the week. */
const WEEK = 7;

export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return /^[A-Za-z]/.test(timeZone);
  } catch {
    return false;
  }
}

/** The day that it is there, YYYY-MM-DD. */
export const localDate = (now: Date, timeZone: string): string => dayIn(now, timeZone).toString();

/**
 * The instant of an hour of a day. Where clocks are put forward over it, it is as long after the change as it was to be; where
 * they are put back, its first occurrence (RFC 5545, 3.3.5, as Temporal's `compatible`). Days that a zone leaves out (Apia,
 * 30 December 2011) have none.
 */
export function dueAt(day: string, { hour, timeZone }: Timetable): Date | null {
  const date = Temporal.PlainDate.from(day);
  const zoned = date.toZonedDateTime({ timeZone, plainTime: { hour } });
  // A change over midnight may put a late hour's instant on the next day: it is still this day's digest.
  const isLeftOut =
    zoned.toPlainDate().since(date).days >= 1 &&
    date.toZonedDateTime(timeZone).toPlainDate().toString() !== day;
  return isLeftOut ? null : new Date(zoned.epochMilliseconds);
}

/**
 * The digest that is due: of the last day whose hour has come, unless that day had one. So each local day has one at most, and
 * after days of silence there is one, not one for each. `last`: the local day of the last digest; `since`: nothing is due
 * from before (when it was confirmed, or when a pause ended).
 */
export function dueNow(
  timetable: Timetable,
  { now, last, since }: { now: Date; last: string | null; since: Date },
): Due | null {
  const today = dayIn(now, timetable.timeZone);
  for (let back = 0; back < WEEK; back++) {
    const day = today.subtract({ days: back });
    if (!timetable.days.includes(day.dayOfWeek)) continue;
    const localDay = day.toString();
    if (last !== null && localDay <= last) return null;
    const at = dueAt(localDay, timetable);
    if (at === null || at > now) continue;
    return at < since ? null : { localDate: localDay, at };
  }
  return null;
}

/** The next digest after `now`. */
export function dueNext(timetable: Timetable, { now, last }: { now: Date; last: string | null }): Due {
  const today = dayIn(now, timetable.timeZone);
  for (let ahead = 0; ; ahead++) {
    const day = today.add({ days: ahead });
    if (!timetable.days.includes(day.dayOfWeek)) continue;
    const localDay = day.toString();
    const at = dueAt(localDay, timetable);
    if (at !== null && at > now && (last === null || localDay > last)) return { localDate: localDay, at };
  }
}

/**
 * The digest that a subscriber gets next: the one that is due and not made yet, whose hour is past, or the first one after now and
 * not before `since`, which a pause puts off. All as of `dueNow`.
 */
export function comesNext(
  timetable: Timetable,
  { now, last, since }: { now: Date; last: string | null; since: Date },
): Due {
  // One that is due in the very moment in which a pause ends is sent.
  const after = since > now ? new Date(since.getTime() - 1) : now;
  return dueNow(timetable, { now, last, since }) ?? dueNext(timetable, { now: after, last });
}

/** Nothing of a subscription is due from before. */
export function dueSince({
  confirmedAt,
  createdAt,
  pausedUntil,
}: {
  confirmedAt: Date | null;
  createdAt: Date;
  pausedUntil: Date | null;
}): Date {
  const begun = confirmedAt ?? createdAt;
  return pausedUntil !== null && pausedUntil > begun ? pausedUntil : begun;
}

function dayIn(now: Date, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone).toPlainDate();
}
