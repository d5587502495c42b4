import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Subscriptions } from '../../digests/subscriptions.js';
import type { Catalog } from '../../papers/catalog.js';
import type { OriginOf } from '../../platform/origin.js';
import type { Recommend } from '../../recommendations/recommend.js';
import type { Order } from '../../search/lexical/ports.js';
import type { Listings } from '../../search/listings.js';
import { parseQuery } from '../../search/query/parse.js';
import type { Search } from '../../search/search.js';
import {
  DEFAULT_ENTRIES,
  DEFAULT_LISTED,
  DEFAULT_SIMILAR,
  FormatParams,
  feedResponses,
  ListingFeedQuery,
  RecommendationFeedQuery,
  RelatedFeedQuery,
  RelatedParams,
  SearchFeedQuery,
  SubscriptionFeedParams,
  TrendingFeedQuery,
} from '../feed-schema.js';
import { addAnswers } from '../plugins/answers.js';
import { sendFeed } from '../plugins/feed.js';
import { choicesOf } from '../recommend-schema.js';
import { requestOf } from './search.js';

export interface FeedRoutesOptions {
  search: Search;
  listings: Listings;
  recommend: Recommend;
  catalog: Catalog;
  subscriptions: Pick<Subscriptions, 'readFeed'>;
  originOf: OriginOf;
}

const tags = ['feeds'];

/** Searches, listings and related papers for feed readers. */
export const feedRoutes: FastifyPluginAsyncTypebox<FeedRoutesOptions> = async (
  app,
  { search, listings, recommend, catalog, subscriptions, originOf },
) => {
  // Not kept: they name the host that they were asked at, and what is kept is found by path alone.
  addAnswers(app, { state: null });
  await app.register(searchFeeds, { search, originOf });
  await app.register(listingFeeds, { listings, originOf });
  await app.register(likenessFeeds, { recommend, catalog, originOf });
  await app.register(subscriptionFeed, { subscriptions, originOf });
};

const searchFeeds: FastifyPluginAsyncTypebox<Pick<FeedRoutesOptions, 'search' | 'originOf'>> = async (
  app,
  { search, originOf },
) => {
  app.get(
    '/search.:format',
    {
      schema: {
        operationId: 'searchFeed',
        summary: 'What a search finds, as a feed',
        tags,
        params: FormatParams,
        querystring: SearchFeedQuery,
        response: feedResponses,
      },
    },
    async (request, reply) => {
      const { query, signal } = request;
      const { sort = orderOf(query.q), limit = DEFAULT_ENTRIES } = query;
      const result = await search.search({ ...requestOf({ ...query, sort, limit }), signal });
      // The next one may well get a better answer.
      if (result.notice !== null) reply.header('cache-control', 'no-store');
      return sendFeed(request, reply, {
        base: originOf(request),
        title: result.query === '' ? 'All papers' : result.query,
        subtitle: searchSubtitle(result.order),
        home: homeOf({ q: result.query, sort: result.order }),
        papers: result.items.map(({ paper }) => paper),
      });
    },
  );
};

const listingFeeds: FastifyPluginAsyncTypebox<Pick<FeedRoutesOptions, 'listings' | 'originOf'>> = async (
  app,
  { listings, originOf },
) => {
  app.get(
    '/listings.:format',
    {
      schema: {
        operationId: 'listingFeed',
        summary: 'The latest day, week or month that has papers, as a feed',
        tags,
        params: FormatParams,
        querystring: ListingFeedQuery,
        response: feedResponses,
      },
    },
    async (request, reply) => {
      const { period = 'day', sort, limit = DEFAULT_LISTED } = request.query;
      const { items, count, ...listing } = await listings.byPeriod({ period, sort, limit });
      return sendFeed(request, reply, {
        base: originOf(request),
        title: `Papers of the ${period}`,
        subtitle: `${items.length} of the ${count} papers of ${listing.date}, ${orderNames[listing.sort]}.`,
        home: '/',
        papers: items.map(({ paper }) => paper),
      });
    },
  );

  app.get(
    '/trending.:format',
    {
      schema: {
        operationId: 'trendingFeed',
        summary: 'Papers that are talked about now, as a feed',
        tags,
        params: FormatParams,
        querystring: TrendingFeedQuery,
        response: feedResponses,
      },
    },
    async (request, reply) => {
      const { items } = await listings.trending({ limit: request.query.limit ?? DEFAULT_ENTRIES });
      return sendFeed(request, reply, {
        base: originOf(request),
        title: 'Trending papers',
        subtitle: 'Papers that are talked about now, the hottest first.',
        home: '/',
        papers: items.map(({ paper }) => paper),
      });
    },
  );
};

type LikenessOptions = Pick<FeedRoutesOptions, 'recommend' | 'catalog' | 'originOf'>;

const likenessFeeds: FastifyPluginAsyncTypebox<LikenessOptions> = async (
  app,
  { recommend, catalog, originOf },
) => {
  app.get(
    '/papers/:id/related.:format',
    {
      schema: {
        operationId: 'relatedFeed',
        summary: 'Papers like a paper, as a feed',
        tags,
        params: RelatedParams,
        querystring: RelatedFeedQuery,
        response: feedResponses,
      },
    },
    async (request, reply) => {
      const { params, query, signal } = request;
      const { sort = 'newest', limit = DEFAULT_SIMILAR, ...choices } = query;
      const paper = await catalog.get(params.id);
      const asked = {
        positives: [{ ref: paper.id }],
        limit,
        ...choicesOf({ ...choices, sort, reasons: false }),
      };
      const { items, notice } = await recommend.recommend({ ...asked, signal });
      if (notice !== null) reply.header('cache-control', 'no-store');
      return sendFeed(request, reply, {
        base: originOf(request),
        title: `Papers like “${paper.title}”`,
        subtitle: 'Papers that are like it by meaning and by words.',
        home: `/papers/${encodeURIComponent(paper.id)}#related`,
        papers: items.map((item) => item.paper),
      });
    },
  );

  app.get(
    '/recommendations.:format',
    {
      schema: {
        operationId: 'recommendationFeed',
        summary: 'Papers like some and unlike others, as a feed',
        tags,
        params: FormatParams,
        querystring: RecommendationFeedQuery,
        response: feedResponses,
      },
    },
    async (request, reply) => {
      const { query, signal } = request;
      const { like, unlike = [], sort = 'newest', limit = DEFAULT_SIMILAR, ...choices } = query;
      const { items, missing, notice } = await recommend.recommend({
        positives: like.map((ref) => ({ ref })),
        negatives: unlike.map((ref) => ({ ref })),
        limit,
        ...choicesOf({ ...choices, sort, reasons: false }),
        signal,
      });
      if (notice !== null) reply.header('cache-control', 'no-store');
      return sendFeed(request, reply, {
        base: originOf(request),
        title: 'Recommended papers',
        subtitle: likenessSubtitle(query, missing),
        home: '/',
        papers: items.map((item) => item.paper),
      });
    },
  );
};

const subscriptionFeed: FastifyPluginAsyncTypebox<
  Pick<FeedRoutesOptions, 'subscriptions' | 'originOf'>
> = async (app, { subscriptions, originOf }) => {
  app.addHook('onSend', async (_request, reply) => {
    // The address is a secret: it is kept by its reader alone, and found by no search engine.
    reply.header('cache-control', 'private, no-cache');
    reply.header('x-robots-tag', 'noindex');
    reply.header('referrer-policy', 'no-referrer');
  });

  app.get(
    '/subscriptions/:token.:format',
    {
      schema: {
        operationId: 'subscriptionFeed',
        summary: 'What a subscription was sent, as a feed',
        description:
          'The latest digest first, at most 100 papers. Entries are dated by when their digest was sent, and say for a month why each paper was in it.',
        tags,
        params: SubscriptionFeedParams,
        response: feedResponses,
      },
    },
    async (request, reply) => {
      const { name, told, begun } = await subscriptions.readFeed(request.params.token);
      return sendFeed(request, reply, {
        base: originOf(request),
        title: `Your digest: ${name}`,
        subtitle: 'What this subscription was sent, the latest digest first.',
        // The token opens no page of the subscription, and the one that asks for an address is of no use to a reader.
        home: '/',
        papers: told.map(({ paper }) => paper),
        told: new Map(told.map(({ paper: { key }, at, why }) => [key, { at, why }])),
        begun,
      });
    },
  );
};

/** Every paper is more or less like another: by date a query of nothing but `like:` would be all there are. */
function orderOf(q = ''): 'relevance' | 'newest' {
  return parseQuery(q).terms.some(({ kind }) => kind === 'like') ? 'relevance' : 'newest';
}

const orderNames = {
  relevance: 'the best first',
  newest: 'the newest first',
  upvoted: 'the most upvoted first',
  trending: 'the hottest first',
} as const;

/** Whoever wonders why there is nothing should be told what it takes. */
function searchSubtitle(order: Order): string {
  const papers = order === 'relevance' ? 'Papers of a search' : 'Papers that have every word of a search';
  return `${papers}, ${orderNames[order]}.`;
}

function homeOf({ q, sort }: { q: string; sort: string }): string {
  return q === '' ? '/' : `/?${new URLSearchParams({ q, ...(sort === 'relevance' ? {} : { sort }) })}`;
}

/** Ids in titles: as many as a reader's list of feeds has room for. */
const NAMED_EXAMPLES = 5;

function likenessSubtitle(
  { like, unlike = [] }: RecommendationFeedQuery,
  missing: readonly string[],
): string {
  const named = (ids: readonly string[]): string =>
    ids.slice(0, NAMED_EXAMPLES).join(', ') +
    (ids.length > NAMED_EXAMPLES ? ` and ${ids.length - NAMED_EXAMPLES} others` : '');
  const unlikely = unlike.length === 0 ? '' : `, unlike ${named(unlike)}`;
  return `Papers like ${named(like)}${unlikely}.${missing.length === 0 ? '' : ` Not known here: ${named(missing)}.`}`;
}
