import type { Engine } from '../../engine/engine.js';
import { dot } from '../../vectors/vector.js';
import type { LexicalAnswer, LexicalSearcher, Subset } from '../lexical/ports.js';
import { mostTelling, queryWeight, type RankTerm, type ScoredKey } from '../lexical/queries/rank.js';
import type { Stages } from '../stages.js';
import { combine, nearest, round, similarities, vectorsOf } from './dense.js';
import type { SearchPlan } from './plan.js';

/** How the two sides are put together, tuned on the train splits of scifact and scitldr (scripts/eval/). */
export const hybridParameters = {
  /** Share of meaning; the rest are words. */
  weight: 0.5,
  /** How much of what BM25 is divided by is the query's own ceiling; the rest is the best hit's score. */
  ceilingShare: 0.75,
  /** How far the query's vector is moved towards the mean of the best hits' vectors, and of how many. */
  moveBy: 0.15,
  moveHits: 3,
  /** Candidates of each side. */
  pool: 200,
} as const;

export interface Candidate {
  key: number;
  /** What hits are ordered by, 0 to 1 but for papers that are opposed to the query. */
  score: number;
  /** Cosine similarity to the query as moved, and as asked; null: the paper has no vector yet. */
  dense: number | null;
  denseAsked: number | null;
  /** BM25; 0 where no word of the query is found. */
  lexical: number;
  /** Ranks on either side, from 1; null: it was no candidate of that side. */
  denseRank: number | null;
  lexicalRank: number | null;
}

export interface HybridRequest {
  plan: { terms: readonly RankTerm[]; conditions: SearchPlan['conditions']; maxTerms?: number };
  vector: Float32Array;
  /** Share of meaning, 0 to 1. */
  weight: number;
  /** Candidates of each side. */
  pool: number;
  /** What passes the conditions; null: everything. */
  subset: Subset | null;
  /** Papers that are no hits besides, as the conditions say too; few. */
  without?: ReadonlySet<number> | undefined;
  /** Asked of the word index besides. */
  extras?: { facets?: boolean | undefined; words?: readonly string[] | undefined };
  stages: Stages;
  signal?: AbortSignal | undefined;
}

export interface HybridResult {
  /** Best first. */
  ranked: Candidate[];
  words: LexicalAnswer;
  /** Each side has been asked for all it has. */
  isAll: boolean;
}

/**
 * Both sides' candidates, each scored on both sides: a convex combination of cosine similarity and of BM25 through
 * what the query's words can give (after Bruch, Gai and Ingber, 2023, “An analysis of fusion functions for hybrid
 * retrieval”). Neither depends on how many candidates there are, so a deeper page is scored as the first one was. Then the
 * query's vector is moved towards the best hits (Rocchio, 1971), and the dense side scored again; a hit doesn't move the
 * query towards itself.
 */
export async function rankHybrid(
  engine: Engine,
  lexical: Pick<LexicalSearcher, 'search'>,
  request: HybridRequest,
): Promise<HybridResult> {
  const { plan, vector, pool, subset, without, extras = {}, stages, signal } = request;
  const asked = await stages.measure('dense', () =>
    nearest(engine, vector, { k: pool, subset, without, signal }),
  );
  const words = await stages.measure('lexical', () =>
    lexical.search({
      terms: plan.terms,
      maxTerms: plan.maxTerms,
      conditions: plan.conditions,
      k: pool,
      also: asked.hits.map(({ key }) => key),
      ...extras,
    }),
  );
  const cosines = new Map(asked.hits.map(({ key, score }) => [key, score]));
  const missing = words.hits.map(({ key }) => key).filter((key) => !cosines.has(key));
  const others = await stages.measure('dense', () => similarities(engine, vector, missing));
  for (const [key, score] of others) cosines.set(key, score);
  const scores = new Map(words.hits.map(({ key, score }) => [key, score]));
  asked.hits.forEach(({ key }, at) => {
    scores.set(key, words.also[at]!);
  });
  const union = { cosines, scores, scale: scaleOf(plan.terms, words, plan.maxTerms) };
  const first = fuse(union, request.weight);
  const moved = await stages.measure('dense', () => move(engine, { ...request, best: first }));
  const ranks = { dense: ranksOf(asked.hits), lexical: ranksOf(words.hits) };
  const ranked = fuse({ ...union, cosines: moved ?? cosines }, request.weight).map(
    ({ key, score, cosine, lexical: found }): Candidate => ({
      key,
      score,
      dense: cosine,
      denseAsked: cosines.get(key) ?? null,
      lexical: found,
      denseRank: ranks.dense.get(key) ?? null,
      lexicalRank: ranks.lexical.get(key) ?? null,
    }),
  );
  return { ranked, words, isAll: asked.isAll && words.hits.length < pool };
}

/**
 * What BM25 is divided by: between what a paper with every word of the query again and again would score and what the best
 * one does. The one alone gives too little weight to words where no paper has them all, the other too much where
 * none fits.
 */
export function scaleOf(
  terms: readonly RankTerm[],
  { rarity, hits }: Pick<LexicalAnswer, 'rarity' | 'hits'>,
  maxTerms = terms.length,
): number {
  const telling = mostTelling(
    terms.map(({ weight }, at) => ({ weight, rare: rarity[at]! })),
    maxTerms,
  );
  const ceiling = telling.reduce((sum, { weight, rare }) => sum + queryWeight(weight) * rare, 0);
  const best = hits[0]?.score ?? 0;
  const { ceilingShare } = hybridParameters;
  return best === 0 ? 0 : ceiling ** ceilingShare * best ** (1 - ceilingShare);
}

interface Union {
  /** Cosine similarities; a paper without a vector is missing. */
  cosines: ReadonlyMap<number, number>;
  /** BM25 of every candidate. */
  scores: ReadonlyMap<number, number>;
  scale: number;
}

interface Fused extends ScoredKey {
  cosine: number | null;
  lexical: number;
}

/** Best first; equal scores by ascending key. */
function fuse({ cosines, scores, scale }: Union, weight: number): Fused[] {
  // What isn't embedded yet is no nearer than any of the others.
  let lowest = 1;
  for (const cosine of cosines.values()) lowest = Math.min(lowest, cosine);
  const fused = [...scores].map(([key, lexical]) => {
    const cosine = cosines.get(key) ?? null;
    const meaning = cosine ?? (cosines.size === 0 ? 0 : lowest);
    const words = scale === 0 ? 0 : lexical / scale;
    return { key, cosine, lexical, score: round(weight * meaning + (1 - weight) * words) };
  });
  return fused.sort((a, b) => b.score - a.score || a.key - b.key);
}

/** Every candidate's similarity to the query as the best hits move it; null where there are none with a vector. */
async function move(
  engine: Engine,
  { vector, best }: HybridRequest & { best: readonly Fused[] },
): Promise<Map<number, number> | null> {
  const { moveBy, moveHits } = hybridParameters;
  const near = best.filter(({ cosine }) => cosine !== null);
  const keys = near.slice(0, moveHits).map(({ key }) => key);
  const found = await vectorsOf(engine, keys);
  const tops = keys.flatMap((key, at) => (found[at] ? [{ key, vector: found[at] }] : []));
  if (tops.length === 0) return null;
  const towards = (parts: readonly { vector: Float32Array }[]): Float32Array | null =>
    combine([
      { vector, weight: 1 - moveBy },
      ...parts.map((part) => ({ vector: part.vector, weight: moveBy / parts.length })),
    ]);
  const moved = towards(tops);
  if (moved === null) return null;
  const rest = near.map(({ key }) => key).filter((key) => !tops.some((top) => top.key === key));
  const cosines = await similarities(engine, moved, rest);
  for (const top of tops) {
    const without = towards(tops.filter((other) => other !== top));
    if (without !== null) cosines.set(top.key, round(dot(without, top.vector)));
  }
  return cosines;
}

function ranksOf(hits: readonly ScoredKey[]): Map<number, number> {
  return new Map(hits.map(({ key }, at) => [key, at + 1]));
}
