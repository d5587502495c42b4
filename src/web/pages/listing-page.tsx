import type { PeriodName } from '../../papers/period.js';
import type { LatestIntake, ListingResult, TrendingResult } from '../../search/listings.js';
import { PaperList } from '../components/paper-list.js';
import { FeedLink, Page } from '../layout.js';
import { type ListingSort, listingPath, type PageFeed } from '../links.js';

/** The papers of a day, a week or a month. */
export function ListingPage({ listing, isLatest }: { listing: ListingResult; isLatest: boolean }) {
  const { period, date, sort, count, previous, next, items, nextCursor, intake } = listing;
  const name = periodName(listing);
  const feed: PageFeed = { title: `Papers of the latest ${period}`, name: 'listings', params: { period } };
  return (
    <Page
      title={`Papers of ${name} · Quire`}
      description={`${count} papers of ${name}`}
      canonical={listingPath({ date })}
      feed={feed}
    >
      <h1>{name}</h1>
      <Kinds period={period} day={listing.to} />
      <nav class="turn" aria-label="Dates">
        <TurnLink period={period} date={previous} rel="prev" sort={sort} />
        <TurnLink period={period} date={next} rel="next" sort={sort} />
      </nav>
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
      </div>
      <Freshness intake={intake} isEmpty={count === 0} isLatest={isLatest} />
      <PaperList items={items} />
      {nextCursor && (
        <a class="next" rel="next" href={listingPath({ date, sort, cursor: nextCursor })}>
          More papers
        </a>
      )}
    </Page>
  );
}

const trendingFeed: PageFeed = { title: 'Trending papers', name: 'trending' };

/** The papers that are talked about now. */
export function TrendingPage({ items, nextCursor, intake }: TrendingResult) {
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
      <Freshness intake={intake} isEmpty={items.length === 0} isLatest />
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
  const label = rel === 'prev' ? 'Before' : 'After';
  if (date === null) return <span class="quiet">{rel === 'prev' ? 'Nothing before' : 'Nothing after'}</span>;
  return (
    <a rel={rel} href={listingPath({ date, sort })}>
      {label}: {shortName(period, date)}
    </a>
  );
}

/** Whether the list is short because it was a quiet time, or because nobody has looked. */
function Freshness({
  intake,
  isEmpty,
  isLatest,
}: {
  intake: LatestIntake | null;
  isEmpty: boolean;
  isLatest: boolean;
}) {
  if (intake === null)
    return (
      <p class="notice">
        Nothing was taken in yet. <code>quire sources add arxiv cs.CL</code> has papers pulled from now on.
      </p>
    );
  const { startedAt, finishedAt, added } = intake;
  const time = finishedAt ?? startedAt;
  const when = (
    <time dateTime={time.toISOString()} title={time.toISOString()}>
      {time.toISOString().slice(0, 16).replace('T', ' ')} UTC
    </time>
  );
  return (
    <p class={isEmpty ? 'notice' : 'facts'} role={isEmpty ? 'status' : undefined}>
      {isEmpty && (isLatest ? 'No papers here yet. ' : 'No papers of this time. ')}
      Last taken in {when}
      {finishedAt === null ? ', not finished' : `: ${added.toLocaleString('en')} new`} (
      <a href="/sources">sources</a>)
    </p>
  );
}

const long = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const monthOf = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', month: 'long', year: 'numeric' });
const dayOf = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });

/** “Friday, 20 November 2026”, “Week 47, 16 Nov to 22 Nov 2026”, “November 2026”. */
function periodName({
  period,
  date,
  from,
  to,
}: Pick<ListingResult, 'period' | 'date' | 'from' | 'to'>): string {
  if (period === 'day') return long.format(new Date(date));
  if (period === 'month') return monthOf.format(new Date(from));
  return `Week ${Number(date.slice(6))}, ${dayOf.format(new Date(from))} to ${dayOf.format(new Date(to))} ${to.slice(0, 4)}`;
}

function shortName(period: PeriodName, date: string): string {
  if (period === 'day') return dayOf.format(new Date(date));
  return period === 'month'
    ? monthOf.format(new Date(`${date}-01`))
    : `week ${Number(date.slice(6))} of ${date.slice(0, 4)}`;
}
