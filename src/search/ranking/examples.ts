import type { Engine } from '../../engine/engine.js';
import type { LexicalSearcher, Subset } from '../lexical/ports.js';
import { queryWeight, type RankTerm } from '../lexical/queries/rank.js';
import type { Stages } from '../stages.js';
import { nearest, round, similarities } from './dense.js';
import { type Candidate, rankHybrid, scaleOf } from './hybrid.js';
import { groupVectors, interleave } from './interests.js';
import type { SearchPlan } from './plan.js';

/** How papers are ranked that are to be like others: chosen by `npm run eval:related` and `npm run eval:profiles`. */
export const exampleParameters = {
  /** Share of meaning; the rest are words. */
  weight: 0.5,
  /** Words of an example that rank: those that tell most. */
  maxTerms: 64,
  /** A paper's likeness to a group is the mean of its likeness to so many of the nearest members, and of that to all, by halves. */
  nearest: 3,
  /** What likeness to the nearest negative takes away. */
  negativeShare: 0.5,
  /** Mean cosine similarity from which examples are one interest, and how many interests are kept apart at most. */
  interestAt: 0.3,
  maxInterests: 10,
} as const;

/** Calls to the indexes that are under way at once. */
const AT_ONCE = 8;

/** Something that hits are to be like. */
export interface PositiveExample {
  vector: Float32Array;
  /** Its words. */
  terms: readonly RankTerm[];
}

export interface ExamplesRequest {
  /** At least one. */
  positives: readonly PositiveExample[];
  negatives: readonly { vector: Float32Array }[];
  /** What every hit fulfils. The examples themselves are among the hits unless it leaves them out. */
  conditions: SearchPlan['conditions'];
  /** What passes the conditions; null: everything. */
  subset: Subset | null;
  /** Papers that are no hits besides, as the conditions say too; few. */
  without?: ReadonlySet<number> | undefined;
  /** Share of meaning, 0 to 1. */
  weight: number;
  /** Candidates of each side. */
  pool: number;
  /** Default: that of `exampleParameters`. -1: they are one interest. */
  interestAt?: number | undefined;
  stages: Stages;
  signal?: AbortSignal | undefined;
}

export interface ExampleHit extends Candidate {
  /** The interest it belongs to, and the positive that is nearest to it, by its place; its cosine similarity to that, null where it has no vector yet. */
  interest: number;
  nearest: number;
  similarity: number | null;
}

export interface ExamplesResult {
  /** Best first; of several interests each has its share of every beginning. */
  ranked: ExampleHit[];
  /** The positives by place, in groups that belong together. */
  interests: number[][];
  /** How rare each of the positives' terms is. */
  rarity: Map<string, number>;
  /** Each side has been asked for all it has. */
  isAll: boolean;
}

/**
 * Papers like the positives and unlike the negatives. Positives of different kinds are kept apart: the mean of two subjects
 * is a third one. Within a group, likeness is scored on both sides as in hybrid search.
 */
export async function rankByExamples(
  engine: Engine,
  lexical: Pick<LexicalSearcher, 'search'>,
  request: ExamplesRequest,
): Promise<ExamplesResult> {
  const { positives, negatives, interestAt: least = exampleParameters.interestAt, stages } = request;
  const { maxInterests: most } = exampleParameters;
  const interests = groupVectors(
    positives.map(({ vector }) => vector),
    { least, most },
  );
  const rarity = new Map<string, number>();
  const best = new Map<number, ExampleHit>();
  let isAll = true;
  for (const [at, members] of interests.entries()) {
    const group = { ...request, members };
    const found = await (members.length === 1 ? rankOne : rankGroup)(engine, lexical, group);
    for (const [term, rare] of found.rarity) rarity.set(term, rare);
    isAll &&= found.isAll;
    for (const hit of found.hits) {
      const known = best.get(hit.key);
      if (!known || hit.score > known.score) best.set(hit.key, { ...hit, interest: at });
    }
  }
  const hits = [...best.values()];
  const unlike = await stages.measure('dense', () => likenessTo(engine, negatives, hits));
  for (const hit of hits) {
    const taken = exampleParameters.negativeShare * Math.max(0, unlike.get(hit.key) ?? 0);
    hit.score = round(hit.score - taken);
  }
  hits.sort((a, b) => b.score - a.score || a.key - b.key);
  const lists = interests.map(({ length: size }, at) => ({
    items: hits.filter(({ interest }) => interest === at),
    size,
  }));
  return { ranked: interleave(lists), interests, rarity, isAll };
}

type GroupRequest = ExamplesRequest & { members: readonly number[] };

interface GroupResult {
  hits: Omit<ExampleHit, 'interest'>[];
  rarity: Map<string, number>;
  isAll: boolean;
}

/** Like one: as a hybrid search for its text. */
async function rankOne(
  engine: Engine,
  lexical: Pick<LexicalSearcher, 'search'>,
  { members: [member = 0], positives, ...request }: GroupRequest,
): Promise<GroupResult> {
  const { vector, terms } = positives[member]!;
  const { conditions, subset, without, weight, pool, stages, signal } = request;
  const plan = { terms, conditions, maxTerms: exampleParameters.maxTerms };
  const { ranked, words, isAll } = await rankHybrid(engine, lexical, {
    ...{ plan, vector, weight, pool, subset, without, stages, signal },
  });
  return {
    hits: ranked.map((hit) => ({ ...hit, nearest: member, similarity: hit.denseAsked })),
    rarity: new Map(terms.map(({ term }, at) => [term, words.rarity[at]!])),
    isAll,
  };
}

/** Like several that are alike. */
async function rankGroup(
  engine: Engine,
  lexical: Pick<LexicalSearcher, 'search'>,
  { members, positives, conditions, subset, without, weight, pool, stages, signal }: GroupRequest,
): Promise<GroupResult> {
  const { maxTerms } = exampleParameters;
  const examples = members.map((member) => positives[member]!);
  const found = await stages.measure('dense', () =>
    inBatches(examples, ({ vector }) => nearest(engine, vector, { k: pool, subset, without, signal })),
  );
  const near = new Map<number, number>();
  for (const { hits } of found) {
    for (const { key, score } of hits) near.set(key, Math.max(score, near.get(key) ?? -1));
  }
  const dense = [...near].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 2 * pool);
  const terms = sharedTerms(examples);
  const words = await stages.measure('lexical', () =>
    lexical.search({ terms, maxTerms, conditions, k: pool, also: dense.map(([key]) => key) }),
  );
  const scores = new Map(words.hits.map(({ key, score }) => [key, score]));
  dense.forEach(([key], at) => {
    scores.set(key, words.also[at]!);
  });
  const keys = [...scores.keys()];
  const cosines = await stages.measure('dense', () =>
    inBatches(examples, ({ vector }) => similarities(engine, vector, keys)),
  );
  const scale = scaleOf(terms, words, maxTerms);
  const ranks = {
    dense: new Map(dense.map(([key], at) => [key, at + 1])),
    lexical: new Map(words.hits.map(({ key }, at) => [key, at + 1])),
  };
  let lowest = 1;
  const hits = keys.map((key) => {
    const likeness = likenessOf(cosines.map((one) => one.get(key) ?? null));
    if (likeness !== null) lowest = Math.min(lowest, likeness.score);
    return { key, likeness, lexical: scores.get(key)! };
  });
  return {
    hits: hits.map(({ key, likeness, lexical: score }) => {
      // What isn't embedded yet is no nearer than any of the others.
      const meaning = likeness?.score ?? lowest;
      return {
        key,
        score: round(weight * meaning + (1 - weight) * (scale === 0 ? 0 : score / scale)),
        dense: likeness?.score ?? null,
        denseAsked: likeness?.score ?? null,
        lexical: score,
        denseRank: ranks.dense.get(key) ?? null,
        lexicalRank: ranks.lexical.get(key) ?? null,
        nearest: members[likeness?.nearest ?? 0]!,
        similarity: likeness?.similarity ?? null,
      };
    }),
    rarity: new Map(terms.map(({ term }, at) => [term, words.rarity[at]!])),
    isAll: found.every((one) => one.isAll) && words.hits.length < pool,
  };
}

/** From the similarities to each member; null where there are none. */
function likenessOf(
  similar: readonly (number | null)[],
): { score: number; nearest: number; similarity: number } | null {
  const known = similar.filter((one) => one !== null);
  if (known.length === 0) return null;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const top = [...known].sort((a, b) => b - a).slice(0, exampleParameters.nearest);
  const [similarity = 0] = top;
  return {
    score: round((mean(top) + mean(known)) / 2),
    nearest: similar.indexOf(similarity),
    similarity,
  };
}

/** The words of several examples: one that many have counts more, though not as often as they are many. */
function sharedTerms(examples: readonly PositiveExample[]): RankTerm[] {
  const shared = new Map<string, RankTerm>();
  for (const { terms } of examples) {
    for (const term of terms) {
      const weight = queryWeight(term.weight) / examples.length;
      const known = shared.get(term.term);
      if (known) known.weight += weight;
      else shared.set(term.term, { ...term, weight });
    }
  }
  return [...shared.values()];
}

/** Of each hit its cosine similarity to the nearest of these. */
async function likenessTo(
  engine: Engine,
  examples: readonly { vector: Float32Array }[],
  hits: readonly { key: number }[],
): Promise<Map<number, number>> {
  const keys = hits.map(({ key }) => key);
  const most = new Map<number, number>();
  for (const found of await inBatches(examples, ({ vector }) => similarities(engine, vector, keys))) {
    for (const [key, score] of found) most.set(key, Math.max(score, most.get(key) ?? -1));
  }
  return most;
}

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE)
    done.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  return done;
}
