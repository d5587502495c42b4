import type { Static } from 'typebox';
import { type TObject, Type } from 'typebox';
import { DEFAULT_MIN_SCORE } from '../recommendations/recommend.js';
import {
  DEFAULT_RECOMMENDED,
  type Example,
  MAX_EXAMPLE_TEXT,
  MAX_EXAMPLES,
  MAX_RECOMMENDED,
  type RecommendRequest,
  type RecommendResult,
  type RecommendSort,
  recommendSorts,
} from '../recommendations/request.js';
import { invalid } from '../search/request.js';
import { PaperRef, paperView } from './paper-view.js';
import { EngineFields, FormatParameter, queryParameters } from './search-schema.js';

export const DEFAULT_RELATED = 10;

const { q: _query, ...filterParameters } = queryParameters;

const nullable = <T extends TObject | ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(
  schema: T,
  description: string,
) => Type.Union([schema, Type.Null()], { description });

/** Of both endpoints. */
const choices = {
  ...filterParameters,
  sort: Type.Optional(
    Type.Unsafe<RecommendSort>({
      type: 'string',
      enum: [...recommendSorts],
      description:
        '`similar` when not given; the others put the most similar `limit` papers in another order.',
    }),
  ),
  diversity: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0,
      description: '0: by score alone. 1: each as unlike those before it as can be.',
    }),
  ),
  weight: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Share of meaning in the score; the rest are words.',
    }),
  ),
  minScore: Type.Optional(
    Type.Number({
      description: `Papers with a lower score are left out; ${DEFAULT_MIN_SCORE} when not given, below which papers are mostly unrelated.`,
    }),
  ),
  reasons: Type.Optional(Type.Boolean({ default: true, description: 'Say of each paper why it is there.' })),
};

const limitOf = (fallback: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_RECOMMENDED, default: fallback }));

export const RelatedQuery = Type.Object(
  { limit: limitOf(DEFAULT_RELATED), ...choices, ...FormatParameter },
  { additionalProperties: false },
);

const addedSince = {
  addedSince: Type.Optional(
    Type.Unsafe<string>({
      type: 'string',
      anyOf: [{ format: 'date-time' }, { format: 'date' }],
      description: 'Only papers that came in at or after this time, or on or after this day (UTC).',
    }),
  ),
};

const ExampleInput = Type.Union(
  [
    Type.String({ maxLength: 2_048, description: 'Any id of a paper.' }),
    Type.Object(
      {
        text: Type.String({ maxLength: MAX_EXAMPLE_TEXT }),
        title: Type.Optional(Type.String({ maxLength: 1_000 })),
      },
      {
        additionalProperties: false,
        description: 'A text of one’s own: words, or an abstract with its title.',
      },
    ),
  ],
  { description: 'A paper, or a text.' },
);

export const RecommendBody = Type.Object(
  {
    positives: Type.Array(ExampleInput, {
      minItems: 1,
      maxItems: MAX_EXAMPLES,
      description: 'What results are to be like. Several subjects are kept apart.',
    }),
    negatives: Type.Optional(
      Type.Array(ExampleInput, { maxItems: MAX_EXAMPLES, description: 'What they are to be unlike.' }),
    ),
    limit: limitOf(DEFAULT_RECOMMENDED),
    ...addedSince,
    ...choices,
  },
  { additionalProperties: false },
);

const Reason = Type.Object({
  nearest: Type.Object(
    {
      id: nullable(Type.String(), 'Null for a text.'),
      title: Type.String(),
      similarity: Type.Number({ description: 'Cosine similarity, -1 to 1.' }),
    },
    { description: 'The positive that is nearest to the paper.' },
  ),
  terms: Type.Array(
    Type.Object({
      term: Type.String({ description: 'As the paper spells it.' }),
      weight: Type.Number({ description: 'How rare it is, times how often both have it.' }),
    }),
    { description: 'Words that both have, the most telling first.' },
  ),
  sentences: nullable(
    Type.Object({ given: Type.String(), result: Type.String(), similarity: Type.Number() }),
    'The pair of sentences with most in common, by words weighted by their rarity; null where none share two.',
  ),
});

const answer = {
  items: Type.Array(
    Type.Object({
      paper: PaperRef,
      score: Type.Number({ description: 'Mostly 0 to 1; comparable within one answer.' }),
      similarity: nullable(
        Type.Number(),
        'Cosine similarity to the nearest positive; null where the paper has no vector yet.',
      ),
      interest: Type.Integer({ description: 'Place in `interests`, from 0.' }),
      reason: nullable(Reason, 'Null where reasons were not asked for.'),
    }),
  ),
  interests: Type.Array(
    Type.Object({
      name: Type.String({ description: 'What its papers have in common, in words of theirs.' }),
      members: Type.Array(
        Type.Object({ id: nullable(Type.String(), 'Null for a text.'), title: Type.String() }),
      ),
    }),
    { description: 'Positives that belong together, the largest group first.' },
  ),
  missing: Type.Array(Type.String(), { description: 'What names no paper here.' }),
  notice: nullable(Type.String(), 'Why the answer may be incomplete.'),
  ...EngineFields,
};

export const RecommendAnswer = Type.Object(answer);

/** Parameters beside the library. */
export const ProfileQuery = {
  limit: limitOf(DEFAULT_RECOMMENDED),
  ...addedSince,
  ...choices,
};

export const ProfileAnswer = Type.Object({
  ...answer,
  books: Type.Object(
    {
      entries: Type.Integer({ description: 'Read from the library.' }),
      papers: Type.Integer({ description: 'Papers of this collection among them.' }),
      texts: Type.Integer({ description: 'Others, which stand by their titles and abstracts.' }),
      unknown: Type.Integer({ description: 'Ids that name no paper here; see `missing`.' }),
      left: Type.Integer({ description: 'Older ones that did not count.' }),
      problems: Type.Integer({ description: 'What could not be read.' }),
    },
    { description: 'What became of the library.' },
  ),
  problemList: Type.Array(
    Type.Object({ line: Type.Integer(), reason: Type.String(), excerpt: Type.String() }),
  ),
});

type Choices = Omit<Static<typeof RelatedQuery>, 'limit' | 'format'>;

/** What both endpoints share, as the service wants it. */
export function choicesOf({ sort, diversity, weight, minScore, reasons = true, ...filters }: Choices) {
  return { filters, sort, diversity, weight, minScore, reasons };
}

/** @throws AppError invalid_input: the formats let seconds and offsets pass that no calendar has */
export function timeOf(addedSince: string | undefined): Date | undefined {
  if (addedSince === undefined) return undefined;
  const time = new Date(addedSince);
  if (Number.isNaN(time.getTime()))
    throw invalid('addedSince', 'a day or a time such as 2026-03-01T12:00:00Z');
  return time;
}

export const exampleOf = (given: Static<typeof ExampleInput>): Example =>
  typeof given === 'string' ? { ref: given } : given;

/** The body as a request. */
export function recommendRequestOf({
  positives,
  negatives = [],
  limit,
  addedSince,
  ...rest
}: Static<typeof RecommendBody>): RecommendRequest {
  return {
    positives: positives.map(exampleOf),
    negatives: negatives.map(exampleOf),
    limit,
    addedSince: timeOf(addedSince),
    ...choicesOf(rest),
  };
}

export function recommendView({ items, ...rest }: RecommendResult): Static<typeof RecommendAnswer> {
  return { items: items.map(({ paper, ...item }) => ({ paper: paperView(paper), ...item })), ...rest };
}
