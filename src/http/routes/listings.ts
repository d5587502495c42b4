import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { type PeriodName, periodNames } from '../../papers/period.js';
import { MAX_CURSOR_LENGTH } from '../../search/cursor.js';
import { type Listings, listingSorts, type TrendingResult } from '../../search/listings.js';
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../search/request.js';
import { PaperRef, paperView } from '../paper-view.js';
import { addAnswers } from '../plugins/answers.js';
import { exportContent, sendExport } from '../plugins/export.js';
import { problemResponses } from '../problem.js';
import { FormatParameter } from '../search-schema.js';

export interface ListingRoutesOptions {
  listings: Listings;
}

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const pageParameters = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })),
  cursor: Type.Optional(
    Type.String({ maxLength: MAX_CURSOR_LENGTH, description: '`nextCursor` of the page before.' }),
  ),
  ...FormatParameter,
};

const PeriodKind = Type.Unsafe<PeriodName>({ type: 'string', enum: [...periodNames] });
const Sort = Type.Unsafe<(typeof listingSorts)[number]>({ type: 'string', enum: [...listingSorts] });

const TrendingAnswer = Type.Object({
  items: Type.Array(
    Type.Object({
      paper: PaperRef,
      heat: nullable(
        Type.Number(),
        'How much it is talked about today: the root of the upvotes of a paper that got them all today. null: nothing counted yet.',
      ),
    }),
  ),
  nextCursor: nullable(Type.String(), 'For the next page; null on the last one.'),
  intake: nullable(
    Type.Object({
      startedAt: Type.String({ format: 'date-time' }),
      finishedAt: nullable(Type.String({ format: 'date-time' }), 'null: under way or broken off.'),
      entries: Type.Integer({ description: 'Papers that were read.' }),
      added: Type.Integer(),
      updated: Type.Integer(),
      problems: Type.Integer(),
    }),
    'The latest intake: whether there was nothing new, or nobody has looked. null: none yet.',
  ),
});

const ListingAnswer = Type.Object({
  period: PeriodKind,
  date: Type.String({ description: '`2026-11-20`, `2026-W47` or `2026-11`.' }),
  from: Type.String({ format: 'date', description: 'Its first day.' }),
  to: Type.String({ format: 'date', description: 'Its last day.' }),
  sort: Sort,
  count: Type.Integer({ description: 'On all pages.' }),
  previous: nullable(Type.String(), '`date` of the nearest period before it that has papers.'),
  next: nullable(Type.String(), '`date` of the nearest period after it that has papers.'),
  ...TrendingAnswer.properties,
});

const responsesOf = <T>(description: string, schema: T) => ({
  200: { description, content: { 'application/json': { schema }, ...exportContent } },
  ...problemResponses(400, 503),
});

export const listingRoutes: FastifyPluginAsyncTypebox<ListingRoutesOptions> = async (app, { listings }) => {
  // Not kept: they say when something was taken in last, and an intake that brings nothing new changes no index's state.
  addAnswers(app, { state: null });
  app.get(
    '/listings',
    {
      schema: {
        operationId: 'listing',
        summary: 'Papers of a day, a week or a month',
        description:
          'A paper belongs to the day of its own date, else to the day on which it came in, or to the first of the month or year that is known of it where that lies elsewhere. Days are UTC.',
        tags: ['listings'],
        querystring: Type.Object(
          {
            period: Type.Optional(
              Type.Unsafe<PeriodName>({
                ...PeriodKind,
                description: 'As the form of `date` says when not given; without a date, `day`.',
              }),
            ),
            date: Type.Optional(
              Type.String({
                maxLength: 10,
                description:
                  'Which one: `2026-11-20`, `2026-W47` (ISO 8601) or `2026-11`. The last one up to today that has papers when not given.',
              }),
            ),
            sort: Type.Optional(
              Type.Unsafe<(typeof listingSorts)[number]>({
                ...Sort,
                description: '`upvoted` when not given.',
              }),
            ),
            ...pageParameters,
          },
          { additionalProperties: false },
        ),
        response: responsesOf('A page of it.', ListingAnswer),
      },
    },
    async ({ query: { format = 'json', ...asked } }, reply) => {
      const { items, nextCursor, intake, ...rest } = await listings.byPeriod(asked);
      const page = { items, nextCursor, intake };
      return format === 'json' ? { ...rest, ...pageView(page) } : sendExport(reply, format, papersOf(page));
    },
  );

  app.get(
    '/listings/trending',
    {
      schema: {
        operationId: 'trending',
        summary: 'Papers that are talked about now',
        description:
          'By heat: what upvotes, comments, stars and citations have risen by, each rise halved every four days.',
        tags: ['listings'],
        querystring: Type.Object(pageParameters, { additionalProperties: false }),
        response: responsesOf('The hottest first.', TrendingAnswer),
      },
    },
    async ({ query: { format = 'json', ...asked } }, reply) => {
      const page = await listings.trending(asked);
      return format === 'json' ? pageView(page) : sendExport(reply, format, papersOf(page));
    },
  );
};

const papersOf = ({ items }: TrendingResult) => items.map(({ paper }) => paper);

function pageView({ items, nextCursor, intake }: TrendingResult): Static<typeof TrendingAnswer> {
  return {
    items: items.map(({ paper, heat }) => ({ paper: paperView(paper), heat })),
    nextCursor,
    // Not its name: it may be a path of the operator's machine.
    intake: intake && {
      startedAt: intake.startedAt.toISOString(),
      finishedAt: intake.finishedAt?.toISOString() ?? null,
      entries: intake.entries,
      added: intake.added,
      updated: intake.updated,
      problems: intake.problems,
    },
  };
}
