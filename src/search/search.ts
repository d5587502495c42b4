import type { Engine, EngineAccess } from '../engine/engine.js';
import type { Paper } from '../papers/paper.js';
import { semanticScholarWords } from '../papers/paper-id.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { Clock } from '../platform/clock.js';
import { isAppError } from '../platform/errors.js';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.js';
import type { LexicalAnswer, LexicalSearcher, Order, Subset } from './lexical/ports.js';
import type { Facets } from './lexical/queries/facets.js';
import { findNamedPaper } from './named-paper.js';
import { nearest } from './ranking/dense.js';
import { type Explanation, explainHits } from './ranking/explain.js';
import { type Candidate, hybridParameters, rankHybrid } from './ranking/hybrid.js';
import { firstAtEachPlace, type SearchPlan } from './ranking/plan.js';
import { embedPlan } from './ranking/query-vector.js';
import { readRequest } from './read-request.js';
import { checkRequest, invalid, MAX_DEPTH, type SearchMode, type SearchRequest } from './request.js';
import { createStages, type Stages, type StageTimes } from './stages.js';
import { createHighlighter, type Highlights } from './text/highlight.js';
import { suggestSpelling } from './text/suggest-spelling.js';
import { MAX_TITLE_MATCHES, titleDistance } from './text/title-match.js';

/** Hits asked of an index at most, so that a full last page is found below what is left out. */
const MAX_CANDIDATES = 2 * MAX_DEPTH;

/** Looked at beyond a page, so that one that has gone since leaves no gap. */
const SPARE = 20;

/** Filters that leave at most so many papers are answered by exact search over these. */
const SUBSET_KEYS = 20_000;

export interface SearchItem {
  paper: Paper;
  /** Semantic: cosine similarity, -1 to 1. Keyword: BM25, 0 and up. Hybrid: mostly 0 to 1. 0 in other orders. */
  score: number;
  /** What the query named it by; null for everything that was only searched for. */
  named: 'id' | 'title' | null;
  highlights: Highlights;
  explanation: Explanation | null;
}

export interface SearchResult {
  items: SearchItem[];
  /** The mode that answered. */
  mode: SearchMode;
  order: Order;
  /** Why the answer is less than what was asked for; null where it's whole. */
  notice: string | null;
  nextCursor: string | null;
  /** Papers that fulfil what is required; of keyword searches those that have a word of the query. */
  total: { value: number; isExact: boolean };
  facets: Facets | null;
  /** The query with its slips mended; null where there are none. */
  didYouMean: string | null;
  /** As it was read, filters and all: the query in its canonical form. */
  query: string;
  weight: number;
  /** When the latest paper came in, or what was asked for: with it the search can be asked again. */
  asOf: Date;
  /** The embedding model that answers here, and which switch or reindexing its index came from. */
  model: string;
  epoch: number;
  stages: StageTimes;
}

/** How much of the collection can be found by meaning right now. */
export interface Coverage {
  papers: number;
  searchable: number;
  /** The word index holds all of them. */
  isCounted: boolean;
}

export interface SearchDeps {
  papers: Pick<PaperStore, 'listByKeys' | 'listTitles' | 'findById' | 'getByRef'>;
  engines: EngineAccess;
  lexical: LexicalSearcher;
  coverage: () => Promise<Coverage>;
  clock: Clock;
}

interface View {
  request: SearchRequest;
  plan: SearchPlan;
  engine: Engine;
  cursor: Cursor | null;
  limit: number;
  weight: number;
  stages: Stages;
}

/** What ranking gives: everything but the papers themselves. */
interface Ranking {
  mode: SearchMode;
  notice: string | null;
  ranked: Candidate[];
  /** There are no candidates beyond these. */
  isAll: boolean;
  words: LexicalAnswer | null;
  /** null: not known beyond what is ranked. */
  total: number | null;
}

/** Named paper, else candidates -> fuse -> one hydration query -> presentation. */
export function createSearch({ papers, engines, lexical, coverage, clock }: SearchDeps) {
  /** @throws AppError invalid_query, invalid_input, invalid_cursor, overloaded, timeout, cancelled, index_unavailable, paper_not_found */
  async function search(asked: SearchRequest): Promise<SearchResult> {
    const { limit } = checkRequest(asked);
    const request = { ...asked, query: semanticScholarWords(asked.query) ?? asked.query };
    const stages = createStages();
    const now = clock.now();
    const { query, plan, order } = await stages.measure('parse', () => readRequest(request, { papers, now }));
    const weight = request.weight ?? hybridParameters.weight;
    return engines.with(async (engine) => {
      const { mode = 'hybrid', minScore = null, asOf = null } = request;
      const scope = { query, order, mode, weight, minScore, asOf, model: engine.modelId };
      const cursor = request.cursor === undefined ? null : decodeCursor(request.cursor, scope);
      const view: View = { request, plan, engine, cursor, limit, weight, stages };
      const latest = await lexical.latest();
      const common = {
        query,
        order,
        weight,
        asOf: asOf ?? new Date(latest),
        model: engine.modelId,
        epoch: engine.epoch,
        stages: stages.times,
      };
      const named = cursor === null ? await byName(request) : { item: null, notice: null };
      if (named.item !== null) return { ...common, ...only(named.item), mode };
      const answer =
        order === 'relevance' ? await byRelevance(view, scope) : await inOrder({ ...view, order }, scope);
      return { ...common, ...answer, notice: answer.notice ?? named.notice };
    });
  }

  async function byName(request: SearchRequest): Promise<{ item: SearchItem | null; notice: string | null }> {
    const { paper, notice } = await findNamedPaper(papers, request.query, request.asOf);
    if (paper === null) return { item: null, notice };
    const highlights = { title: [], abstract: [], sentence: null };
    return { item: { paper, score: 1, named: 'id', highlights, explanation: null }, notice };
  }

  async function byRelevance(view: View, scope: Record<string, unknown>) {
    const { cursor, limit, request, plan, stages } = view;
    const served = new Set(cursor?.order === 'relevance' ? cursor.served : []);
    const ranking = await rank(view, served.size);
    const { mode, words } = ranking;
    const { minScore = Number.NEGATIVE_INFINITY } = request;
    const byKey = new Map(ranking.ranked.map((candidate) => [candidate.key, candidate]));
    const named = served.size > 0 ? [] : await titleMatches(view, ranking);
    const titles = named.filter((key) => (byKey.get(key)?.score ?? 0) >= minScore);
    const first = new Set(titles);
    const rest = ranking.ranked.filter(
      ({ key, score }) => !served.has(key) && !first.has(key) && score >= minScore,
    );
    const ordered = [...titles.map((key) => byKey.get(key) ?? unranked(key)), ...rest];
    const chosen = ordered.slice(0, Math.min(limit, MAX_DEPTH - served.size));
    const found = await stages.measure('hydrate', () => papers.listByKeys(chosen.map(({ key }) => key)));
    const mark = createHighlighter(new Map(plan.terms.map(({ term }, at) => [term, words?.rarity[at] ?? 1])));
    const explanations = request.explain
      ? await explainHits(chosen, { lexical, plan, ranking, titles: first, weight: view.weight })
      : null;
    const items = found.map(
      (paper): SearchItem => ({
        paper,
        score: byKey.get(paper.key)?.score ?? 0,
        named: first.has(paper.key) ? 'title' : null,
        highlights: mark(paper),
        explanation: explanations?.get(paper.key) ?? null,
      }),
    );
    const all = [...served, ...chosen.map(({ key }) => key)];
    const isEnd = all.length >= MAX_DEPTH && ordered.length > chosen.length;
    const more = ordered.length > chosen.length && !isEnd;
    const isCut = request.minScore !== undefined;
    const { isCounted } = await coverage();
    return {
      items,
      mode,
      notice: ranking.notice ?? (isEnd ? DEPTH_NOTICE : null),
      nextCursor: more ? encodeCursor({ order: 'relevance', mode, served: all }, scope) : null,
      total:
        isCut || ranking.total === null
          ? { value: served.size + ordered.length, isExact: ranking.isAll }
          : // A title with a slip in each of its words has none of the query's.
            { value: Math.max(ranking.total, served.size + ordered.length), isExact: isCounted },
      facets: words?.facets ?? null,
      didYouMean:
        words === null ? null : suggestSpelling(request.query, firstAtEachPlace(plan.words), words.meant),
    };
  }

  /** Papers whose titles the query is, perhaps with slips or without the subtitle; the likeliest first. */
  async function titleMatches({ plan, stages }: View, { mode, words }: Ranking): Promise<number[]> {
    const candidates = words?.titles ?? [];
    if (mode === 'semantic' || candidates.length === 0) return [];
    const titles = await stages.measure('hydrate', () => papers.listTitles(candidates));
    return candidates
      .flatMap((key) => {
        const distance = titleDistance(plan.text, titles.get(key) ?? '');
        return distance === null ? [] : [{ key, distance }];
      })
      .sort((a, b) => a.distance - b.distance)
      .slice(0, MAX_TITLE_MATCHES)
      .map(({ key }) => key);
  }

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
      lexical.search({ ...plan, k: depth, facets: request.facets, words: wordsOf(view) }),
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
      pool: Math.max(hybridParameters.pool, depth),
      subset,
      extras: { facets: request.facets, words: wordsOf(view) },
      stages,
      signal: request.signal,
    });
    return { mode: 'hybrid', notice, ranked, isAll, words, total: words.passing };
  }

  const embed = ({ plan, engine, stages, request }: View): Promise<Float32Array> =>
    stages.measure('embed', () => embedPlan(plan, { engine, papers, signal: request.signal }));

  const subsetOf = async ({ plan, stages }: View): Promise<Subset | null> =>
    plan.conditions.length === 0
      ? null
      : stages.measure('lexical', () => lexical.subset(plan.conditions, SUBSET_KEYS));

  async function inOrder(view: View & { order: 'newest' | 'upvoted' }, scope: Record<string, unknown>) {
    const { plan, cursor, limit, request, order, stages } = view;
    const position = cursor !== null && cursor.order !== 'relevance' ? cursor : null;
    const conditions = [...plan.conditions, ...plan.required];
    const { hits, passing, facets } = await stages.measure('lexical', () =>
      lexical.ordered({
        conditions,
        order,
        after: position?.after ?? null,
        k: limit + 1,
        facets: request.facets,
      }),
    );
    const chosen = hits.slice(0, limit);
    const found = await stages.measure('hydrate', () => papers.listByKeys(chosen.map(({ key }) => key)));
    const mark = createHighlighter(new Map(plan.terms.map(({ term }) => [term, 1])));
    const last = chosen.at(-1);
    const rank = (position?.rank ?? 0) + chosen.length;
    return {
      items: found.map(
        (paper): SearchItem => ({
          paper,
          score: 0,
          named: null,
          highlights: mark(paper),
          explanation: null,
        }),
      ),
      mode: 'keyword' as const,
      notice: null,
      nextCursor: last && hits.length > limit ? encodeCursor({ order, after: last, rank }, scope) : null,
      total: { value: passing, isExact: (await coverage()).isCounted },
      facets,
      didYouMean: null,
    };
  }

  return { search };
}

export type Search = ReturnType<typeof createSearch>;

const DEPTH_NOTICE = `The best ${MAX_DEPTH.toLocaleString('en')} end here: narrow the query down, or sort by date, for the others.`;

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

const unranked = (key: number): Candidate => ({
  key,
  score: 0,
  dense: null,
  denseAsked: null,
  lexical: 0,
  denseRank: null,
  lexicalRank: null,
});

function only(item: SearchItem) {
  const total = { value: 1, isExact: true };
  return { items: [item], notice: null, nextCursor: null, total, facets: null, didYouMean: null };
}
