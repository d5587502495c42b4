import { Temporal } from 'temporal-polyfill';

const ZONE = 'America/New_York';

/** The day at arXiv and Hugging Face, YYYY-MM-DD. */
export function easternDay(now: Date): string {
  return inZone(now).toPlainDate().toString();
}

/** The last day that Hugging Face lists: from 21:30 on there it is the next one. */
export function dailyPapersDay(now: Date): string {
  return inZone(now).add({ hours: 2, minutes: 30 }).toPlainDate().toString();
}

/** Days after `from` and before `to` on which arXiv announces: its feeds skip Saturdays and Sundays. Both YYYY-MM-DD. */
export function announcementDaysBetween(from: string, to: string): number {
  let count = 0;
  let day = Temporal.PlainDate.from(from).add({ days: 1 });
  const end = Temporal.PlainDate.from(to);
  for (; Temporal.PlainDate.compare(day, end) < 0 && count < 1_000; day = day.add({ days: 1 }))
    if (!isWeekend(day.toString())) count += 1;
  return count;
}

export function isWeekend(day: string): boolean {
  return Temporal.PlainDate.from(day).dayOfWeek > 5;
}

/** YYYY-MM-DD; `days` may be negative. */
export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

function inZone(now: Date): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(ZONE);
}
