import type { PartialDate } from '../../papers/paper.js';

/** A date as a listing shows it; `year` is left out there for the current year. */
export interface ListingDate {
  year?: number;
  /** 1 to 12. */
  month: number;
  /** Absent in `October 2026`. */
  day?: number;
}

const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

const month =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const year = '((?:1[89]|20)\\d{2})';
const monthFirst = new RegExp(
  `^${month}\\.? ?(\\d{1,2})(?:st|nd|rd|th)?(?:,? ${year}|, ?${year})?(?![\\d.])`,
  'i',
);
const dayFirst = new RegExp(`^(\\d{1,2})(?:st|nd|rd|th)? ${month}\\.?,? ${year}(?!\\d)`, 'i');
const monthAndYear = new RegExp(`^${month}\\.?,? ${year}(?!\\d)`, 'i');
const isoDay = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)/;

/** The date at the beginning of a line and what stands behind it; null where there is none. */
export function readListingDate(line: string): { date: ListingDate; rest: string } | null {
  const text = line.slice(0, 60);
  const first = monthFirst.exec(text);
  if (first) {
    const written = first[3] ?? first[4];
    return checked(line, first[0], monthNumber(first[1]!), { day: first[2], year: written });
  }
  const second = dayFirst.exec(text);
  if (second) return checked(line, second[0], monthNumber(second[2]!), { day: second[1], year: second[3] });
  const third = monthAndYear.exec(text);
  if (third) return checked(line, third[0], monthNumber(third[1]!), { year: third[2] });
  const iso = isoDay.exec(text);
  if (iso) return checked(line, iso[0], Number(iso[2]), { day: iso[3], year: iso[1] });
  return null;
}

function checked(
  line: string,
  matched: string,
  monthOfYear: number,
  parts: { day?: string | undefined; year?: string | undefined },
): { date: ListingDate; rest: string } | null {
  const date: ListingDate = { month: monthOfYear };
  if (parts.year !== undefined) date.year = Number(parts.year);
  if (parts.day !== undefined) date.day = Number(parts.day);
  // 2024 is a leap year: a day without a year may be 29 February.
  if (!isCalendarDay(date.year ?? 2024, date.month, date.day ?? 1)) return null;
  return { date, rest: line.slice(matched.length).trim() };
}

function monthNumber(name: string): number {
  const prefix = name.slice(0, 3).toLowerCase();
  return monthNames.findIndex((full) => full.startsWith(prefix)) + 1;
}

export function isCalendarDay(y: number, m: number, d: number): boolean {
  if (m < 1 || m > 12 || d < 1) return false;
  const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  return d <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1]!;
}

/**
 * A date without a year is the latest such day that is not after `asOf` (YYYY-MM-DD), the day at which the
 * listing was saved: a listing shows no days to come.
 */
export function resolveListingDate(date: ListingDate, asOf: string): PartialDate {
  if (date.year !== undefined) return format(date.year, date.month, date.day);
  const day = date.day ?? 1;
  let candidate = Number(asOf.slice(0, 4));
  // Eight years: the longest wait for a 29 February (around 1900 and 2100).
  for (let tries = 0; tries <= 8; tries += 1, candidate -= 1) {
    const resolved = format(candidate, date.month, day);
    if (isCalendarDay(candidate, date.month, day) && resolved <= asOf) break;
  }
  return format(candidate, date.month, date.day);
}

function format(y: number, m: number, d: number | undefined): PartialDate {
  const head = `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}`;
  return d === undefined ? head : `${head}-${String(d).padStart(2, '0')}`;
}

/**
 * YYYY, YYYY-MM, YYYY-MM-DD, an ISO 8601 timestamp, or a day with the month's name, cut to what it says.
 * A timestamp gives the day as written: moving it to another zone would change what the source said.
 */
export function parsePartialDate(value: string | number): PartialDate | null {
  const text = String(value).trim();
  const iso =
    /^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2})(?:[T ]\d{2}:\d{2}[\d:.,]*(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?)?)?$/i.exec(
      text.slice(0, 60),
    );
  if (iso) {
    const [, y, m, d] = iso;
    // No paper is older than printing; a smaller year is another calendar or a mistake.
    if (Number(y) < 1450 || !isCalendarDay(Number(y), Number(m ?? 1), Number(d ?? 1))) return null;
    return m === undefined ? y! : format(Number(y), Number(m), d === undefined ? undefined : Number(d));
  }
  const named = readListingDate(text.replace(/^[a-z]{3,9}, /i, ''));
  if (!named || named.date.year === undefined || /[^\d:., +\-A-Z]/.test(named.rest)) return null;
  return format(named.date.year, named.date.month, named.date.day);
}
