import type { Static } from 'typebox';
import { Type } from 'typebox';
import { type PeriodName, periodNames } from '../papers/period.js';
import { MAX_EXAMPLES, type RecommendSort, recommendSorts } from '../recommendations/request.js';
import type { Order } from '../search/lexical/ports.js';
import { listingSorts } from '../search/listings.js';
import { MAX_LIMIT, sortOrders } from '../search/request.js';
import { type FeedFormatName, feedFormatNames } from './feeds/formats.js';
import { feedContent } from './plugins/feed.js';
import { problemResponses } from './problem.js';
import { RelatedQuery } from './recommend-schema.js';
import { SearchQuery } from './search-schema.js';

/** Entries when not asked otherwise. Of a listing: a day has a hundred at most, and who polls daily should miss none. */
export const DEFAULT_ENTRIES = 50;
export const DEFAULT_LISTED = MAX_LIMIT;
/** The most similar; those behind them have little to do with it. */
export const DEFAULT_SIMILAR = 20;

const oneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Optional(Type.Unsafe<T>({ type: 'string', enum: [...values], description }));

const limitOf = (fallback: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: fallback }));

const closed = { additionalProperties: false } as const;

const formatParameter = {
  format: Type.Unsafe<FeedFormatName>({ type: 'string', enum: [...feedFormatNames] }),
};

export const FormatParams = Type.Object(formatParameter);
export const RelatedParams = Type.Object({
  id: Type.String({ description: 'Any id of the paper; slashes as %2F.' }),
  ...formatParameter,
});

export const SubscriptionFeedParams = Type.Object({
  token: Type.String({ description: 'Of the feed alone: it gives no right to change anything.' }),
  ...formatParameter,
});

// No page of a feed but the first; a collection as it was then never moves; the others are for the eyes of programs.
const {
  cursor: _cursor,
  asof: _asof,
  facets: _facets,
  explain: _explain,
  format: _format,
  sort: _sort,
  limit: _limit,
  ...searchParameters
} = SearchQuery.properties;

export const SearchFeedQuery = Type.Object(
  {
    ...searchParameters,
    sort: oneOf<Order>(
      sortOrders,
      '`newest` when not given, of the papers that have every word; `relevance` where the query has a `like:`, which every paper has more or less of.',
    ),
    limit: limitOf(DEFAULT_ENTRIES),
  },
  closed,
);

export const ListingFeedQuery = Type.Object(
  {
    period: oneOf<PeriodName>(periodNames, '`day` when not given; the last one up to today that has papers.'),
    sort: oneOf(listingSorts, '`upvoted` when not given.'),
    limit: limitOf(DEFAULT_LISTED),
  },
  closed,
);

export const TrendingFeedQuery = Type.Object({ limit: limitOf(DEFAULT_ENTRIES) }, closed);

const {
  format: _relatedFormat,
  // They name words by how rare they are, so that all would change with every paper that comes in.
  reasons: _reasons,
  sort: _relatedSort,
  limit: _relatedLimit,
  ...relatedParameters
} = RelatedQuery.properties;

const similar = {
  ...relatedParameters,
  sort: oneOf<RecommendSort>(
    recommendSorts,
    '`newest` when not given; all but `similar` put the most similar `limit` papers in another order.',
  ),
  limit: limitOf(DEFAULT_SIMILAR),
};

export const RelatedFeedQuery = Type.Object(similar, closed);

const papers = (description: string) =>
  Type.Array(Type.String({ maxLength: 2_048 }), { maxItems: MAX_EXAMPLES, description });

export const RecommendationFeedQuery = Type.Object(
  {
    like: Type.Array(Type.String({ maxLength: 2_048 }), {
      minItems: 1,
      maxItems: MAX_EXAMPLES,
      description: 'Ids of papers that the entries are to be like.',
    }),
    unlike: Type.Optional(papers('Of papers that they are to be unlike.')),
    ...similar,
  },
  closed,
);
export type RecommendationFeedQuery = Static<typeof RecommendationFeedQuery>;

export const feedResponses = {
  200: {
    description: 'Atom 1.0, RSS 2.0 or JSON Feed 1.1.',
    content: feedContent,
  },
  ...problemResponses(400, 404, 503),
};
