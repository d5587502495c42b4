import type { Engine } from '../../engine/engine.js';
import type { Subset } from '../lexical/ports.js';
import type { ScoredKey } from '../lexical/queries/rank.js';

/** Steps of a score between 0 and 1: exact and approximate search sum in different orders and differ by 1e-7. */
const SCORE_STEPS = 1e6;
export const round = (score: number): number => Math.round(score * SCORE_STEPS) / SCORE_STEPS;

/** Of a filter that many papers pass, the index is asked for as many times k as probably hold k that do … */
const FETCH_MARGIN = 3;
/** … and for more if they don't, up to this; then those that pass are searched by themselves. */
const MAX_FETCH = 2_000;

/**
 * Where all papers of a filter are asked for and they are more than this, they get the scores of the vectors' copies, to some 5e-4: to read
 * a vector out of the graph takes 40 µs, to score its copy 0.3.
 */
const MAX_EXACT = 200;

export interface NearestOptions {
  k: number;
  /** The papers that may be hits; null: all. */
  subset: Subset | null;
  /** Papers that are no hits besides; few. */
  without?: ReadonlySet<number> | undefined;
  signal?: AbortSignal | undefined;
}

export interface Nearest {
  /** Best first; equal scores by ascending key. */
  hits: ScoredKey[];
  /** There are no others. */
  isAll: boolean;
}

/** The papers nearest to a vector of this engine's model, by cosine similarity. */
export async function nearest(
  engine: Engine,
  vector: Float32Array,
  options: NearestOptions,
): Promise<Nearest> {
  const { subset, without, signal } = options;
  if (without !== undefined && without.size > 0) {
    const { hits, isAll } = await nearest(engine, vector, { k: options.k + without.size, subset, signal });
    return { hits: hits.filter(({ key }) => !without.has(key)).slice(0, options.k), isAll };
  }
  const { k } = options;
  if (subset === null) {
    const hits = await engine.vectors.search(vector, k, { signal });
    return { hits: toKeys(engine, hits), isAll: hits.length < k };
  }
  if (subset.bits !== null) {
    const share = subset.count / Math.max(1, subset.total);
    for (let fetch = Math.ceil((FETCH_MARGIN * k) / share); fetch <= MAX_FETCH; fetch *= 2) {
      const found = await engine.vectors.search(vector, fetch, { signal });
      const hits = toKeys(engine, found).filter(({ key }) => hasKey(subset, key));
      if (hits.length >= k) return { hits: hits.slice(0, k), isAll: false };
    }
  }
  const { keys } = subset;
  if (keys !== null && keys.length > MAX_EXACT && keys.length <= k) {
    const scores = await similarities(engine, vector, [...keys]);
    return { hits: [...scores].map(([key, score]) => ({ key, score })).sort(byScore), isAll: true };
  }
  const labels = labelsOf(engine, keys ?? keysOf(subset.bits!));
  const hits = await engine.vectors.search(vector, k, { signal, within: labels });
  return { hits: toKeys(engine, hits), isAll: hits.length < k };
}

/** Cosine similarity of these papers to a vector, to some 5e-4 (see `scoresOf`); those without a vector yet are missing. */
export async function similarities(
  engine: Engine,
  vector: Float32Array,
  keys: readonly number[],
): Promise<Map<number, number>> {
  const known = keys.filter((key) => engine.labels.labelOf(key) !== 0);
  if (known.length === 0) return new Map();
  const scores = await engine.vectors.scoresOf(vector, labelsOf(engine, known));
  const found = known.map((key, at): [number, number] => [key, round(scores[at]!)]);
  return new Map(found.filter(([, score]) => !Number.isNaN(score)));
}

/** The vectors of these papers; null for one that has none yet. */
export async function vectorsOf(engine: Engine, keys: readonly number[]): Promise<(Float32Array | null)[]> {
  return engine.vectors.vectorsOf(keys.map((key) => engine.labels.labelOf(key)));
}

/** The sum of vectors times their weights, of length 1; null where nothing is left. */
export function combine(parts: readonly { vector: Float32Array; weight: number }[]): Float32Array | null {
  const [first] = parts;
  if (!first) return null;
  const sum = new Float32Array(first.vector.length);
  for (const { vector, weight } of parts) {
    for (let at = 0; at < sum.length; at++) sum[at]! += weight * vector[at]!;
  }
  let square = 0;
  for (const value of sum) square += value * value;
  const length = Math.sqrt(square);
  return length < 1e-6 ? null : sum.map((value) => value / length);
}

const byScore = (a: ScoredKey, b: ScoredKey): number => b.score - a.score || a.key - b.key;

function toKeys({ labels }: Engine, hits: readonly { label: number; score: number }[]): ScoredKey[] {
  return hits
    .map(({ label, score }) => ({ key: labels.keyOf(label), score: round(score) }))
    .filter(({ key }) => key !== 0)
    .sort(byScore);
}

function labelsOf({ labels }: Engine, keys: Iterable<number>): Uint32Array<ArrayBuffer> {
  const found: number[] = [];
  for (const key of keys) {
    const label = labels.labelOf(key);
    if (label !== 0) found.push(label);
  }
  return Uint32Array.from(found);
}

function hasKey({ bits }: Subset, key: number): boolean {
  return ((bits![key >> 3] ?? 0) & (1 << (key & 7))) !== 0;
}

function* keysOf(bits: Uint8Array): Generator<number> {
  for (let at = 0; at < bits.length; at++) {
    for (let bit = 0; bits[at]! >> bit > 0; bit++) if ((bits[at]! >> bit) & 1) yield at * 8 + bit;
  }
}
