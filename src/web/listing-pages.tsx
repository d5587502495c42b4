import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { type PeriodName, periodNames, periodOf } from '../papers/period.js';
import { MAX_CURSOR_LENGTH } from '../search/cursor.js';
import { type Listings, listingSorts } from '../search/listings.js';
import type { ListingSort } from './links.js';
import { ListingPage, TrendingPage } from './pages/listing-page.js';
import { sendPage } from './web.js';

export interface ListingPagesOptions {
  listings: Pick<Listings, 'byPeriod' | 'trending'>;
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
export const listingPages: FastifyPluginAsyncTypebox<ListingPagesOptions> = async (app, { listings }) => {
  app.get('/listings', { schema: { hide: true, querystring: Query } }, async ({ query }, reply) => {
    const { period = 'day', around, sort, cursor } = query;
    const date = around === undefined ? undefined : periodOf(period, around).date;
    const listing = await listings.byPeriod({ period, date, sort, cursor, limit: SHOWN });
    return sendPage(reply, <ListingPage listing={listing} isLatest={date === undefined} />);
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
      const listing = await listings.byPeriod({ date, sort, cursor, limit: SHOWN });
      return sendPage(reply, <ListingPage listing={listing} isLatest={false} />);
    },
  );

  app.get(
    '/trending',
    { schema: { hide: true, querystring: Type.Object({ cursor: Cursor }) } },
    async ({ query: { cursor } }, reply) =>
      sendPage(reply, <TrendingPage {...(await listings.trending({ cursor, limit: SHOWN }))} />),
  );
};
