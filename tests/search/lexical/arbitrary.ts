import fc from 'fast-check';
import { soughtWords } from '../../../src/papers/name-words.js';
import type { LexicalDocument } from '../../../src/search/lexical/document.js';
import type { Condition } from '../../../src/search/lexical/queries/conditions.js';
import type { RankTerm } from '../../../src/search/lexical/queries/rank.js';
import { termOf } from '../../../src/search/text/terms.js';
import { rankTerm } from './lexical-fixture.js';

/** Few enough that papers share them, of all kinds: inflected, stop words, compounds, signs, other letters. */
const words = 'ant ants bee cat the of 42 ant-bee l2 c++ größe naïve 𝔻og β δέντρο'.split(' ');
const searched = 'ant bee cat the of 42 antbee l2 c++ grosse naive dog beta δεντρο unknown'
  .split(' ')
  .map(termOf);
const names = ['Ada Bee', 'A. Bee', 'Bee Cat', 'Ada-Cat Dog', 'Zoë Änt', 'Cat', 'Ant, Z. A.', 'C B van Dog'];
const nameWord = fc.constantFrom('ada', 'bee', 'cat', 'dog', 'zoe', 'ant', 'nobody');
const soughtWord = fc.constantFrom(
  ...'ada bee cat dog zoë änt aent nobody a b z Ada-Cat adacat van'.split(' '),
);

/** Of distinct keys, so that each may be in one batch. */
export const KEYS = 14;
const key = fc.integer({ min: 1, max: KEYS });

const text = (maxLength: number) =>
  fc.array(fc.constantFrom(...words), { maxLength }).map((list) => list.join(' '));

const date = fc.constantFrom(null, '2023', '2023-05', '2023-05-10', '2023-06-01', '2024', '2024-01-01');

const document: fc.Arbitrary<LexicalDocument> = fc.record({
  key,
  title: text(5),
  abstract: text(12),
  authors: fc.array(fc.constantFrom(...names), { maxLength: 3 }),
  categories: fc.subarray(['cs.LG', 'cs.AI', 'math.CO', 'cs']),
  sources: fc.subarray(['jsonl', 'listing'], { minLength: 1 }),
  venue: fc.constantFrom(null, 'Ant Journal', 'Journal of Ant-Bee Cats', 'Bee'),
  date,
  upvotes: fc.option(fc.nat(3)),
  heat: fc.option(fc.constantFrom(-3.5, 0, 5_180.25, 5_180.5)),
  hasCode: fc.boolean(),
  createdAt: fc.integer({ min: 0, max: 5_000 }),
});

export type Change =
  | { op: 'put'; documents: LexicalDocument[] }
  | { op: 'upvotes'; key: number; upvotes: number }
  | { op: 'remove'; keys: number[] }
  | { op: 'tidy' };

const put = (maxLength: number) =>
  fc.record({
    op: fc.constant('put' as const),
    documents: fc.uniqueArray(document, { selector: (one) => one.key, minLength: 1, maxLength }),
  });

export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    // Many small batches: segments become due for merging at eight.
    { weight: 8, arbitrary: put(2) },
    { weight: 1, arbitrary: put(KEYS) },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant('upvotes' as const), key, upvotes: fc.nat(5) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ op: fc.constant('remove' as const), keys: fc.array(key, { maxLength: 3 }) }),
    },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('tidy' as const) }) },
  ),
  { maxLength: 40, size: 'max' },
);

const day = fc.constantFrom(
  1,
  20_230_000,
  20_231_201,
  20_230_500,
  20_230_510,
  20_230_599,
  20_240_101,
  99_991_231,
);
const offsets = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 4 });

const simple: fc.Arbitrary<Condition> = fc.oneof(
  fc
    .tuple(offsets, fc.array(fc.constantFrom(...searched), { minLength: 4, maxLength: 4 }), fc.boolean())
    .map(([gaps, terms, titleOnly]): Condition => {
      let offset = 0;
      const placed = gaps.map((gap, at) => {
        if (at > 0) offset += gap;
        return { term: terms[at]!, offset };
      });
      return { op: 'words', terms: placed, titleOnly };
    }),
  fc.record({
    op: fc.constant('author' as const),
    words: fc.array(soughtWord, { minLength: 1, maxLength: 3 }).map((list) => soughtWords(list.join(' '))),
  }),
  fc.record({
    op: fc.constant('venue' as const),
    words: fc.array(fc.constantFrom('ant', 'bee', 'journal', 'of', 'cats', 'antbee'), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  fc.record({
    op: fc.constant('category' as const),
    name: fc.constantFrom('cs', 'CS.lg', 'math', 'cs.L', 'x'),
  }),
  fc.record({ op: fc.constant('source' as const), name: fc.constantFrom('jsonl', 'listing', 'sample') }),
  fc.record({ op: fc.constant('dates' as const), from: day, to: day }),
  fc.record({ op: fc.constant('code' as const) }),
  fc.record({ op: fc.constant('upvotes' as const), min: fc.nat(4) }),
  fc.record({ op: fc.constant('created' as const), until: fc.nat(5_000) }),
  fc.record({
    op: fc.constant('keys' as const),
    keys: fc.array(fc.integer({ min: 1, max: KEYS + 2 }), { maxLength: 5 }),
  }),
);

const condition: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 6, arbitrary: simple },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('not' as const),
      condition: fc.oneof(simple, orOf(simple)),
    }),
  },
  { weight: 1, arbitrary: orOf(simple) },
);

function orOf(arbitrary: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> {
  return fc.record({
    op: fc.constant('or' as const),
    conditions: fc.array(arbitrary, { maxLength: 3 }),
  });
}

const rankTerms: fc.Arbitrary<RankTerm[]> = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom(...searched), fc.integer({ min: 1, max: 3 }), nameWord)
    .map((parts) => rankTerm(...parts)),
  { selector: ({ term }) => term, maxLength: 4 },
);

export interface Question {
  terms: RankTerm[];
  conditions: Condition[];
}

export const questions: fc.Arbitrary<Question[]> = fc.array(
  fc.record({ terms: rankTerms, conditions: fc.array(condition, { maxLength: 2 }) }),
  { minLength: 6, maxLength: 10 },
);
