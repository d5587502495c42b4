import { periodOf } from '../../papers/period.js';
import type { ListingCalendar } from '../../search/listings.js';
import { type ListingSort, listingPath } from '../links.js';
import { dayName, daysOf, isWeekend } from './dates.js';

export interface CalendarProps {
  calendar: ListingCalendar;
  /** First and last day of what is shown beside it. */
  shown: { from: string; to: string };
  sort?: ListingSort | undefined;
}

const WEEK = 7;
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** Shades of a day, by its part of the fullest one. */
const SHADES = 4;

/** A month by weeks with the papers of each day: a weekday without any is a gap, a weekend without any is none. */
export function Calendar({ calendar, shown, sort }: CalendarProps) {
  const { month, days, today } = calendar;
  const counts = new Map(days.map(({ day, count }) => [day, count]));
  const most = Math.max(1, ...counts.values());
  const all = daysOf(calendar);
  const marksGaps = isSteady(all, { counts, today });
  const ofListing = all.filter((day) => day >= shown.from && day <= shown.to);
  // A whole month needs no frame of each day.
  const framed = new Set(ofListing.length > WEEK ? [] : ofListing);
  const weeks = Array.from({ length: all.length / WEEK }, (_, at) => all.slice(at * WEEK, (at + 1) * WEEK));
  const table = (
    <table class="calendar">
      <caption>
        <div class="months">
          <MonthLink month={monthBeside(month, -1)} rel="prev" {...{ today, sort }} />
          <a href={listingPath({ date: month, sort })}>{dayName(`${month}-01`, 'month')}</a>
          <MonthLink month={monthBeside(month, 1)} rel="next" {...{ today, sort }} />
        </div>
      </caption>
      <thead>
        <tr>
          <th scope="col">
            <abbr title="Week">W</abbr>
          </th>
          {weekdays.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]}>
            <th scope="row">
              <WeekLink monday={week[0]!} sort={sort} />
            </th>
            {week.map((day) => (
              <Day
                key={day}
                {...{ day, calendar, sort, most, marksGaps }}
                count={counts.get(day) ?? 0}
                isShown={framed.has(day)}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <>
      {table}
      <p class="facts">
        Each day with its papers; – is none. Weekends are mostly empty: arXiv announces nothing then.
        {marksGaps && ' A weekday without papers has a broken line around it.'}
      </p>
    </>
  );
}

/** Of what can be asked for: the form beside it begins then too. */
const FIRST_MONTH = '1900-01';

/** YYYY-MM, so many months later. */
function monthBeside(month: string, by: number): string {
  const first = new Date(`${month}-01T00:00:00Z`);
  first.setUTCMonth(first.getUTCMonth() + by);
  return first.toISOString().slice(0, 7);
}

interface MonthLinkProps {
  month: string;
  rel: 'prev' | 'next';
  today: string;
  sort: ListingSort | undefined;
}

/** To the month before or after, with papers or without; none to a month that has not begun. */
function MonthLink({ month, rel, today, sort }: MonthLinkProps) {
  if (month < FIRST_MONTH || month > today.slice(0, 7)) return <span />;
  const name = dayName(`${month}-01`, 'month');
  return (
    <a href={listingPath({ date: month, sort })} rel={`${rel} nofollow`} title={name} aria-label={name}>
      {rel === 'prev' ? '←' : '→'}
    </a>
  );
}

/** Whether papers come in on most weekdays: only then is one without them a gap. */
function isSteady(days: string[], { counts, today }: { counts: ReadonlyMap<string, number>; today: string }) {
  const weekdays = days.filter((day) => day <= today && !isWeekend(day));
  const busy = weekdays.filter((day) => counts.has(day));
  return busy.length > weekdays.length / 2;
}

function WeekLink({ monday, sort }: { monday: string; sort: ListingSort | undefined }) {
  const { date } = periodOf('week', monday);
  const number = Number(date.slice(-2));
  return (
    <a href={listingPath({ date, sort })} aria-label={`Week ${number}`}>
      {number}
    </a>
  );
}

interface DayProps {
  day: string;
  count: number;
  most: number;
  marksGaps: boolean;
  isShown: boolean;
  calendar: ListingCalendar;
  sort: ListingSort | undefined;
}

function Day({ day, count, most, marksGaps, isShown, calendar: { month, today }, sort }: DayProps) {
  const number = Number(day.slice(8));
  const isOutside = day.slice(0, 7) !== month;
  const classes = [
    isShown ? 'shown' : '',
    isOutside ? 'outside' : '',
    day === today ? 'today' : '',
    count > 0 ? `shade-${Math.ceil((count / most) * SHADES)}` : '',
    marksGaps && count === 0 && day <= today && !isWeekend(day) ? 'gap' : '',
  ].filter(Boolean);
  const cell = classes.length === 0 ? {} : { class: classes.join(' ') };
  if (day > today && count === 0) return <td {...cell}>{number}</td>;
  const said = count === 0 ? 'no papers' : count === 1 ? '1 paper' : `${count.toLocaleString('en')} papers`;
  return (
    <td {...cell}>
      <a
        href={listingPath({ date: day, sort })}
        title={`${dayName(day, 'long')}: ${said}`}
        aria-current={isShown ? 'date' : undefined}
        rel={count === 0 ? 'nofollow' : undefined}
      >
        {number} <span class="num">{count === 0 ? '–' : short(count)}</span>
      </a>
    </td>
  );
}

/** Four characters at most: 999, 1.2k, 12k. */
const short = (count: number): string =>
  count < 1_000
    ? String(count)
    : `${count < 9_950 ? (count / 1_000).toFixed(1) : Math.round(count / 1_000)}k`;
