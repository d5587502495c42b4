import type { Embedder } from '../embedding/embedder.js';
import type { EmbeddingStore } from '../embedding/embedding-store.js';
import type { Paper } from '../papers/paper.js';
import type { PaperStore } from '../papers/paper-store.js';
import { AppError } from '../platform/errors.js';
import type { VectorSearcher } from '../vectors/ports.js';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.js';
import type { Lexical } from './lexical.js';

export const maxQueryLength = 1_000;
export const maxLimit = 100;
export const defaultLimit = 20;
/** Deepest rank that is served: beyond it similarity says nothing and the index would be searched whole. */
export const maxDepth = 1_000;

export type SearchMode = 'semantic' | 'keyword';

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
}

/** How much of the collection can be found by meaning right now. */
export interface Coverage {
  papers: number;
  searchable: number;
}

export interface SearchDeps {
  papers: PaperStore;
  embeddings: Pick<EmbeddingStore, 'paperKeysOf'>;
  embedder: Pick<Embedder, 'embedQuery' | 'isWarm'>;
  vectors: VectorSearcher;
  lexical: Lexical;
  coverage: () => Promise<Coverage>;
}

interface Ranked {
  key: number;
  score: number;
}

/** Candidates -> ranks after the cursor -> one hydration query -> page. */
export function createSearch({ papers, embeddings, embedder, vectors, lexical, coverage }: SearchDeps) {
  /** @throws AppError invalid_input, invalid_cursor, overloaded, timeout, cancelled */
  async function search(request: SearchRequest): Promise<SearchResult> {
    const query = checkQuery(request.query);
    const limit = checkLimit(request.limit);
    const cursor = request.cursor === undefined ? null : decodeCursor(request.cursor, query);
    const state = await coverage();
    const { mode, notice } = chooseMode(request.mode ?? cursor?.mode ?? 'semantic', state);
    const candidates =
      mode === 'semantic'
        ? await semantic(query, limit, cursor, request.signal)
        : await lexical.search(query, maxDepth);
    return { ...(await page(candidates, { limit, cursor, query, mode })), mode, notice };
  }

  /** The nearest papers of a query vector, deep enough for a page after the cursor. */
  async function semantic(
    query: string,
    limit: number,
    cursor: Cursor | null,
    signal?: AbortSignal,
  ): Promise<Ranked[]> {
    const vector = await embedder.embedQuery(query, { signal });
    // Papers that came in above the cursor since the last page push it down: look as much deeper again.
    const depth = Math.min(maxDepth, (cursor?.rank ?? 0) + 2 * limit + 20);
    return rankByVector(vector, depth, signal);
  }

  async function rankByVector(vector: Float32Array, depth: number, signal?: AbortSignal): Promise<Ranked[]> {
    const hits = await vectors.search(vector, depth, { signal });
    const keys = await embeddings.paperKeysOf(hits.map(({ label }) => label));
    return hits.flatMap(({ label, score }) => {
      const key = keys.get(label);
      return key === undefined ? [] : [{ key, score }];
    });
  }

  async function page(
    ranked: Ranked[],
    { limit, cursor, query, mode }: { limit: number; cursor: Cursor | null; query: string; mode: SearchMode },
  ): Promise<Pick<SearchResult, 'items' | 'nextCursor'>> {
    const ordered = ranked.sort(byScoreThenKey);
    const rest = cursor === null ? ordered : ordered.filter((one) => byScoreThenKey(one, cursor) > 0);
    const chosen = rest.slice(0, limit);
    const items = await hydrate(chosen);
    const last = chosen.at(-1);
    const rank = (cursor?.rank ?? 0) + chosen.length;
    const more = rest.length > limit && rank < maxDepth;
    return { items, nextCursor: last && more ? encodeCursor({ ...last, rank, mode }, query) : null };
  }

  async function hydrate(ranked: readonly Ranked[]): Promise<SearchItem[]> {
    const scores = new Map(ranked.map(({ key, score }) => [key, score]));
    const found = await papers.listByKeys(ranked.map(({ key }) => key));
    return found.map((paper) => ({ paper, score: scores.get(paper.key)! }));
  }

  function chooseMode(
    wanted: SearchMode,
    { papers: all, searchable }: Coverage,
  ): { mode: SearchMode; notice: string | null } {
    if (wanted === 'keyword') return { mode: 'keyword', notice: null };
    if (all > 0 && (searchable === 0 || !embedder.isWarm)) {
      return {
        mode: 'keyword',
        notice: `Papers are still being read (${searchable} of ${all}): these are keyword matches.`,
      };
    }
    const missing = all - searchable;
    const notice =
      missing > 0
        ? `${missing} of ${all} papers can't be found by meaning yet: they are still being read.`
        : null;
    return { mode: 'semantic', notice };
  }

  return { search, rankByVector, hydrate };
}

export type Search = ReturnType<typeof createSearch>;

/** Best first; equal scores in the order in which the papers came in, so that pages never overlap. */
function byScoreThenKey(a: Ranked, b: Ranked): number {
  return b.score - a.score || a.key - b.key;
}

function checkQuery(query: string): string {
  // NUL passes URL decoding and is refused by PostgreSQL in the middle of a query.
  const text = query.replace(/\p{Cc}+/gu, ' ').trim();
  if (text === '')
    throw new AppError('invalid_input', 'q: expected some words to search for.', { details: { field: 'q' } });
  if (text.length > maxQueryLength) {
    throw new AppError(
      'invalid_input',
      `q: expected at most ${maxQueryLength} characters, not ${text.length}.`,
      { details: { field: 'q' } },
    );
  }
  return text;
}

function checkLimit(limit: number = defaultLimit): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new AppError('invalid_input', `limit: expected a whole number from 1 to ${maxLimit}.`, {
      details: { field: 'limit' },
    });
  }
  return limit;
}
