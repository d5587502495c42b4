import type { SourcesFreshness } from '../../ingest/sources/sources.js';
import type { Period, PeriodName } from '../../papers/period.js';
import type { LatestIntake, ListingCalendar, ListingResult, TrendingResult } from '../../search/listings.js';
import { Calendar } from '../components/calendar.js';
import { dayName, isWeekend } from '../components/dates.js';
import { Freshness } from '../components/freshness.js';
import { HowToTakeIn } from '../components/how-to-take-in.js';
import { PaperList } from '../components/paper-list.js';
import { FeedLink, Page } from '../layout.js';
import { type ListingSort, listingPath, type PageFeed } from '../links.js';

export interface ListingPageProps {
  listing: ListingResult;
  calendar: ListingCalendar;
  sources: SourcesFreshness;
}

/** The papers of a day, a week or a month. */
export function ListingPage({ listing, calendar, sources }: ListingPageProps) {
  const { period, date, sort, count, items, nextCursor, intake } = listing;
  const name = periodName(listing);
  const feed: PageFeed = { title: `Papers of the latest ${period}`, name: 'listings', params: { period } };
  const { today } = calendar;
  return (
    <Page
      title={`Papers of ${name} · Quire`}
      description={`${count} papers of ${name}`}
      canonical={listingPath({ date })}
      feed={feed}
      wide
    >
      <div class="listing">
        <h1>{name}</h1>
        <Kinds period={period} day={listing.from <= today && today <= listing.to ? today : listing.to} />
        <Turn listing={listing} />
        <div class="listed">
          <div class="bar">
            <span>
              <span role="status">
                <span class="num">{count.toLocaleString('en')}</span> {count === 1 ? 'paper' : 'papers'}
              </span>
              {' · '}
              <FeedLink feed={feed} />
              {' · '}
              <a href="/subscribe?kind=daily">By mail</a>
            </span>
            {count > 1 && <Orders date={date} sort={sort} />}
          </div>
          <Freshness intake={intake} sources={sources} />
          {count === 0 && <Empty listing={listing} today={today} />}
          <PaperList items={items} />
          {nextCursor && (
            <a class="next" rel="next" href={listingPath({ date, sort, cursor: nextCursor })}>
              More papers
            </a>
          )}
        </div>
        <aside class="dates" id="calendar" aria-label="Calendar">
          <Calendar calendar={calendar} shown={listing} sort={sort} />
          <Jump listing={listing} />
        </aside>
      </div>
    </Page>
  );
}

function Orders({ date, sort }: { date: string; sort: ListingSort }) {
  return (
    <nav aria-label="Order">
      {sorts.map(({ value, label }) => (
        <a
          key={value}
          href={listingPath({ date, sort: value })}
          aria-current={value === sort ? 'true' : undefined}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}

/** To the nearest ones that have papers. */
function Turn({ listing: { period, previous, next, sort } }: { listing: ListingResult }) {
  return (
    <nav class="turn" aria-label="Dates">
      <TurnLink period={period} date={previous} rel="prev" sort={sort} />
      <a class="to-calendar" href="#calendar">
        Calendar
      </a>
      <TurnLink period={period} date={next} rel="next" sort={sort} />
    </nav>
  );
}

/** To any date; a plain form. */
function Jump({ listing: { period, from, sort } }: { listing: ListingResult }) {
  return (
    <form class="jump" action="/listings" method="get">
      <input type="hidden" name="period" value={period} />
      {sort !== 'upvoted' && <input type="hidden" name="sort" value={sort} />}
      <label htmlFor="around">Go to a date</label>
      <input type="date" id="around" name="around" min="1900-01-01" max="9999-12-31" value={from} required />
      <button type="submit" class="plain">
        Go
      </button>
    </form>
  );
}

function Empty({ listing, today }: { listing: ListingResult; today: string }) {
  const reason = emptyReason(listing, { today, intake: listing.intake });
  return (
    <p class="notice">
      No papers of {periodName(listing)}. {reason}
      {listing.intake === null && <HowToTakeIn />}
    </p>
  );
}

const trendingFeed: PageFeed = { title: 'Trending papers', name: 'trending' };

/** The papers that are talked about now. */
export function TrendingPage({
  listing: { items, nextCursor, intake },
  sources,
}: {
  listing: TrendingResult;
  sources: SourcesFreshness;
}) {
  return (
    <Page
      title="Trending papers · Quire"
      description="Papers that are talked about now."
      canonical="/trending"
      feed={trendingFeed}
    >
      <h1>Trending</h1>
      <Kinds period={null} day={null} />
      <p class="bar">
        <span>
          Upvotes, comments, citations and stars that rose, the latest most · <FeedLink feed={trendingFeed} />
        </span>
      </p>
      <Freshness intake={intake} sources={sources} />
      {items.length === 0 && (
        <p class="notice">
          Nothing is known to have risen yet: counts come with papers of Hugging Face, Semantic Scholar and
          papers pages, and a second look says what has risen. <a href="/sources">Sources</a> tells where
          papers come from.
        </p>
      )}
      <PaperList
        items={items.map(({ paper, heat }) => ({ paper, score: heat ?? undefined }))}
        scoreTitle="Heat: what has risen, half after four days"
      />
      {nextCursor && (
        <a class="next" rel="next" href={`/trending?${new URLSearchParams({ cursor: nextCursor })}`}>
          More papers
        </a>
      )}
    </Page>
  );
}

const sorts: readonly { value: ListingSort; label: string }[] = [
  { value: 'upvoted', label: 'most upvoted' },
  { value: 'newest', label: 'newest' },
  { value: 'trending', label: 'trending' },
];

/** The same time by day, week and month; `day` is one of it. */
function Kinds({ period, day }: { period: PeriodName | null; day: string | null }) {
  const links = [
    { name: 'Day', period: 'day' },
    { name: 'Week', period: 'week' },
    { name: 'Month', period: 'month' },
  ] as const;
  return (
    <nav class="kinds" aria-label="Listings">
      {links.map((link) => (
        <a
          key={link.period}
          href={listingPath({ period: link.period, around: day ?? undefined })}
          aria-current={link.period === period ? 'page' : undefined}
        >
          {link.name}
        </a>
      ))}
      <a href="/trending" aria-current={period === null ? 'page' : undefined}>
        Trending
      </a>
    </nav>
  );
}

function TurnLink({
  period,
  date,
  rel,
  sort,
}: {
  period: PeriodName;
  date: string | null;
  rel: 'prev' | 'next';
  sort: ListingSort;
}) {
  const isBack = rel === 'prev';
  if (date === null) return <span class="none">{isBack ? 'Nothing before' : 'Nothing after'}</span>;
  return (
    <a rel={rel} href={listingPath({ date, sort })}>
      {isBack && '← '}
      {shortName(period, date)}
      {!isBack && ' →'}
    </a>
  );
}

/** Why there is nothing, as far as it is known. */
function emptyReason(
  { from, to }: Pick<Period, 'from' | 'to'>,
  { today, intake }: { today: string; intake: LatestIntake | null },
) {
  if (intake === null) return null;
  if (from > today) return 'This time has not come yet.';
  const looked = (intake.finishedAt ?? intake.startedAt).toISOString().slice(0, 10);
  if (looked < from)
    return `Nobody has looked for papers since ${dayName(looked, 'long')}: what came out after is not here.`;
  if (from === to && isWeekend(from)) return 'Nothing is announced at weekends.';
  return looked <= to
    ? 'Papers of this time may still come in.'
    : 'Papers were taken in since, and none of this time: a holiday, or a time that was passed over.';
}

/** “Friday 20 November 2026”, “Week 47, 16 Nov to 22 Nov 2026”, “November 2026”. */
export function periodName({ period, date, from, to }: Period): string {
  if (period === 'day') return dayName(date, 'long');
  if (period === 'month') return dayName(from, 'month');
  return `Week ${Number(date.slice(6))}, ${dayName(from, 'short')} to ${dayName(to, 'short')} ${to.slice(0, 4)}`;
}

function shortName(period: PeriodName, date: string): string {
  if (period === 'day') return dayName(date, 'short');
  return period === 'month'
    ? dayName(`${date}-01`, 'month')
    : `week ${Number(date.slice(6))} of ${date.slice(0, 4)}`;
}
