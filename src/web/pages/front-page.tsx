import type { SourcesFreshness } from '../../ingest/sources/sources.js';
import type { Paper } from '../../papers/paper.js';
import type { ListingResult } from '../../search/listings.js';
import type { Readiness } from '../../search/readiness.js';
import { Freshness } from '../components/freshness.js';
import { HowToTakeIn } from '../components/how-to-take-in.js';
import { PaperList } from '../components/paper-list.js';
import { RichText } from '../components/rich-text.js';
import { FeedLink, Page } from '../layout.js';
import { listingPath, type PageFeed, searchPath } from '../links.js';
import { periodName } from './listing-page.js';

/** Searches to try: they find something in the sample collection. */
export const examples = [
  'infinite width limits of neural networks',
  'searching for neural architectures',
  'language models that call tools',
];

const description = 'Search research papers by meaning.';

const newestFeed: PageFeed = { title: 'All papers, the newest first', name: 'search' };

export interface FrontPageProps {
  /** Of the latest day that has papers. */
  listing: ListingResult;
  /** Papers before it, the newest first, where that day has few. */
  before: Paper[];
  sources: SourcesFreshness;
  readiness: Readiness;
}

/** The front page: what can be done here, and the papers of the latest day. */
export function FrontPage({ listing, before, sources, readiness }: FrontPageProps) {
  const { items, count, date, nextCursor, intake } = listing;
  const top = items[0]?.paper ?? before[0];
  return (
    <Page title="Quire: research papers by meaning" description={description} canonical="/" feed={newestFeed}>
      {top === undefined ? <NothingYet readiness={readiness} /> : <Ways paper={top} />}
      {count > 0 && (
        <section aria-labelledby="latest">
          <h1 class="latest" id="latest">
            <a href={listingPath({ date })}>{periodName(listing)}</a>
          </h1>
          <p class="bar">
            <span>
              <span class="num">{count.toLocaleString('en')}</span> {count === 1 ? 'paper' : 'papers'} of{' '}
              <span class="num">{readiness.papers.toLocaleString('en')}</span>
              {' · '}
              <FeedLink feed={newestFeed} />
            </span>
            <span>
              <a href={listingPath({ period: 'week', around: date })}>The week</a>
              {' · '}
              <a href="/trending">Trending</a>
            </span>
          </p>
          <Freshness intake={intake} sources={sources} />
          {!readiness.ready && (
            <p class="notice" role="status">
              Not yet complete: {readiness.reasons.join('; ')}.
            </p>
          )}
          <PaperList items={items} />
          {nextCursor && (
            <a class="next" rel="next" href={listingPath({ date, cursor: nextCursor })}>
              All {count.toLocaleString('en')} of the day
            </a>
          )}
        </section>
      )}
      {before.length > 0 && (
        <section aria-labelledby="before">
          <h2 class="section" id="before">
            {count > 0 ? 'Before that' : 'Newest'}
          </h2>
          <PaperList items={before.map((paper) => ({ paper }))} />
        </section>
      )}
    </Page>
  );
}

/** What people do here, each with an example that works. */
function Ways({ paper }: { paper: Paper }) {
  const [search, , digest] = examples;
  return (
    <dl class="ways">
      <div>
        <dt>Say what a paper is about</dt>
        <dd class="lead">
          <a href={searchPath({ q: search })}>{search}</a>
        </dd>
      </div>
      <div>
        <dt>Find papers like one</dt>
        <dd class="lead">
          <a href={searchPath({ q: `like:${paper.id}` })}>
            <RichText text={paper.title} />
          </a>
        </dd>
      </div>
      <div>
        <dt>Have new ones mailed</dt>
        <dd class="lead">
          <a href={`/subscribe/preview?${new URLSearchParams({ q: digest! })}`} rel="nofollow">
            {digest}
          </a>
        </dd>
      </div>
    </dl>
  );
}

function NothingYet({ readiness }: Pick<FrontPageProps, 'readiness'>) {
  return (
    <>
      <h1>No papers yet</h1>
      <p class="notice">
        <HowToTakeIn /> Papers can be found some seconds after they came in.
      </p>
      {!readiness.ready && <p class="facts">{readiness.reasons.join('; ')}</p>}
    </>
  );
}
