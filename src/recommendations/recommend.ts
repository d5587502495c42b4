import type { Engine, EngineAccess } from '../engine/engine.js';
import type { Paper } from '../papers/paper.js';
import type { PaperStore } from '../papers/paper-store.js';
import { type CopyText, copyTextOf, isCopy } from '../papers/same-paper.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import type { LexicalSearcher } from '../search/lexical/ports.js';
import { withFilters } from '../search/query/filters.js';
import { vectorsOf } from '../search/ranking/dense.js';
import {
  type ExampleHit,
  type ExamplesResult,
  exampleParameters,
  rankByExamples,
} from '../search/ranking/examples.js';
import { interleave } from '../search/ranking/interests.js';
import { planQuery } from '../search/ranking/plan.js';
import { readExamples as readVectors } from '../search/ranking/read-examples.js';
import type { Coverage } from '../search/readiness.js';
import { invalid } from '../search/request.js';
import { createStages } from '../search/stages.js';
import { diversify } from './diversify.js';
import { type ReadExample, readExamples, titleOf } from './read-examples.js';
import { commonGround, nameOf, type Rarity } from './reasons.js';
import {
  DEFAULT_RECOMMENDED,
  type Interest,
  MAX_RECOMMENDED,
  type Recommendation,
  type RecommendRequest,
  type RecommendResult,
  type RecommendSort,
  recommendSorts,
} from './request.js';
import { readTextFacts, type TextFacts } from './text-facts.js';
import { createTurns } from './turns.js';

/** Candidates of each side for each result: enough to choose unlike ones from. */
const POOL_FACTOR = 2;
const MIN_POOL = 200;

/** Candidates that diversity chooses from, for each result. */
const DIVERSITY_FACTOR = 3;
const MAX_DIVERSIFIED = 600;

/** Looked at at once beyond what is missing: copies, and papers that went away. */
const SPARE = 20;

/** Cosine similarity from which a result may be a copy of an example: the same text gives some .9 and more. */
const MAYBE_COPY = 0.75;

/** Copies of one paper have nearly the same vector and words: their scores are no further apart. */
const COPY_SCORES = 0.05;

/** What is less like the examples is not worth recommending, where nothing else is asked for: unrelated papers have .05 and less. */
export const DEFAULT_MIN_SCORE = 0.1;

/** Filters that leave at most so many papers are answered by exact search over these. */
const SUBSET_KEYS = 20_000;

/** Examples that are dropped behind the vector index, which is asked for as many more; of more its search is filtered. */
const MAX_DROPPED = 250;

export interface RecommendDeps {
  papers: Pick<PaperStore, 'listByIds' | 'listByKeys'>;
  engines: EngineAccess;
  lexical: Pick<LexicalSearcher, 'search' | 'subset'>;
  coverage: () => Promise<Coverage>;
  clock: Clock;
}

/** Papers like some and unlike others, and why. */
export function createRecommend({ papers, engines, lexical, coverage, clock }: RecommendDeps) {
  /**
   * Never one of the examples, another version or a copy of one. Of several interests each has its share of every beginning.
   * @throws AppError invalid_input and invalid_query that name the field, paper_not_found where no positive is known,
   *   overloaded, timeout, cancelled, index_unavailable, model_unavailable
   */
  async function recommend(request: RecommendRequest): Promise<RecommendResult> {
    const { limit, diversity, weight, sort, accepts } = check(request);
    const positives = await readExamples(request.positives, { field: 'positives', papers });
    const negatives = await readExamples(request.negatives ?? [], { field: 'negatives', papers });
    if (positives.examples.length === 0) {
      const [ref] = positives.missing;
      if (ref === undefined) throw invalid('positives', 'at least one paper or text');
      throw new AppError('paper_not_found', `No paper is known as “${ref.slice(0, 200)}”.`, {
        details: { id: ref.slice(0, 200) },
      });
    }
    const given = [...positives.examples, ...negatives.examples];
    const { signal } = request;
    return engines.with(async (engine) => {
      const keys = [...new Set([...given.flatMap(({ key }) => key ?? []), ...(request.without ?? [])])];
      const { conditions, isFiltered } = conditionsOf(request, keys, clock.now());
      const deps = { engine, signal };
      const found = await rankByExamples(engine, lexical, {
        positives: await readVectors(positives.examples, deps),
        negatives: await readVectors(negatives.examples, deps),
        conditions,
        ...(isFiltered || keys.length > MAX_DROPPED
          ? { subset: await lexical.subset(conditions, SUBSET_KEYS) }
          : { subset: null, without: new Set(keys) }),
        weight,
        pool: Math.max(MIN_POOL, POOL_FACTOR * limit),
        stages: createStages(),
        signal,
      });
      const ranked = found.ranked.filter(accepts);
      const chosen = await choose(engine, ranked, {
        k: limit + SPARE,
        diversity,
        sizes: found.interests.map(({ length }) => length),
      });
      const hydrated = await hydrate(chosen, given, limit);
      const facts = createFacts(positives.examples);
      const items: Recommendation[] = [];
      for await (const one of withReasons(sorted(hydrated, sort), {
        ...{ found, facts, given: positives.examples, first: firstWithReasons(request, limit) },
      }))
        items.push(one);
      const { papers: all, searchable } = await coverage();
      return {
        items,
        interests: interestsOf(found, positives.examples, facts),
        missing: [...positives.missing, ...negatives.missing],
        notice:
          searchable < all
            ? `${all - searchable} of ${all} papers can't be found by meaning yet: they are still being read.`
            : null,
        model: engine.modelId,
        epoch: engine.epoch,
      };
    });
  }

  /** The papers of the best hits that are no copies of an example or of one before them. */
  async function hydrate(
    hits: readonly ExampleHit[],
    given: readonly ReadExample[],
    limit: number,
  ): Promise<Hydrated[]> {
    const kept: (Hydrated & { text: CopyText })[] = [];
    const nextTurn = createTurns();
    const givenTexts = new Map<ReadExample, CopyText>();
    const textOf = (example: ReadExample): CopyText => {
      const text = givenTexts.get(example) ?? copyTextOf(example);
      givenTexts.set(example, text);
      return text;
    };
    const isTwice = (text: CopyText, { similarity, score }: ExampleHit): boolean =>
      ((similarity ?? 0) >= MAYBE_COPY && given.some((example) => isCopy(textOf(example), text))) ||
      kept.some((other) => Math.abs(other.hit.score - score) <= COPY_SCORES && isCopy(other.text, text));
    for (let from = 0; from < hits.length && kept.length < limit; ) {
      const part = hits.slice(from, from + limit - kept.length + SPARE);
      from += part.length;
      const byKey = new Map(part.map((hit) => [hit.key, hit]));
      for (const paper of await papers.listByKeys([...byKey.keys()])) {
        const hit = byKey.get(paper.key)!;
        const text = copyTextOf(paper);
        if (!isTwice(text, hit)) kept.push({ paper, hit, text });
        await nextTurn();
      }
    }
    return kept.slice(0, limit);
  }

  return { recommend };
}

export type Recommend = ReturnType<typeof createRecommend>;

interface Hydrated {
  paper: Paper;
  hit: ExampleHit;
}

function check({
  limit = DEFAULT_RECOMMENDED,
  diversity = 0,
  weight = exampleParameters.weight,
  sort = 'similar',
  minScore = DEFAULT_MIN_SCORE,
  accepts = ({ score }) => score >= minScore,
}: RecommendRequest) {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_RECOMMENDED)
    throw invalid('limit', `a whole number from 1 to ${MAX_RECOMMENDED}`);
  if (!(diversity >= 0 && diversity <= 1)) throw invalid('diversity', 'a number from 0 to 1');
  if (!(weight >= 0 && weight <= 1)) throw invalid('weight', 'a number from 0 to 1');
  if (!recommendSorts.includes(sort)) throw invalid('sort', `one of ${recommendSorts.join(', ')}`);
  if (!Number.isFinite(minScore)) throw invalid('minScore', 'a number');
  return { limit, diversity, weight, sort, accepts };
}

function firstWithReasons({ reasons = true }: RecommendRequest, limit: number): number {
  if (typeof reasons === 'number') return reasons;
  return reasons ? limit : 0;
}

/** What every result fulfils: the filters, and that it is none of the examples. */
function conditionsOf(
  { filters = {}, addedSince, within }: RecommendRequest,
  keys: readonly number[],
  now: Date,
) {
  const { conditions } = planQuery(withFilters({ terms: [] }, filters), now);
  if (within) conditions.push({ op: 'keys', keys: within });
  if (addedSince) conditions.push({ op: 'created', from: addedSince.getTime() });
  // Leaving a few out is no filter that the vectors would have to be searched another way for.
  const isFiltered = conditions.length > 0;
  if (keys.length > 0) conditions.push({ op: 'not', condition: { op: 'keys', keys } });
  return { conditions, isFiltered };
}

/** In the order in which they are to be taken; the rest behind those that are wanted. */
async function choose(
  engine: Engine,
  ranked: readonly ExampleHit[],
  { k, diversity, sizes }: { k: number; diversity: number; sizes: readonly number[] },
): Promise<ExampleHit[]> {
  if (diversity === 0) return [...ranked];
  const pool = ranked.slice(0, Math.min(MAX_DIVERSIFIED, DIVERSITY_FACTOR * k));
  const vectors = await vectorsOf(
    engine,
    pool.map(({ key }) => key),
  );
  const byKey = new Map(pool.map(({ key }, at) => [key, vectors[at] ?? null]));
  const lists: { items: ExampleHit[]; size: number }[] = [];
  for (const [interest, size] of sizes.entries()) {
    const hits = pool.filter((hit) => hit.interest === interest);
    const places = await diversify(
      hits.map(({ key, score }) => ({ score, vector: byKey.get(key) ?? null })),
      { k, diversity },
    );
    lists.push({ items: places.map((at) => hits[at]!), size });
  }
  const chosen = new Set(interleave(lists));
  return [...chosen, ...ranked.filter((hit) => !chosen.has(hit))];
}

const byDate = (a: Paper, b: Paper): number =>
  (b.date ?? '') < (a.date ?? '') ? -1 : Number((b.date ?? '') > (a.date ?? ''));

function sorted(hydrated: readonly Hydrated[], sort: RecommendSort): readonly Hydrated[] {
  if (sort === 'similar') return hydrated;
  return [...hydrated].sort((a, b) =>
    sort === 'newest' ? byDate(a.paper, b.paper) : (b.paper.upvotes ?? -1) - (a.paper.upvotes ?? -1),
  );
}

type Facts = (place: number) => TextFacts;

/** Read when first asked for: most positives are nearest to nothing. */
function createFacts(examples: readonly ReadExample[]): Facts {
  const read = new Map<number, TextFacts>();
  return (place) => {
    const facts = read.get(place) ?? readTextFacts(examples[place]!);
    read.set(place, facts);
    return facts;
  };
}

interface ReasonOptions {
  found: ExamplesResult;
  facts: Facts;
  given: readonly ReadExample[];
  /** How many are given a reason. */
  first: number;
}

async function* withReasons(
  hydrated: readonly Hydrated[],
  { found: { rarity }, facts, given, first }: ReasonOptions,
): AsyncGenerator<Recommendation> {
  const nextTurn = createTurns();
  for (const [at, { paper, hit }] of hydrated.entries()) {
    const { score, similarity, interest, nearest } = hit;
    const example = given[nearest]!;
    const isExplained = at < first;
    const reason = isExplained
      ? {
          nearest: { id: example.id, title: titleOf(example), similarity: similarity ?? 0 },
          ...commonGround(facts(nearest), readTextFacts(paper), rarity),
        }
      : null;
    yield { paper, score, similarity, interest, reason };
    if (isExplained) await nextTurn();
  }
}

function interestsOf(
  { interests, rarity }: { interests: readonly number[][]; rarity: Rarity },
  given: readonly ReadExample[],
  facts: Facts,
): Interest[] {
  return interests.map((members) => ({
    name: nameOf(members.map(facts), rarity),
    members: members.map((at) => ({ id: given[at]!.id, title: titleOf(given[at]!) })),
  }));
}
