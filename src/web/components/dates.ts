const formats = {
  long: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  month: { month: 'long', year: 'numeric' },
  short: { day: 'numeric', month: 'short' },
} as const;

const formatters = Object.fromEntries(
  Object.entries(formats).map(([name, options]) => [
    name,
    new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options }),
  ]),
);

/** A day YYYY-MM-DD as people read it: “Friday 20 November 2026”, “November 2026”, “20 Nov”. */
export function dayName(day: string, format: keyof typeof formats): string {
  return formatters[format]!.format(new Date(`${day}T00:00:00Z`));
}

/** To the minute: “2026-11-20 06:00 UTC”. */
export const minuteText = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const DAY_MS = 86_400_000;

/** Days from one to another, both of them; of a span from outside the caller bounds the length. */
export function daysOf({ from, to }: { from: string; to: string }): string[] {
  const start = Date.parse(`${from}T00:00:00Z`);
  const length = Math.round((Date.parse(`${to}T00:00:00Z`) - start) / DAY_MS) + 1;
  return Array.from({ length }, (_, at) => new Date(start + at * DAY_MS).toISOString().slice(0, 10));
}

/** Saturday and Sunday, on which arXiv announces nothing. */
export const isWeekend = (day: string): boolean => [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());
