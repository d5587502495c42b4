import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyError, FastifyReply } from 'fastify';
import type { VNode } from 'preact';
import { Type } from 'typebox';
import type { Sources } from '../ingest/sources/sources.js';
import type { Catalog } from '../papers/catalog.js';
import type { AppError } from '../platform/errors.js';
import type { OriginOf } from '../platform/origin.js';
import type { Recommend } from '../recommendations/recommend.js';
import { MAX_CURSOR_LENGTH } from '../search/cursor.js';
import type { Order } from '../search/lexical/ports.js';
import type { Listings } from '../search/listings.js';
import type { ReadinessService } from '../search/readiness.js';
import { type SearchMode, searchModes, sortOrders } from '../search/request.js';
import type { Search } from '../search/search.js';
import { type Asset, favicon, previewScript, siteScript, stylesheet, zoneScript } from './assets.js';
import { renderPage } from './layout.js';
import { paperPath } from './links.js';
import { listingPages } from './listing-pages.js';
import { openSearchDescription, openSearchType } from './opensearch.js';
import { type OperatorPagesOptions, operatorPages } from './operator-pages.js';
import { FrontPage } from './pages/front-page.js';
import { ErrorPage, SearchPage } from './pages/search-page.js';
import { paperPages } from './paper-pages.js';
import { viewSearch } from './search-view.js';
import { askedOf, themeRoutes } from './theme.js';

const NEWEST_SHOWN = 20;

export interface WebOptions extends OperatorPagesOptions {
  catalog: Catalog;
  search: Search;
  recommend: Recommend;
  readiness: ReadinessService;
  listings: Pick<Listings, 'byPeriod' | 'trending' | 'calendar'>;
  sources: Pick<Sources, 'list' | 'listRuns' | 'count' | 'freshness'>;
  originOf: OriginOf;
  /** Our error and its status for whatever was thrown: the same as the API's. */
  describeError: (error: FastifyError) => { error: AppError; status: number };
}

const SearchQuery = Type.Object({
  // The query language counts characters, and says what is wrong.
  q: Type.Optional(Type.String()),
  mode: Type.Optional(Type.Unsafe<SearchMode>({ type: 'string', enum: [...searchModes] })),
  sort: Type.Optional(Type.Unsafe<Order>({ type: 'string', enum: [...sortOrders] })),
  cursor: Type.Optional(Type.String({ maxLength: MAX_CURSOR_LENGTH })),
  why: Type.Optional(Type.String({ maxLength: 1_000, description: 'Id of the result to explain.' })),
});

/** The pages: server-rendered, and whole without JavaScript. */
export const webPages: FastifyPluginAsyncTypebox<WebOptions> = async (app, options) => {
  const { catalog, search, recommend, readiness, digests, sources, listings } = options;
  const { apiKeys, clock, latestIntake, countTakenIn, originOf, describeError } = options;

  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const { error, status } = describeError(thrown);
    if (error.kind === 'fatal') request.log.error({ err: error }, 'page failed');
    if (error.kind === 'unavailable') reply.header('retry-after', error.retryAfter ?? 1);
    const { q } = request.query as { q?: unknown };
    return sendErrorPage(reply, { error, status, query: typeof q === 'string' ? q : undefined });
  });

  app.get(
    '/',
    { schema: { hide: true, querystring: SearchQuery } },
    async ({ query: { q, mode = 'hybrid', sort, cursor, why }, signal }, reply) => {
      const query = q?.trim() ?? '';
      if (query === '') {
        const [listing, newest, freshness, state] = await Promise.all([
          listings.byPeriod({ period: 'day', limit: NEWEST_SHOWN }),
          catalog.newest(NEWEST_SHOWN),
          sources.freshness(),
          readiness.glance(),
        ]);
        const ofDay = new Set(listing.items.map(({ paper }) => paper.key));
        const before = newest.filter(({ key }) => !ofDay.has(key)).slice(0, NEWEST_SHOWN - ofDay.size);
        const page = { listing, before, sources: freshness, readiness: state };
        return sendPage(reply, <FrontPage {...page} />);
      }
      const view = await viewSearch(search, { query, mode, sort, cursor, why, signal });
      const [first] = view.result.items;
      if (first?.named === 'id') return reply.redirect(paperPath(first.paper.id), 302);
      return sendPage(reply, <SearchPage {...view} />);
    },
  );

  await app.register(operatorPages, {
    apiKeys,
    clock,
    readiness,
    digests,
    sources,
    latestIntake,
    countTakenIn,
  });
  await app.register(paperPages, { catalog, recommend });
  await app.register(listingPages, { listings, sources });
  await app.register(themeRoutes);

  app.get('/opensearch.xml', { schema: { hide: true }, logLevel: 'warn' }, (request, reply) =>
    reply.type(`${openSearchType}; charset=utf-8`).send(openSearchDescription(originOf(request))),
  );
  for (const asset of [stylesheet, siteScript, previewScript, zoneScript, favicon]) {
    app.get(asset.path, { schema: { hide: true }, logLevel: 'warn' }, (_request, reply) =>
      sendAsset(reply, asset),
    );
  }
  app.get('/favicon.ico', { schema: { hide: true }, logLevel: 'warn' }, (_request, reply) =>
    sendAsset(reply, favicon),
  );
};

export function sendErrorPage(
  reply: FastifyReply,
  { error, status, query }: { error: AppError; status: number; query?: string | undefined },
): FastifyReply {
  return sendPage(reply.code(status), <ErrorPage error={error} query={query} />);
}

/** Pages load nothing from elsewhere and hold no script or style of their own; our scripts may ask this service for more. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export function sendPage(reply: FastifyReply, page: VNode): FastifyReply {
  // Where the address may be a secret it is said already, and more strictly.
  if (!reply.hasHeader('referrer-policy')) reply.header('referrer-policy', 'same-origin');
  return (
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      // Also where it goes as it is: a cache must not hand that to everybody.
      .header('vary', 'accept-encoding')
      .send(renderPage(page, askedOf(reply.request, reply.statusCode)))
  );
}

function sendAsset(reply: FastifyReply, { body, type }: Asset): FastifyReply {
  return reply
    .type(type)
    .header('vary', 'accept-encoding')
    .header('cache-control', 'public, max-age=31536000, immutable')
    .send(body);
}
