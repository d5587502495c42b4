import type { EngineAccess } from '../engine/engine.js';
import type { Paper } from '../papers/paper.js';
import { semanticScholarWords } from '../papers/paper-id.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { ColumnOrder, LexicalSearcher, Order } from './lexical/ports.js';
import type { Facets } from './lexical/queries/facets.js';
import { findNamedPaper } from './named-paper.js';
import { createRanker, type Ranking, type View } from './rank-view.js';
import { type Explanation, explainHits } from './ranking/explain.js';
import { type Candidate, hybridParameters } from './ranking/hybrid.js';
import { firstAtEachPlace } from './ranking/plan.js';
import { readRequest } from './read-request.js';
import type { Coverage } from './readiness.js';
import { checkRequest, MAX_DEPTH, type SearchMode, type SearchRequest } from './request.js';
import { createStages, type StageTimes } from './stages.js';
import { createHighlighter, type Highlights } from './text/highlight.js';
import { suggestSpelling } from './text/suggest-spelling.js';
import { MAX_TITLE_MATCHES, titleDistance } from './text/title-match.js';

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

export interface SearchDeps {
  papers: Pick<PaperStore, 'listByKeys' | 'listTitles' | 'findById' | 'getByRef'>;
  engines: EngineAccess;
  lexical: LexicalSearcher;
  coverage: () => Promise<Coverage>;
  clock: Clock;
}

/** Named paper, else candidates -> fuse -> one hydration query -> presentation. */
export function createSearch({ papers, engines, lexical, coverage, clock }: SearchDeps) {
  const { rank } = createRanker({ lexical, coverage });

  /** @throws AppError invalid_query, invalid_input, invalid_cursor, overloaded, timeout, cancelled, index_unavailable, paper_not_found */
  async function search(asked: SearchRequest): Promise<SearchResult> {
    const { limit } = checkRequest(asked);
    const request = { ...asked, query: semanticScholarWords(asked.query) ?? asked.query };
    const stages = createStages();
    const now = clock.now();
    const { query, plan, likes, order } = await stages.measure('parse', () =>
      readRequest(request, { papers, now }),
    );
    const weight = request.weight ?? hybridParameters.weight;
    return engines.with(async (engine) => {
      const { mode = 'hybrid', minScore = null, asOf = null } = request;
      const scope = { query, order, mode, weight, minScore, asOf, model: engine.modelId };
      const cursor = request.cursor === undefined ? null : decodeCursor(request.cursor, scope);
      const view: View = { request, plan, likes, engine, cursor, limit, weight, stages };
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

  async function inOrder(view: View & { order: ColumnOrder }, scope: Record<string, unknown>) {
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
