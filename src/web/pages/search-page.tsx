import { parseArxivId } from '../../papers/paper-id.js';
import type { AppError } from '../../platform/errors.js';
import type { Order } from '../../search/lexical/ports.js';
import type { QueryPart } from '../../search/query/explain.js';
import type { SearchMode } from '../../search/request.js';
import { NothingFound } from '../components/nothing-found.js';
import { PaperList } from '../components/paper-list.js';
import { QueryHelp } from '../components/query-help.js';
import { SearchRail } from '../components/search-rail.js';
import { WhyHere, whyId } from '../components/why-here.js';
import { FeedLink, Page } from '../layout.js';
import { type PageFeed, searchPath } from '../links.js';
import { chipsOf, type Here, requiredOf, without } from '../query-edits.js';
import type { SearchView } from '../search-view.js';

const scoreTitles: Record<SearchMode, string> = {
  hybrid: 'Meaning and words, half each; mostly 0 to 1',
  semantic: 'Cosine similarity of query and paper, -1 to 1',
  keyword: 'BM25, 0 and up',
};

const description = 'Search research papers by meaning.';

export function SearchPage({ query, mode, sort, cursor, why, result, reading, hints, waysOut }: SearchView) {
  const { items, didYouMean, notice, facets, nextCursor } = result;
  const here: Here = {
    q: query,
    mode: mode === 'hybrid' ? undefined : mode,
    sort: sort === 'relevance' ? undefined : sort,
  };
  const feed = feedOf(query, here['sort'], reading);
  const isScored = sort === 'relevance';
  const ranking = reading.flatMap(({ kind, text }) => (kind === 'word' || kind === 'phrase' ? [text] : []));
  return (
    <Page
      title={`${query} · Quire`}
      description={`Papers about ${query}`}
      query={query}
      mode={mode}
      feed={feed}
      wide
    >
      <Reading query={query} parts={reading} here={here} />
      <QueryHelp paper={items[0]?.paper} facets={facets} />
      <div class="found">
        <SearchRail facets={facets} query={query} reading={reading} here={here} />
        <div class="hits">
          <Bar mode={mode} sort={sort} total={result.total} here={here} feed={feed} />
          {didYouMean && (
            <p class="meant">
              Did you mean <a href={searchPath({ ...here, q: didYouMean })}>{didYouMean}</a>?
            </p>
          )}
          {hints.map((hint) => (
            <p key={hint} class="meant">
              {hint}
            </p>
          ))}
          <Scope {...{ mode, sort, result, here }} hasWords={ranking.length > 0} />
          {notice && (
            <p class="notice" role="status">
              {notice}
            </p>
          )}
          {cursor !== undefined && (
            <p class="meant">
              These are further results. <a href={searchPath(here)}>Back to the first</a>
            </p>
          )}
          {items.length === 0 && <NothingFound {...{ query, mode, sort, reading, here, waysOut }} />}
          {items.length > 0 && (
            <PaperList
              items={items.map((item) => ({
                ...item,
                more: item.paper.id === why && item.explanation && (
                  <WhyHere
                    words={ranking.join(' ')}
                    paper={item.paper}
                    explanation={item.explanation}
                    closePath={searchPath({ ...here, cursor })}
                  />
                ),
              }))}
              scoreTitle={isScored ? scoreTitles[result.mode] : undefined}
              whyForm={isScored ? whyForm : undefined}
            />
          )}
          {isScored && items.length > 0 && <WhyForm here={{ ...here, cursor }} />}
          {nextCursor && (
            <p class="on">
              <a class="next" rel="next" href={searchPath({ ...here, cursor: nextCursor })}>
                More results
              </a>
            </p>
          )}
          <p class="shown" role="status" />
        </div>
      </div>
    </Page>
  );
}

interface ScopeProps extends Pick<SearchView, 'mode' | 'sort' | 'result'> {
  here: Here;
  hasWords: boolean;
}

/** What the number of papers would not tell by itself. */
function Scope({ mode, sort, result: { items }, here, hasWords }: ScopeProps) {
  if (!hasWords || items.length === 0) return null;
  if (sort !== 'relevance')
    return (
      <p class="meant">
        Only papers that have every word.{' '}
        <a href={searchPath({ ...here, sort: undefined })}>The best first</a> has those near in meaning too.
      </p>
    );
  const isAnyMarked = items.some(
    ({ highlights, named }) =>
      named !== null || (highlights && highlights.title.length + highlights.abstract.length > 0),
  );
  if (mode === 'keyword' || isAnyMarked) return null;
  return (
    <p class="meant">None of the first papers has any of these words: they are the nearest in meaning.</p>
  );
}

const whyForm = 'ask-why';

/** What the “Why” of each result sends: an address in each of them, with the place in the results, would weigh more than the results. */
function WhyForm({ here }: { here: Here }) {
  return (
    <form id={whyForm} action={`/#${whyId}`} method="get">
      {Object.entries(here).map(
        ([name, value]) =>
          value !== undefined && <input key={name} type="hidden" name={name} value={value} />,
      )}
    </form>
  );
}

interface BarProps extends Pick<SearchView, 'mode' | 'sort'> {
  total: SearchView['result']['total'];
  here: Here;
  feed: PageFeed;
}

/** How many there are, and how they are searched for and ordered. */
function Bar({ mode, sort, total, here, feed }: BarProps) {
  return (
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
        <a href={`/subscribe?${new URLSearchParams({ q: here['q'] ?? '' })}`}>By mail</a>
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
  );
}

/** By relevance a feed would hardly ever move: unless papers are asked for by likeness, the newest take its place. */
function feedOf(query: string, sort: string | undefined, reading: QueryPart[]): PageFeed {
  const isLikeness = reading.some(({ kind }) => kind === 'like');
  const order = sort ?? (isLikeness ? 'the most alike' : 'the newest that have every word');
  return { title: `${query}, ${order}`, name: 'search', params: { q: query, sort } };
}

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
  const required = chipsOf(requiredOf(parts));
  if (required.length === 0) return null;
  return (
    <ul class="chips" aria-label="What is required">
      {required.map((chip) => (
        <li key={chip.text}>
          {chip.meaning}{' '}
          <a href={pathWithout(chip.parts)} aria-label={`Search without ${chip.text}`}>
            ×
          </a>
        </li>
      ))}
    </ul>
  );

  function pathWithout(gone: readonly QueryPart[]): string {
    const q = without(query, gone);
    return q === '' ? '/' : searchPath({ ...here, q });
  }
}

export function ErrorPage({ error, query }: { error: AppError; query?: string | undefined }) {
  return (
    <Page title="Quire: that did not work" description={description} query={query}>
      <p class="error" role="alert">
        {error.kind === 'fatal'
          ? 'Something went wrong here. The log says more.'
          : // To people the parameter is the box.
            error.message.replace(/^q, c/, 'C')}
      </p>
      <OnFrom error={error} />
      {query !== undefined && <Underlined query={query} details={error.details} />}
      {query !== undefined && <QueryHelp isOpen={error.code === 'invalid_query'} />}
    </Page>
  );
}

/** Where to go from what isn't here. */
function OnFrom({ error }: { error: AppError }) {
  if (error.code !== 'paper_not_found' && error.code !== 'route_not_found') return null;
  const named = error.details['id'];
  const arxivId = typeof named === 'string' ? parseArxivId(named)?.id : undefined;
  return (
    <p class="meant">
      {arxivId !== undefined && (
        <>
          It may be <a href={`https://arxiv.org/abs/${arxivId}`}>at arXiv</a>.{' '}
        </>
      )}
      Search above, or see <a href="/listings">the latest papers</a>.
    </p>
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
