import type { Engine } from '../../engine/engine.js';
import type { Paper } from '../../papers/paper.js';
import { AppError } from '../../platform/errors.js';
import type { RankTerm } from '../lexical/queries/rank.js';
import { combine } from './dense.js';
import type { PositiveExample } from './examples.js';
import type { SearchPlan } from './plan.js';
import { readExamples } from './read-examples.js';

/** How long a search waits for its query's vector, 100 times what it takes: a model that is slower has too much to do. */
export const EMBED_PATIENCE_MS = 1_500;

/** How often a typed word counts, against one of a paper's: it was chosen. */
const TYPED_WEIGHT = 3;

export interface QueryVectorDeps {
  engine: Engine;
  signal?: AbortSignal | undefined;
}

/** @throws AppError timeout, overloaded, cancelled, model_unavailable */
export async function embedText(text: string, { engine, signal }: QueryVectorDeps): Promise<Float32Array> {
  const patience = AbortSignal.timeout(EMBED_PATIENCE_MS);
  const both = signal === undefined ? patience : AbortSignal.any([signal, patience]);
  try {
    return await engine.embedder.embedQuery(text, { signal: both });
  } catch (error) {
    if (!patience.aborted || signal?.aborted) throw error;
    throw new AppError('timeout', `The query could not be embedded within ${EMBED_PATIENCE_MS} ms.`, {
      cause: error,
      retryAfter: 1,
    });
  }
}

export interface Likes {
  positive: readonly Paper[];
  negative: readonly Paper[];
}

/**
 * What a query with `like:` and `-like:` looks for: each paper as the query's words turn it, so that “efficient like:X” is
 * of X's subject and efficient.
 * @throws AppError invalid_query where nothing says what is wanted, timeout, overloaded, cancelled, model_unavailable
 */
export async function readLikes(
  plan: Pick<SearchPlan, 'text' | 'terms'>,
  likes: Likes,
  deps: QueryVectorDeps,
): Promise<{ positives: PositiveExample[]; negatives: PositiveExample[] }> {
  const without = (some: readonly Paper[], others: readonly Paper[]): Paper[] =>
    some.filter(({ key }) => !others.some((other) => other.key === key));
  const positive = without(likes.positive, likes.negative);
  if (plan.text === '' && positive.length === 0) {
    const why =
      likes.positive.length > 0
        ? 'like: and -like: take each other back; nothing is left to look for.'
        : 'expected some words or like: beside -like:.';
    throw new AppError('invalid_query', `q: ${why}`, { details: { field: 'q' } });
  }
  const [typed, positives, negatives] = await Promise.all([
    plan.text === '' ? null : embedText(plan.text, deps),
    readExamples(positive, deps),
    readExamples(without(likes.negative, likes.positive), deps),
  ]);
  if (typed === null) return { positives, negatives };
  if (positives.length === 0) return { positives: [{ vector: typed, terms: plan.terms }], negatives };
  const turned = positives.map(({ vector, terms }) => ({
    vector: combine([typed, vector].map((part) => ({ vector: part, weight: 1 }))) ?? vector,
    terms: withTyped(terms, plan.terms),
  }));
  return { positives: turned, negatives };
}

function withTyped(terms: readonly RankTerm[], typed: readonly RankTerm[]): RankTerm[] {
  const all = new Map(terms.map((term) => [term.term, { ...term }]));
  for (const term of typed) {
    const weight = TYPED_WEIGHT * term.weight;
    all.set(term.term, { ...term, weight: weight + (all.get(term.term)?.weight ?? 0) });
  }
  return [...all.values()];
}
