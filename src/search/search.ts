import type { Engine, EngineAccess } from '../engine/engine.js';
import type { Paper } from '../papers/paper.js';
import type { PaperStore } from '../papers/paper-store.js';
import { AppError, isAppError } from '../platform/errors.js';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.js';
import type { Lexical } from './lexical.js';

export const MAX_QUERY_LENGTH = 1_000;
export const MAX_LIMIT = 100;
export const DEFAULT_LIMIT = 20;
/** Deepest rank that is served: beyond it similarity says nothing and the index would be searched whole. */
export const MAX_DEPTH = 1_000;

/**
 * Steps of a score between 0 and 1. Scores are rounded, because exact and approximate search sum in different orders and differ by 1e-7, and a
 * cursor must find its place again when the one takes over from the other.
 */
const SCORE_STEPS = 1e6;

/** Hits asked of the index at most, so that a full last page is found below papers that came in meanwhile. */
const MAX_CANDIDATES = 2 * MAX_DEPTH;

export const searchModes = ['semantic', 'keyword'] as const;
export type SearchMode = (typeof searchModes)[number];

export interface SearchRequest {
  query: string;
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Semantic unless asked otherwise; falls back to keyword while no vector can be searched, and says so. */
  mode?: SearchMode | undefined;
  signal?: AbortSignal | undefined;
}

export interface SearchItem {
  paper: Paper;
  /** Semantic: cosine similarity, -1 to 1. Keyword: ts_rank_cd, 0 and up. Comparable within one mode alone. */
  score: number;
}

export interface SearchResult {
  items: SearchItem[];
  /** The mode that answered. */
  mode: SearchMode;
  /** Why the answer is less than what was asked for; null where it's whole. */
  notice: string | null;
  nextCursor: string | null;
  /** The embedding model that answers here, and which switch or reindexing its index came from. */
  model: string;
  epoch: number;
}

/** How much of the collection can be found by meaning right now. */
export interface Coverage {
  papers: number;
  searchable: number;
}

export interface SearchDeps {
  papers: PaperStore;
  engines: EngineAccess;
  lexical: Lexical;
  coverage: () => Promise<Coverage>;
}

interface View {
  query: string;
  limit: number;
  cursor: Cursor | null;
  signal: AbortSignal | undefined;
  engine: Engine;
}

interface NearestRequest {
  vector: Float32Array;
  depth: number;
  signal?: AbortSignal | undefined;
}

type Answer = Omit<SearchResult, 'model' | 'epoch'>;

interface Ranked {
  key: number;
  score: number;
}

/** Candidates -> ranks after the cursor -> one hydration query -> page. */
export function createSearch({ papers, engines, lexical, coverage }: SearchDeps) {
  /** @throws AppError invalid_input, invalid_cursor, overloaded, timeout, cancelled, index_unavailable */
  async function search(request: SearchRequest): Promise<SearchResult> {
    const query = checkQuery(request.query);
    const limit = checkLimit(request.limit);
    return engines.with(async (engine) => {
      const scope = { query, modelId: engine.modelId };
      const cursor = request.cursor === undefined ? null : decodeCursor(request.cursor, scope);
      if (cursor && request.mode && cursor.mode !== request.mode) {
        throw new AppError('invalid_cursor', `cursor: it belongs to a ${cursor.mode} search.`, {
          details: { field: 'cursor' },
        });
      }
      const view: View = { query, limit, cursor, signal: request.signal, engine };
      const answer = await answerIn(view, request.mode ?? cursor?.mode ?? 'semantic');
      return { ...answer, model: engine.modelId, epoch: engine.epoch };
    });
  }

  async function answerIn(view: View, mode: SearchMode): Promise<Answer> {
    if (mode === 'keyword') return byWords(view, null);
    const state = await coverage();
    // A page after a semantic one can't go on with keyword matches: their scores mean something else.
    const mayFallBack = view.cursor === null;
    const { papers: all, searchable } = state;
    if (mayFallBack && all > 0 && (searchable === 0 || !view.engine.embedder.isWarm)) {
      const why =
        searchable < all
          ? `Papers are still being read (${searchable} of ${all})`
          : 'The embedding model is not loaded at present';
      return byWords(view, `${why}: these are keyword matches.`);
    }
    try {
      return await byMeaning(view, state);
    } catch (error) {
      const isBroken = isAppError(error, 'model_unavailable') || isAppError(error, 'index_unavailable');
      if (!mayFallBack || !isBroken) throw error;
      return byWords(view, 'Search by meaning is not available right now: these are keyword matches.');
    }
  }

  async function byMeaning(view: View, { papers: all, searchable }: Coverage): Promise<Answer> {
    const { query, limit, cursor, signal, engine } = view;
    const vector = await engine.embedder.embedQuery(query, { signal });
    const missing = all - searchable;
    const notice =
      missing > 0
        ? `${missing} of ${all} papers can't be found by meaning yet: they are still being read.`
        : null;
    // Papers that came in above the cursor since the last page push it down: look deeper until a page is full.
    for (let depth = (cursor?.rank ?? 0) + limit + 20; ; depth *= 2) {
      const bounded = Math.min(depth, MAX_CANDIDATES);
      const { ranked, isAll } = await rankByVector(engine, { vector, depth: bounded, signal });
      const rest = afterCursor(ranked, cursor);
      if (rest.length > limit || isAll || bounded === MAX_CANDIDATES) {
        return { ...(await page(rest, view, 'semantic')), mode: 'semantic', notice };
      }
    }
  }

  async function byWords(view: View, notice: string | null): Promise<Answer> {
    const ranked = await lexical.search(view.query, MAX_DEPTH);
    return { ...(await page(afterCursor(ranked, view.cursor), view, 'keyword')), mode: 'keyword', notice };
  }

  /**
   * Papers nearest to a vector of this engine's model, best first. `isAll`: there are no further ones. Fewer than
   * `depth` doesn't say so: labels of texts that were replaced a moment ago are left out.
   */
  async function rankByVector(
    engine: Engine,
    { vector, depth, signal }: NearestRequest,
  ): Promise<{ ranked: Ranked[]; isAll: boolean }> {
    const hits = await engine.vectors.search(vector, depth, { signal });
    const keys = await engine.embeddings.paperKeysOf(hits.map(({ label }) => label));
    const ranked = hits.flatMap(({ label, score }) => {
      const key = keys.get(label);
      return key === undefined ? [] : [{ key, score: Math.round(score * SCORE_STEPS) / SCORE_STEPS }];
    });
    return { ranked, isAll: hits.length < depth };
  }

  async function page(
    rest: Ranked[],
    { query, limit, cursor, engine }: View,
    mode: SearchMode,
  ): Promise<Pick<SearchResult, 'items' | 'nextCursor'>> {
    const chosen = rest.slice(0, limit);
    const last = chosen.at(-1);
    const rank = (cursor?.rank ?? 0) + chosen.length;
    const more = rest.length > limit && rank < MAX_DEPTH;
    return {
      items: await hydrate(chosen),
      nextCursor:
        last && more ? encodeCursor({ ...last, rank, mode }, { query, modelId: engine.modelId }) : null,
    };
  }

  async function hydrate(ranked: readonly Ranked[]): Promise<SearchItem[]> {
    const scores = new Map(ranked.map(({ key, score }) => [key, score]));
    const found = await papers.listByKeys(ranked.map(({ key }) => key));
    return found.map((paper) => ({ paper, score: scores.get(paper.key)! }));
  }

  return { search, rankByVector, hydrate };
}

export type Search = ReturnType<typeof createSearch>;

/** What is behind the cursor, best first. */
function afterCursor(ranked: Ranked[], cursor: Cursor | null): Ranked[] {
  const ordered = ranked.sort(byScoreThenKey);
  return cursor === null ? ordered : ordered.filter((one) => byScoreThenKey(one, cursor) > 0);
}

/** Best first; equal scores in the order in which the papers came in, so that pages never overlap. */
function byScoreThenKey(a: Ranked, b: Ranked): number {
  return b.score - a.score || a.key - b.key;
}

function checkQuery(query: string): string {
  // NUL passes URL decoding and is refused by PostgreSQL in the middle of a query.
  const text = query.replace(/\p{Cc}+/gu, ' ').trim();
  if (text === '')
    throw new AppError('invalid_input', 'q: expected some words to search for.', { details: { field: 'q' } });
  if (text.length > MAX_QUERY_LENGTH) {
    throw new AppError(
      'invalid_input',
      `q: expected at most ${MAX_QUERY_LENGTH} characters, not ${text.length}.`,
      { details: { field: 'q' } },
    );
  }
  return text;
}

function checkLimit(limit: number = DEFAULT_LIMIT): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new AppError('invalid_input', `limit: expected a whole number from 1 to ${MAX_LIMIT}.`, {
      details: { field: 'limit' },
    });
  }
  return limit;
}
