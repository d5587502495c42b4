import type { Engine } from '../engine/engine.js';
import { isAppError } from '../platform/errors.js';
import type { Cursor } from './cursor.js';
import type { LexicalAnswer, LexicalSearcher, Subset } from './lexical/ports.js';
import { nearest } from './ranking/dense.js';
import { rankByExamples } from './ranking/examples.js';
import { type Candidate, hybridParameters, rankHybrid } from './ranking/hybrid.js';
import { firstAtEachPlace, type SearchPlan } from './ranking/plan.js';
import { embedText, type Likes, readLikes } from './ranking/query-vector.js';
import type { Coverage } from './readiness.js';
import { invalid, MAX_DEPTH, type SearchMode, type SearchRequest } from './request.js';
import type { Stages } from './stages.js';

/** Hits asked of an index at most, so that a full last page is found below what is left out. */
const MAX_CANDIDATES = 2 * MAX_DEPTH;

/** Looked at beyond a page, so that one that has gone since leaves no gap. */
const SPARE = 20;

/** Filters that leave at most so many papers are answered by exact search over these. */
const SUBSET_KEYS = 20_000;

/** One page of one search. */
export interface View {
  request: SearchRequest;
  plan: SearchPlan;
  likes: Likes | null;
  engine: Engine;
  cursor: Cursor | null;
  limit: number;
  weight: number;
  stages: Stages;
}

/** What ranking gives: everything but the papers themselves. */
export interface Ranking {
  mode: SearchMode;
  notice: string | null;
  ranked: Candidate[];
  /** There are no candidates beyond these. */
  isAll: boolean;
  words: LexicalAnswer | null;
  /** null: not known beyond what is ranked. */
  total: number | null;
}

export interface RankerDeps {
  lexical: Pick<LexicalSearcher, 'search' | 'subset'>;
  coverage: () => Promise<Coverage>;
}

/** By words, by meaning, or by both: whatever was asked for and can answer. */
export function createRanker({ lexical, coverage }: RankerDeps) {
  /** `skipped`: hits of earlier pages. @throws AppError as the search */
  async function rank(view: View, skipped: number): Promise<Ranking> {
    const { request, cursor, plan } = view;
    // A later page goes on as the first one was answered: scores of two modes mean different things.
    const asked = cursor?.order === 'relevance' ? (cursor.mode as SearchMode) : (request.mode ?? 'hybrid');
    const depth = Math.min(MAX_CANDIDATES, skipped + view.limit + SPARE);
    if (asked === 'keyword') return byWords(view, { depth, notice: null });
    const mayFallBack = cursor === null && plan.terms.length > 0;
    const state = await coverage();
    const missing = state.papers - state.searchable;
    if (mayFallBack && state.papers > 0 && (state.searchable === 0 || !view.engine.embedder.isWarm)) {
      const why =
        missing > 0
          ? `Papers are still being read (${state.searchable} of ${state.papers})`
          : 'The embedding model is not loaded at present';
      return byWords(view, { depth, notice: `${why}: these are keyword matches.` });
    }
    const notice =
      missing > 0
        ? `${missing} of ${state.papers} papers can't be found by meaning yet: they are still being read.`
        : null;
    try {
      if (view.likes !== null) return await byExamples(view, view.likes, { depth, notice, mode: asked });
      return await (asked === 'semantic' || plan.terms.length === 0 ? byMeaning : byBoth)(view, {
        depth,
        notice,
      });
    } catch (error) {
      if (!mayFallBack || !isAppError(error)) throw error;
      const why = degradedBy[error.code];
      if (why === undefined) throw error;
      return byWords(view, { depth, notice: `${why}: these are keyword matches.` });
    }
  }

  interface RankOptions {
    depth: number;
    notice: string | null;
  }

  async function byWords(view: View, { depth, notice }: RankOptions): Promise<Ranking> {
    const { plan, request, stages } = view;
    if (plan.terms.length === 0) throw invalid('mode', 'hybrid or semantic for a query without words');
    const words = await stages.measure('lexical', () =>
      lexical.search({ ...plan, k: depth, facets: request.facets && 'matching', words: wordsOf(view) }),
    );
    const ranked = words.hits.map(
      ({ key, score }, at): Candidate => ({
        key,
        score,
        dense: null,
        denseAsked: null,
        lexical: score,
        denseRank: null,
        lexicalRank: at + 1,
      }),
    );
    const isAll = words.hits.length < depth;
    return { mode: 'keyword', notice, ranked, isAll, words, total: words.matching };
  }

  async function byMeaning(view: View, { depth, notice }: RankOptions): Promise<Ranking> {
    const { plan, request, engine, stages } = view;
    const { signal } = request;
    const [vector, subset] = await Promise.all([embed(view), subsetOf(view)]);
    const words =
      request.facets || plan.terms.length === 0
        ? await stages.measure('lexical', () =>
            lexical.search({ terms: [], conditions: plan.conditions, k: 0, facets: request.facets }),
          )
        : null;
    const { hits, isAll } = await stages.measure('dense', () =>
      nearest(engine, vector, { k: depth, subset, signal }),
    );
    const ranked = hits.map(
      ({ key, score }, at): Candidate => ({
        key,
        score,
        dense: score,
        denseAsked: score,
        lexical: 0,
        denseRank: at + 1,
        lexicalRank: null,
      }),
    );
    const total = subset?.count ?? (await coverage()).searchable;
    return { mode: 'semantic', notice, ranked, isAll, words, total };
  }

  async function byBoth(view: View, { depth, notice }: RankOptions): Promise<Ranking> {
    const { plan, request, engine, weight, stages } = view;
    const [vector, subset] = await Promise.all([embed(view), subsetOf(view)]);
    const { ranked, words, isAll } = await rankHybrid(engine, lexical, {
      plan,
      vector,
      weight,
      pool: poolOf(depth),
      subset,
      extras: { facets: request.facets, words: wordsOf(view) },
      stages,
      signal: request.signal,
    });
    return { mode: 'hybrid', notice, ranked, isAll, words, total: words.passing };
  }

  /** Like the papers that the query names, turned by its words. */
  async function byExamples(
    view: View,
    likes: Likes,
    { depth, notice, mode }: RankOptions & { mode: Exclude<SearchMode, 'keyword'> },
  ): Promise<Ranking> {
    const { plan, request, engine, stages } = view;
    const { signal } = request;
    const [examples, subset, words] = await Promise.all([
      stages.measure('embed', () => readLikes(plan, likes, { engine, signal })),
      subsetOf(view),
      stages.measure('lexical', () =>
        lexical.search({
          terms: plan.terms,
          conditions: plan.conditions,
          k: 0,
          facets: request.facets,
          words: wordsOf(view),
        }),
      ),
    ]);
    const { ranked, isAll } = await rankByExamples(engine, lexical, {
      ...examples,
      conditions: plan.conditions,
      subset,
      weight: mode === 'semantic' ? 1 : view.weight,
      pool: poolOf(depth),
      stages,
      signal,
    });
    return { mode, notice, ranked, isAll, words, total: words.passing };
  }

  const embed = ({ plan, engine, stages, request }: View): Promise<Float32Array> =>
    stages.measure('embed', () => embedText(plan.text, { engine, signal: request.signal }));

  const subsetOf = async ({ plan, stages }: View): Promise<Subset | null> =>
    plan.conditions.length === 0
      ? null
      : stages.measure('lexical', () => lexical.subset(plan.conditions, SUBSET_KEYS));

  return { rank };
}

/** Candidates of each side, with a reserve: what stands on the last places of one may be far ahead on both. */
const poolOf = (depth: number): number =>
  Math.max(hybridParameters.pool, Math.min(MAX_CANDIDATES, 2 * depth));

/** What is no fault of the query, and what keyword search does without. */
const degradedBy: Readonly<Record<string, string>> = {
  model_unavailable: 'Search by meaning is not available right now',
  index_unavailable: 'Search by meaning is not available right now',
  overloaded: 'Search by meaning has too much to do right now',
  timeout: 'Search by meaning takes too long right now',
};

/** For titles and slips: on the first page alone. */
const wordsOf = ({ plan, cursor }: View): string[] | undefined =>
  cursor === null ? firstAtEachPlace(plan.words).map(({ word }) => word) : undefined;
