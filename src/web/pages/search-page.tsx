import type { Paper } from '../../papers/paper.js';
import type { AppError } from '../../platform/errors.js';
import type { Readiness } from '../../search/readiness.js';
import type { SearchMode, SearchResult } from '../../search/search.js';
import { PaperItem } from '../components/paper-item.js';
import { Page } from '../layout.js';
import { searchPath } from '../links.js';

export const examples = [
  'infinite width limits of neural networks',
  'searching for neural architectures',
  'language models that call tools',
];

const scoreTitles: Record<SearchMode, string> = {
  semantic: 'Cosine similarity of query and paper, -1 to 1',
  keyword: 'Full-text rank, 0 and up',
};

const description = 'Search research papers by meaning.';

/** The front page: the newest papers, and three searches that work. */
export function FrontPage({ newest, readiness }: { newest: Paper[]; readiness: Readiness }) {
  return (
    <Page title="Quire: research papers by meaning" description={description} canonical="/">
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

export interface SearchPageProps {
  query: string;
  mode: SearchMode;
  result: SearchResult;
}

export function SearchPage({ query, mode, result }: SearchPageProps) {
  return (
    <Page title={`${query} · Quire`} description={`Papers about ${query}`} query={query}>
      <p class="bar">
        <span>
          <ModeLink query={query} mode="semantic" now={mode} label="by meaning" />
          {' · '}
          <ModeLink query={query} mode="keyword" now={mode} label="by words" />
        </span>
      </p>
      {result.notice && (
        <p class="notice" role="status">
          {result.notice}
        </p>
      )}
      {result.items.length === 0 && <NothingFound query={query} mode={result.mode} />}
      <PaperList items={result.items} scoreTitle={scoreTitles[result.mode]} />
      {result.nextCursor && (
        <a class="next" rel="next" href={searchPath({ q: query, mode, cursor: result.nextCursor })}>
          More results
        </a>
      )}
    </Page>
  );
}

function ModeLink({
  query,
  mode,
  now,
  label,
}: {
  query: string;
  mode: SearchMode;
  now: SearchMode;
  label: string;
}) {
  return (
    <a href={searchPath({ q: query, mode })} aria-current={mode === now ? 'true' : undefined}>
      {label}
    </a>
  );
}

function NothingFound({ query, mode }: { query: string; mode: SearchMode }) {
  if (mode === 'keyword') {
    return (
      <p class="notice">
        No paper has all the words of “{query}”.{' '}
        <a href={searchPath({ q: query, mode: 'semantic' })}>Search by meaning</a> finds papers that say it
        otherwise.
      </p>
    );
  }
  return <p class="notice">There are no papers to search yet.</p>;
}

function PaperList({
  items,
  scoreTitle,
}: {
  items: { paper: Paper; score?: number }[];
  scoreTitle?: string;
}) {
  return (
    <ol class="results">
      {items.map(({ paper, score }) => (
        <li key={paper.id}>
          <PaperItem
            paper={paper}
            {...(score === undefined ? {} : { score })}
            {...(scoreTitle ? { scoreTitle } : {})}
          />
        </li>
      ))}
    </ol>
  );
}

export function ErrorPage({ error, query }: { error: AppError; query?: string | undefined }) {
  return (
    <Page title="Quire: that did not work" description={description} query={query}>
      <p class="error" role="alert">
        {error.kind === 'fatal' ? 'Something went wrong here. The log says more.' : error.message}
      </p>
    </Page>
  );
}
