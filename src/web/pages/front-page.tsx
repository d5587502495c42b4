import type { Paper } from '../../papers/paper.js';
import type { Readiness } from '../../search/readiness.js';
import { PaperList } from '../components/paper-list.js';
import { FeedLink, Page } from '../layout.js';
import { type PageFeed, searchPath } from '../links.js';

export const examples = [
  'infinite width limits of neural networks',
  'searching for neural architectures',
  'language models that call tools',
];

const description = 'Search research papers by meaning.';

const newestFeed: PageFeed = { title: 'All papers, the newest first', name: 'search' };

/** The front page: the newest papers, and three searches that work. */
export function FrontPage({ newest, readiness }: { newest: Paper[]; readiness: Readiness }) {
  return (
    <Page title="Quire: research papers by meaning" description={description} canonical="/" feed={newestFeed}>
      <p class="facts">Say what a paper is about, in your own words; it is found by its meaning.</p>
      <ul class="examples" aria-label="Searches to try">
        {examples.map((query) => (
          <li key={query}>
            <a href={searchPath({ q: query })}>{query}</a>
          </li>
        ))}
      </ul>
      <p class="bar">
        <span>
          <span class="num">{readiness.papers}</span> papers, newest first
        </span>
        <nav aria-label="Of this service">
          <a href="/listings">By day</a>
          <a href="/trending">Trending</a>
          <FeedLink feed={newestFeed} />
          <a href="/health">Health</a>
        </nav>
        {!readiness.ready && <span>{readiness.reasons.join('; ')}</span>}
      </p>
      {newest.length === 0 && (
        <p class="notice">
          No papers yet. <code>npx quire ingest FILE</code> takes a listing in.
        </p>
      )}
      <PaperList items={newest.map((paper) => ({ paper }))} />
    </Page>
  );
}
