import { Type } from 'typebox';
import { exportFormatNames } from '../papers/export/formats.js';
import { MAX_CURSOR_LENGTH } from '../search/cursor.js';
import { DEFAULT_LIMIT, MAX_LIMIT, type SearchMode, searchModes, sortOrders } from '../search/request.js';
import { PaperRef } from './paper-view.js';

/** Bytes of a query parameter: 512 characters of up to four each. The query language counts characters itself. */
const MAX_TEXT = 4 * 512;

/** Values of one filter: more are a list that belongs into a program. */
const MAX_VALUES = 50;

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const values = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: MAX_TEXT }), { maxItems: MAX_VALUES, description }));

const Mode = Type.Unsafe<SearchMode>({ type: 'string', enum: [...searchModes] });
const Format = Type.Unsafe<'json' | (typeof exportFormatNames)[number]>({
  type: 'string',
  enum: ['json', ...exportFormatNames],
});

export const FormatParameter = {
  format: Type.Optional(
    Type.Unsafe<'json' | (typeof exportFormatNames)[number]>({
      ...Format,
      description: 'What to answer with; `json` when not given.',
    }),
  ),
};

/** What to search for: the same of searches, feeds and subscriptions. */
export const queryParameters = {
  q: Type.Optional(
    Type.String({
      maxLength: MAX_TEXT,
      description:
        'What to look for, in at most 512 characters: words; `"a phrase"`; `-without`; `one OR other`; `title:` `author:` `venue:` `category:` `source:` `since:30d` `from:2024-03` `to:2024` `has:code` `upvotes:10` `like:2401.01234` `-like:…`. An id or a URL of a paper gives that paper; a title, slips and a missing subtitle forgiven, puts it first.',
    }),
  ),
  from: Type.Optional(
    Type.String({ description: 'Published on that day, month or year, or later: `2024-03`.' }),
  ),
  to: Type.Optional(Type.String({ description: 'Published on that day, month or year, or before.' })),
  since: Type.Optional(
    Type.String({ description: 'Published in the last days, weeks, months or years: `30d`.' }),
  ),
  category: values('One of these categories, or archives of them: `cs.LG`, `cs`.'),
  excludeCategory: values('None of these.'),
  source: values('Taken from one of these sources.'),
  author: values('By one of these people.'),
  venue: values('Published there: the words of the venue’s name.'),
  hasCode: Type.Optional(Type.Boolean({ description: 'Says where its code is; `false`: doesn’t.' })),
  minUpvotes: Type.Optional(Type.Integer({ minimum: 0 })),
};

export const SearchQuery = Type.Object(
  {
    ...queryParameters,
    mode: Type.Optional(Type.Unsafe<SearchMode>({ ...Mode, description: '`hybrid` when not given.' })),
    sort: Type.Optional(
      Type.Unsafe<(typeof sortOrders)[number]>({
        type: 'string',
        enum: [...sortOrders],
        description: 'By relevance when not given. The other orders require every word of the query.',
      }),
    ),
    weight: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Share of meaning in a hybrid search; the rest are words. 0.5 when not given.',
      }),
    ),
    minScore: Type.Optional(Type.Number({ description: 'Hits with a lower score are left out.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })),
    cursor: Type.Optional(
      Type.String({ maxLength: MAX_CURSOR_LENGTH, description: '`nextCursor` of the page before.' }),
    ),
    asof: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Leave out papers that came in later: `asOf` of an earlier answer.',
      }),
    ),
    facets: Type.Optional(Type.Boolean({ description: 'Count by category, source and year.' })),
    explain: Type.Optional(Type.Boolean({ description: 'Say of each hit why it stands where it does.' })),
    ...FormatParameter,
  },
  { additionalProperties: false },
);

export const EngineFields = {
  model: Type.String({ description: 'The embedding model that answers here, with its fingerprint.' }),
  epoch: Type.Integer({
    description: 'Counts switches of the model and reindexings: scores of two epochs are not comparable.',
  }),
};

export const ScoredPaper = Type.Object({
  paper: PaperRef,
  score: Type.Number({ description: 'Cosine similarity, -1 to 1.' }),
});

const TermScore = Type.Object({
  term: Type.String({ description: 'The stem.' }),
  inTitle: Type.Integer(),
  inBody: Type.Integer(),
  isAuthor: Type.Boolean(),
  score: Type.Number(),
});

const Explanation = Type.Object({
  reason: Type.String(),
  dense: nullable(
    Type.Object({
      score: Type.Number({ description: 'Cosine similarity to the query, moved towards the best hits.' }),
      scoreAsked: nullable(Type.Number(), 'The same to the query as asked.'),
      rank: nullable(Type.Integer(), 'Among the candidates by meaning, from 1.'),
      weight: Type.Number(),
    }),
    'The side of meaning.',
  ),
  lexical: nullable(
    Type.Object({
      score: Type.Number({ description: 'BM25.' }),
      rank: nullable(Type.Integer(), 'Among the candidates by words, from 1.'),
      weight: Type.Number(),
      terms: Type.Array(TermScore),
    }),
    'The side of words.',
  ),
});

const FacetValues = Type.Array(Type.Object({ value: Type.String(), count: Type.Integer() }));

const SearchHit = Type.Object({
  paper: PaperRef,
  score: Type.Number({
    description:
      'Hybrid: mostly 0 to 1. Semantic: cosine similarity, -1 to 1. Keyword: BM25, 0 and up. Comparable within one answer and its pages.',
  }),
  named: nullable(
    Type.Unsafe<'id' | 'title'>({ type: 'string', enum: ['id', 'title'] }),
    'What the query named this paper by.',
  ),
  highlights: Type.Object(
    {
      title: Type.String(),
      sentence: nullable(Type.String(), 'The sentence of the abstract that has most of the query.'),
    },
    { description: 'HTML: escaped, with the words of the query in `<mark>`.' },
  ),
  explanation: Type.Optional(Explanation),
});

export const SearchAnswer = Type.Object({
  items: Type.Array(SearchHit),
  total: Type.Object(
    {
      value: Type.Integer(),
      isExact: Type.Boolean({ description: 'Otherwise there are at least so many.' }),
    },
    {
      description:
        'Papers that fulfil what is required; of a keyword search those of them that have a word of the query.',
    },
  ),
  facets: nullable(
    Type.Object({ categories: FacetValues, sources: FacetValues, years: FacetValues }),
    'Over all papers that fulfil what is required.',
  ),
  didYouMean: nullable(Type.String(), 'The query with its slips mended.'),
  query: Type.String({ description: 'As it was read, filters and all, in canonical form.' }),
  mode: Type.Unsafe<SearchMode>({
    ...Mode,
    description: 'The mode that answered: keyword also stands in while search by meaning is not available.',
  }),
  weight: Type.Number(),
  notice: nullable(Type.String(), 'Why the answer may be incomplete.'),
  nextCursor: nullable(Type.String(), 'For the next page; null on the last one.'),
  asOf: Type.String({
    format: 'date-time',
    description: 'When the latest paper came in: with `asof` the search can be cited, and asked again.',
  }),
  ...EngineFields,
});
