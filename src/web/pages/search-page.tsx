import { Fragment } from 'preact';
import type { AppError } from '../../platform/errors.js';
import type { Order } from '../../search/lexical/ports.js';
import type { Facets } from '../../search/lexical/queries/facets.js';
import type { QueryPart } from '../../search/query/explain.js';
import { isCategoryName } from '../../search/query/operators.js';
import type { SearchMode } from '../../search/request.js';
import type { SearchResult } from '../../search/search.js';
import { PaperList } from '../components/paper-list.js';
import { FeedLink, Page } from '../layout.js';
import { type PageFeed, searchPath } from '../links.js';

const scoreTitles: Record<SearchMode, string> = {
  hybrid: 'Meaning and words, half each; mostly 0 to 1',
  semantic: 'Cosine similarity of query and paper, -1 to 1',
  keyword: 'BM25, 0 and up',
};

const description = 'Search research papers by meaning.';

export interface SearchPageProps {
  /** As typed. */
  query: string;
  mode: SearchMode;
  sort: Order;
  result: SearchResult;
  /** The query, part by part, where it is more than words. */
  reading: QueryPart[];
}

export function SearchPage({ query, mode, sort, result, reading }: SearchPageProps) {
  const { items, total, didYouMean, notice, facets, nextCursor } = result;
  const here = {
    q: query,
    mode: mode === 'hybrid' ? undefined : mode,
    sort: sort === 'relevance' ? undefined : sort,
  };
  const feed = feedOf(query, here.sort, reading);
  return (
    <Page
      title={`${query} · Quire`}
      description={`Papers about ${query}`}
      query={query}
      mode={mode}
      feed={feed}
    >
      <Reading query={query} parts={reading} here={here} />
      <div class="bar">
        <span>
          <span role="status">
            <span class="num">
              {total.isExact ? '' : 'at least '}
              {total.value.toLocaleString('en')}
            </span>{' '}
            {total.value === 1 ? 'paper' : 'papers'}
          </span>
          {' · '}
          <FeedLink feed={feed} />
          {' · '}
          <a href={`/subscribe?${new URLSearchParams({ q: query })}`}>By mail</a>
        </span>
        <nav aria-label="How to search">
          {modes.map(({ value, label, title }) => (
            <a
              key={value}
              href={searchPath({ ...here, mode: value === 'hybrid' ? undefined : value })}
              title={title}
              aria-current={value === mode ? 'true' : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
        <nav aria-label="Order">
          {sorts.map(({ value, label }) => (
            <a
              key={value}
              href={searchPath({ ...here, sort: value === 'relevance' ? undefined : value })}
              aria-current={value === sort ? 'true' : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
      </div>
      {didYouMean && (
        <p class="meant">
          Did you mean <a href={searchPath({ ...here, q: didYouMean })}>{didYouMean}</a>?
        </p>
      )}
      {notice && (
        <p class="notice" role="status">
          {notice}
        </p>
      )}
      {facets && <FacetLinks facets={facets} query={query} here={here} />}
      {items.length === 0 && <NothingFound query={query} reading={reading} here={here} />}
      <PaperList items={items} scoreTitle={sort === 'relevance' ? scoreTitles[result.mode] : undefined} />
      {nextCursor && (
        <a class="next" rel="next" href={searchPath({ ...here, cursor: nextCursor })}>
          More results
        </a>
      )}
    </Page>
  );
}

/** By relevance a feed would hardly ever move: unless papers are asked for by likeness, the newest take its place. */
function feedOf(query: string, sort: string | undefined, reading: QueryPart[]): PageFeed {
  const isLikeness = reading.some(({ kind }) => kind === 'like');
  const order = sort ?? (isLikeness ? 'the most alike' : 'the newest that have every word');
  return { title: `${query}, ${order}`, name: 'search', params: { q: query, sort } };
}

type Here = Record<string, string | undefined>;

const modes: readonly { value: SearchMode; label: string; title: string }[] = [
  { value: 'hybrid', label: 'both', title: 'What is meant and what is named: meaning and words, half each' },
  { value: 'semantic', label: 'meaning', title: 'Papers that say it in whatever words' },
  { value: 'keyword', label: 'words', title: 'Papers that have these words' },
];

const sorts: readonly { value: Order; label: string }[] = [
  { value: 'relevance', label: 'best' },
  { value: 'newest', label: 'newest' },
  { value: 'upvoted', label: 'most upvoted' },
  { value: 'trending', label: 'trending' },
];

/** What is required, as chips that can be taken off. Words alone need no explanation. */
function Reading({ query, parts, here }: { query: string; parts: QueryPart[]; here: Here }) {
  const required = parts.filter(({ kind }) => kind !== 'word');
  if (required.length === 0) return null;
  return (
    <ul class="chips" aria-label="What is required">
      {required.map((part) => (
        <li key={`${part.start} ${part.text}`}>
          {part.meaning}{' '}
          <a
            href={searchPath({ ...here, q: without(query, part) })}
            aria-label={`Search without ${part.text}`}
          >
            ×
          </a>
        </li>
      ))}
    </ul>
  );
}

function without(query: string, { start, end }: QueryPart): string {
  const characters = [...query];
  return [...characters.slice(0, start), ...characters.slice(end)].join('').replace(/\s+/gu, ' ').trim();
}

const FACET_SHOWN = 8;

/** Adds a requirement to the query. */
function FacetLinks({ facets, query, here }: { facets: Facets; query: string; here: Here }) {
  const groups = [
    {
      name: 'Year',
      operator: 'from',
      values: facets.years,
      term: (year: string) => `from:${year} to:${year}`,
    },
    {
      name: 'Category',
      operator: 'category',
      values: facets.categories.filter(({ value }) => isCategoryName(value)),
      term: (name: string) => `category:${name}`,
    },
    { name: 'Source', operator: 'source', values: facets.sources, term: (name: string) => `source:${name}` },
  ].filter(({ values, operator }) => values.length > 1 && !query.includes(`${operator}:`));
  if (groups.length === 0) return null;
  return (
    <details class="facets">
      <summary>Narrow down</summary>
      <dl>
        {groups.map(({ name, values, term }) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>
              {values.slice(0, FACET_SHOWN).map(({ value, count }) => (
                <a key={value} href={searchPath({ ...here, q: `${query} ${term(value)}`.trim() })}>
                  {value} <span class="num">{count.toLocaleString('en')}</span>
                </a>
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
    </details>
  );
}

function NothingFound({ query, reading, here }: { query: string; reading: QueryPart[]; here: Here }) {
  const required = reading.filter(({ kind }) => kind !== 'word');
  if (required.length === 0) return <p class="notice">No paper here has any of these words.</p>;
  return (
    <div class="notice">
      <p>No paper is all of this: {required.map(({ meaning }) => meaning).join('; ')}.</p>
      <ul>
        {required.map((part) => (
          <li key={`${part.start} ${part.text}`}>
            <a href={searchPath({ ...here, q: without(query, part) })}>Search without {part.text}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function ErrorPage({ error, query }: { error: AppError; query?: string | undefined }) {
  return (
    <Page title="Quire: that did not work" description={description} query={query}>
      <p class="error" role="alert">
        {error.kind === 'fatal' ? 'Something went wrong here. The log says more.' : error.message}
      </p>
      {query !== undefined && <Underlined query={query} details={error.details} />}
    </Page>
  );
}

/** The query with what is wrong in it marked, where the error says what. */
function Underlined({ query, details }: { query: string; details: AppError['details'] }) {
  const { field, position, length } = details;
  if (field !== 'q' || typeof position !== 'number') return null;
  const characters = [...query];
  const from = position - 1;
  const to = from + (typeof length === 'number' ? Math.max(1, length) : 1);
  return (
    <p class="wrong">
      {characters.slice(0, from).join('')}
      <mark>{characters.slice(from, to).join('') || ' '}</mark>
      {characters.slice(to).join('')}
    </p>
  );
}
