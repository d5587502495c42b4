import { parsePartialDate } from '../dates.js';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

export interface BibtexDate {
  /** biblatex: ISO 8601-2, also a range (`2020-05/2020-07`) or uncertain (`2020~`); '' where absent, as the others. */
  date: string;
  year: string;
  /** A name or a number, with a day (`10 jan`, `Jan. 10`) or a range (`May--June`). */
  month: string;
  day: string;
}

/**
 * The partial date of the fields; of a range its beginning. What isn't a year is given back for the reader to
 * complain of; undefined where there is nothing.
 */
export function readBibtexDate({ date, year, month, day }: BibtexDate): string | undefined {
  if (date !== '') {
    const begin = date.split('/', 1)[0]!.replace(/[~?%]+$|-XX.*$/g, '');
    const read = parsePartialDate(begin) ?? parsePartialDate(date);
    if (read !== null || year === '') return read ?? date;
  }
  if (year === '') return undefined;
  const full = parsePartialDate(year);
  if (full !== null && full.length > 4) return full;
  const plain = /(?<!\d)(?:1[4-9]|20)\d\d(?!\d)/.exec(year)?.[0];
  if (plain === undefined) return year;
  const number = monthOf(month);
  if (number === 0) return plain;
  const dayText = /(?<!\d)\d{1,2}(?!\d)/.exec(day)?.[0] ?? dayIn(month);
  return parsePartialDate(`${plain}-${number}${dayText === '' ? '' : `-${dayText}`}`) ?? plain;
}

/** 1 to 12; 0 for a season or anything else that isn't a month. */
function monthOf(text: string): number {
  const name = /[a-z]{3,}/i.exec(text)?.[0].slice(0, 3).toLowerCase();
  if (name !== undefined) return months.indexOf(name) + 1;
  const number = Number(/\d+/.exec(text)?.[0] ?? 0);
  return number <= 12 ? number : 0;
}

/** Of `10 jan` and `January 10`; of a month's number there is none. */
function dayIn(month: string): string {
  return /[a-z]/i.test(month) ? (/(?<!\d)\d{1,2}(?!\d)/.exec(month)?.[0] ?? '') : '';
}
