import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Sources } from '../ingest/sources/sources.js';
import { type PeriodName, periodNames, periodOf, requirePeriod } from '../papers/period.js';
import { MAX_CURSOR_LENGTH } from '../search/cursor.js';
import { type ListingRequest, type Listings, listingSorts } from '../search/listings.js';
import type { ListingSort } from './links.js';
import { ListingPage, TrendingPage } from './pages/listing-page.js';
import { sendPage } from './web.js';

export interface ListingPagesOptions {
  listings: Pick<Listings, 'byPeriod' | 'trending' | 'calendar'>;
  sources: Pick<Sources, 'freshness'>;
}

/** Papers of a page: a day of arXiv's computer science has hundreds. */
const SHOWN = 50;

const Cursor = Type.Optional(Type.String({ maxLength: MAX_CURSOR_LENGTH }));
const Query = Type.Object({
  period: Type.Optional(Type.Unsafe<PeriodName>({ type: 'string', enum: [...periodNames] })),
  around: Type.Optional(Type.String({ pattern: '^[1-9]\\d{3}-\\d{2}-\\d{2}$' })),
  sort: Type.Optional(Type.Unsafe<ListingSort>({ type: 'string', enum: [...listingSorts] })),
  cursor: Cursor,
});

/** Papers by day, week and month, and those that are talked about. */
export const listingPages: FastifyPluginAsyncTypebox<ListingPagesOptions> = async (
  app,
  { listings, sources },
) => {
  async function page(asked: ListingRequest) {
    const [listing, freshness] = await Promise.all([
      listings.byPeriod({ ...asked, limit: SHOWN }),
      sources.freshness(),
    ]);
    const calendar = await listings.calendar(listing.to.slice(0, 7));
    return <ListingPage listing={listing} calendar={calendar} sources={freshness} />;
  }

  app.get('/listings', { schema: { hide: true, querystring: Query } }, async ({ query }, reply) => {
    const { period = 'day', around, sort, cursor } = query;
    const date =
      around === undefined ? undefined : periodOf(period, requirePeriod('day', around, 'around').date).date;
    return sendPage(reply, await page({ period, date, sort, cursor }));
  });

  app.get(
    '/listings/:date',
    {
      schema: {
        hide: true,
        querystring: Query,
        params: Type.Object({ date: Type.String({ maxLength: 20 }) }),
      },
    },
    async ({ params: { date }, query: { sort, cursor } }, reply) => {
      return sendPage(reply, await page({ date, sort, cursor }));
    },
  );

  app.get(
    '/trending',
    { schema: { hide: true, querystring: Type.Object({ cursor: Cursor }) } },
    async ({ query: { cursor } }, reply) => {
      const [listing, freshness] = await Promise.all([
        listings.trending({ cursor, limit: SHOWN }),
        sources.freshness(),
      ]);
      return sendPage(reply, <TrendingPage listing={listing} sources={freshness} />);
    },
  );
};
