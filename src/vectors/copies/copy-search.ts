import { clampScore, createBest, createTopK } from '../exact.js';
import type { Hit, Label } from '../ports.js';
import { dot } from '../vector.js';
import type { QuantisedVectors } from './quantised.js';

/** Work that yields where other work may go between. */
export type Steps<T> = Generator<void, T>;

/** How long it works between two yields: what another search waits for at most. */
export const SEARCH_SLICE_MS = 5;

/** Rows scored between two looks at the time: some 0.3 ms. */
const ROWS_PER_LOOK = 4_096;

/** Candidates scored again between two looks: 0.5 ms, where they come from the graph. */
const VECTORS_PER_LOOK = 16;

/** Candidates of a search for k that are kept, before those too far behind the k-th are dropped. */
const candidatesFor = (k: number): number => 4 * k + 32;

/** Yields where it is asked to and `sliceMs` have passed since it last did. */
export function createPacer(sliceMs: number) {
  let end = performance.now() + sliceMs;
  return {
    *pause(): Steps<void> {
      if (performance.now() < end) return;
      yield;
      end = performance.now() + sliceMs;
    },
  };
}

export interface CopySearch {
  copies: QuantisedVectors;
  query: Float32Array;
  k: number;
  /** The slots to look into; null: all. */
  chosen: Uint32Array | null;
  /** Whether the label may be a hit. A slot may have got another label while the search had paused. */
  isHit(label: Label): boolean;
  /** The exact vector; undefined where the label is no longer live. */
  vector(label: Label): Float32Array | undefined;
  sliceMs: number;
}

/**
 * The k best, found by their copies and ranked by their exact scores. Those of a search that pauses are of the
 * vectors that were live throughout, and perhaps of some that came in meanwhile.
 */
export function* searchCopies(search: CopySearch): Steps<Hit[]> {
  const { copies, query, k, chosen, isHit, vector } = search;
  const pacer = createPacer(search.sliceMs);
  const best = createTopK(k);
  const count = chosen?.length ?? copies.slots;
  if (count === 0) return [];
  const nearest = createBest(Math.min(candidatesFor(k), count));
  const coded = copies.code(query);
  for (let from = 0; from < count; from += ROWS_PER_LOOK) {
    const to = Math.min(from + ROWS_PER_LOOK, count);
    copies.score(coded, { chosen, from, to }, nearest.offer);
    yield* pacer.pause();
  }
  const candidates = nearest.hits();
  const kth = candidates[k - 1]?.score ?? Number.NEGATIVE_INFINITY;
  const least = kth - 2 * copies.scoreError;
  let found = 0;
  for (const [i, { label, score }] of candidates.entries()) {
    if (found >= k && score < least) break;
    if (i % VECTORS_PER_LOOK === 0) yield* pacer.pause();
    const exact = isHit(label) ? vector(label) : undefined;
    if (exact === undefined) continue;
    best.offer(label, clampScore(dot(query, exact)));
    found++;
  }
  return best.hits();
}
