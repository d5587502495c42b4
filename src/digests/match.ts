import type { Clock } from '../platform/clock.js';
import { AppError, isAppError } from '../platform/errors.js';
import type { Recommend } from '../recommendations/recommend.js';
import { MAX_RECOMMENDED } from '../recommendations/request.js';
import type { Query } from '../search/query/ast.js';
import { parseQuery } from '../search/query/parse.js';
import { MAX_DEPTH, MAX_LIMIT } from '../search/request.js';
import type { Search, SearchItem } from '../search/search.js';
import { matchOfDay, matchOfHit, matchOfRecommendation } from './match-reasons.js';
import type { NewPapers } from './new-papers.js';
import { MAX_CAP, type SubscriptionSettings } from './subscription.js';

/**
 * When a query requires nothing, every paper is a hit of it; a match is one with this score, or this near by meaning. `npm run eval:floors`
 * asks judged queries of days of 1,000 papers of their own field with a few wanted ones: of these pass .83 (claims of scifact), .39 (cacm,
 * long questions of which most papers share words) and .85 (papers like one, csfcube), and of the others 3.8, 4.3 and 38 a day, which are ranked
 * behind and cut. A score of .3 lets twice as many others in for .09 to .14 more of the wanted, .4 loses .01 to .08.
 */
export const matchFloors = { score: 0.35, similarity: 0.5 } as const;

/**
 * The score from which a paper matches where the subscription sets none; what is near enough by meaning matches below it too. null: none
 * is needed. @throws AppError invalid_query
 */
export const usualScore = ({ kind, query }: Pick<MatchSettings, 'kind' | 'query'>): number | null =>
  kind === 'likes' || (kind === 'query' && isRanked(parseQuery(query))) ? matchFloors.score : null;

/** Below it neither can be reached: half of the score is the similarity. What moves the query's vector adds a little. */
const LEAST_SCORE = 0.2;

/** Matches of which it is said what they have in common with what is followed: as many as a digest has, and those that it cuts. */
const MAX_REASONS = 2 * MAX_CAP;

/** A paper that a subscription asks for. */
export interface Match {
  key: number;
  /** Of `query` and `likes` mostly 0 to 1, 0 where a query only filters; of `daily` the heat of the day. */
  score: number;
  /** In plain words. */
  why: string;
  /** The sentence of the abstract that fits best; null where none is known. */
  sentence: string | null;
}

export interface Matches {
  /** In the order in which they are to be told; each once. */
  matches: Match[];
  /** Why there may be more or less than these. */
  notices: string[];
}

export interface MatchDeps {
  search: Search;
  recommend: Recommend;
  clock: Clock;
}

export type MatchSettings = Pick<SubscriptionSettings, 'kind' | 'query' | 'likes' | 'minScore'>;

/** Which of the papers that came in a subscription asks for, and how well they fit. */
export function createMatcher({ search, recommend, clock }: MatchDeps) {
  /**
   * Muted words, the cap and what was sent before are no matter of this; a score below the subscription's own still matches, and is
   * counted where it is cut.
   * @throws AppError as search and recommendations; model_unavailable or overloaded where only words would answer, because a digest
   *   that is late is better than one that is chosen otherwise
   */
  async function match(
    settings: MatchSettings,
    news: NewPapers,
    signal?: AbortSignal | undefined,
  ): Promise<Matches> {
    if (news.papers.length === 0) return { matches: [], notices: [] };
    if (settings.kind === 'daily') return { matches: daily(news), notices: [] };
    const within = [...news.byKey.keys()];
    const found = await (settings.kind === 'likes' ? byLikes : byQuery)(settings, { within, signal });
    // An id as the query gives its paper, new or not.
    return { ...found, matches: found.matches.filter(({ key }) => news.byKey.has(key)) };
  }

  interface Scope {
    within: readonly number[];
    signal: AbortSignal | undefined;
  }

  async function byQuery({ query, minScore }: MatchSettings, { within, signal }: Scope): Promise<Matches> {
    const ranks = isRanked(parseQuery(query));
    const least = Math.min(LEAST_SCORE, minScore ?? LEAST_SCORE);
    const request = { query, within, limit: MAX_LIMIT, explain: true, signal };
    const matches: Match[] = [];
    let cursor: string | undefined;
    let seen = 0;
    for (let pages = 1; ; pages++) {
      const page = await search.search({ ...request, cursor, ...(ranks ? { minScore: least } : {}) });
      if (page.mode === 'keyword' && page.order === 'relevance') throw unavailable(page.notice);
      for (const item of page.items) if (!ranks || fits(item, minScore)) matches.push(matchOfHit(item));
      seen += page.items.length;
      const isLast = pages === MAX_DEPTH / MAX_LIMIT;
      if (isLast && page.total.value > seen)
        return { matches, notices: [`More than ${MAX_DEPTH} papers match: these are the best.`] };
      if (isLast || page.nextCursor === null) return { matches, notices: [] };
      cursor = page.nextCursor;
    }
  }

  async function byLikes({ likes, minScore }: MatchSettings, { within, signal }: Scope): Promise<Matches> {
    const found = await recommend
      .recommend({
        ...{ positives: likes.map((ref) => ({ ref })), within, signal },
        ...{ limit: MAX_RECOMMENDED, reasons: MAX_REASONS },
        accepts: ({ score, similarity }) => isNear({ score, similarity, minScore }),
      })
      .catch((error: unknown) => {
        if (isAppError(error, 'paper_not_found')) return null;
        throw error;
      });
    if (found === null)
      return { matches: [], notices: ['None of the papers that it follows is here any more.'] };
    const gone = found.missing.length;
    return {
      matches: found.items.map(matchOfRecommendation),
      notices: gone === 0 ? [] : [`Of the papers that it follows ${gone} can't be found any more.`],
    };
  }

  /** All of them, by heat, upvotes, then the newest. */
  function daily({ papers }: NewPapers): Match[] {
    const day = clock.now().toISOString().slice(0, 10);
    return papers
      .map((one, at) => ({ ...one, at }))
      .sort(
        (a, b) =>
          (b.heat ?? Number.NEGATIVE_INFINITY) - (a.heat ?? Number.NEGATIVE_INFINITY) ||
          (b.paper.upvotes ?? -1) - (a.paper.upvotes ?? -1) ||
          b.at - a.at,
      )
      .map((one) => matchOfDay(one, day));
  }

  return { match };
}

export type Matcher = ReturnType<typeof createMatcher>;

/**
 * Whether what fits is a matter of the score: words or papers rank, and no words are required. Filters (a category, an author, dates)
 * hold besides.
 */
export function isRanked({ terms }: Query): boolean {
  const ranks = terms.some((term) => term.kind === 'word' || (term.kind === 'like' && !term.negative));
  return ranks && !terms.some(requiresWords);
}

function requiresWords(term: Query['terms'][number]): boolean {
  if (term.kind === 'or')
    return term.terms.some(requiresWords) || term.terms.some(({ kind }) => kind === 'word');
  return term.kind === 'phrase' || (term.kind === 'text' && term.field === 'title');
}

interface Nearness {
  score: number;
  /** Cosine; null: not read yet. */
  similarity: number | null;
  minScore: number | null;
}

/** Who sets a lower score wants more. */
const isNear = ({ score, similarity, minScore }: Nearness): boolean =>
  score >= Math.min(matchFloors.score, minScore ?? matchFloors.score) ||
  (similarity ?? 0) >= matchFloors.similarity;

const fits = ({ score, named, explanation }: SearchItem, minScore: number | null): boolean =>
  named !== null || isNear({ score, similarity: explanation?.dense?.scoreAsked ?? null, minScore });

function unavailable(notice: string | null): AppError {
  return new AppError('model_unavailable', notice ?? 'Search by meaning is not available right now.', {
    retryAfter: 60,
  });
}
