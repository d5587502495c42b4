import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { explainQuery } from '../../search/query/explain.js';
import type { QueryFilters } from '../../search/query/filters.js';
import { withFilters } from '../../search/query/filters.js';
import { parseQuery } from '../../search/query/parse.js';
import type { SearchRequest } from '../../search/request.js';
import type { Search, SearchResult } from '../../search/search.js';
import { markedHtml } from '../marked-html.js';
import { paperView } from '../paper-view.js';
import { type AnswersOptions, addAnswers } from '../plugins/answers.js';
import { exportContent, sendExport } from '../plugins/export.js';
import { problemResponses } from '../problem.js';
import { queryParameters, SearchAnswer, SearchQuery } from '../search-schema.js';

export interface SearchRoutesOptions extends AnswersOptions {
  search: Search;
}

export const searchRoutes: FastifyPluginAsyncTypebox<SearchRoutesOptions> = async (
  app,
  { search, state },
) => {
  addAnswers(app, { state });
  addSerialiseTiming(app);
  app.get(
    '/search',
    {
      schema: {
        operationId: 'search',
        summary: 'Search papers by meaning and by words',
        tags: ['search'],
        querystring: SearchQuery,
        response: {
          200: {
            description: 'A page of hits.',
            content: { ...jsonContent(SearchAnswer), ...exportContent },
          },
          ...problemResponses(400, 404, 503),
        },
      },
    },
    async ({ query, signal }, reply) => {
      const result = await search.search({ ...requestOf(query), signal });
      reply.header('server-timing', timingOf(result));
      // The next one may well get a better answer.
      if (result.notice !== null) reply.header('cache-control', 'no-store');
      const { format = 'json' } = query;
      if (format !== 'json')
        return sendExport(
          reply,
          format,
          result.items.map(({ paper }) => paper),
        );
      return searchView(result);
    },
  );

  app.get(
    '/query',
    {
      schema: {
        operationId: 'explainQuery',
        summary: 'How a query is read',
        tags: ['search'],
        querystring: Type.Object(queryParameters, { additionalProperties: false }),
        response: { 200: QueryReading, ...problemResponses(400) },
      },
    },
    async ({ query: { q = '', ...filters } }) =>
      explainQuery(withFilters(parseQuery(q), filters as QueryFilters)),
  );
};

const QueryReading = Type.Object({
  canonical: Type.String({ description: 'The same query in one form: equal queries have equal ones.' }),
  parts: Type.Array(
    Type.Object({
      kind: Type.String(),
      text: Type.String({ description: 'In canonical form.' }),
      meaning: Type.String({ description: 'What it does, in words.' }),
      start: Type.Integer({ description: 'First character in `q`, from 0; -1 for what a parameter said.' }),
      end: Type.Integer({ description: 'The one behind the last.' }),
    }),
  ),
  hints: Type.Array(Type.String(), { description: 'What looks like an operator and was read as words.' }),
});

const jsonContent = <T>(schema: T) => ({ 'application/json': { schema } });

/** The parameters of a search over HTTP as a request. */
export function requestOf(query: Static<typeof SearchQuery>): SearchRequest {
  const {
    q = '',
    asof,
    mode,
    sort,
    weight,
    minScore,
    limit,
    cursor,
    facets,
    explain,
    format: _,
    ...filters
  } = query;
  const asOf = asof === undefined ? undefined : new Date(asof);
  return { query: q, filters, mode, sort, weight, minScore, limit, cursor, asOf, facets, explain };
}

function searchView({
  items,
  asOf,
  stages: _,
  order: _order,
  ...rest
}: SearchResult): Static<typeof SearchAnswer> {
  return {
    items: items.map(({ paper, score, named, highlights, explanation }) => ({
      paper: paperView(paper),
      score,
      named,
      highlights: {
        title: markedHtml(paper.title, highlights.title),
        sentence: highlights.sentence && markedHtml(paper.abstract, highlights.abstract, highlights.sentence),
      },
      ...(explanation === null ? {} : { explanation }),
    })),
    asOf: asOf.toISOString(),
    ...rest,
  };
}

/** For the network panel of a browser and for benches (https://www.w3.org/TR/server-timing/). */
function timingOf({ stages }: SearchResult): string {
  return Object.entries(stages)
    .map(([stage, ms]) => `${stage};dur=${ms.toFixed(2)}`)
    .join(', ');
}

/** What turning the answer into JSON takes belongs to the search. */
function addSerialiseTiming(app: FastifyInstance): void {
  const begun = new WeakMap<FastifyRequest, number>();
  app.addHook('preSerialization', async (request, _reply, payload) => {
    begun.set(request, performance.now());
    return payload;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const started = begun.get(request);
    const timing = reply.getHeader('server-timing');
    if (started !== undefined && typeof timing === 'string')
      reply.header('server-timing', `${timing}, serialise;dur=${(performance.now() - started).toFixed(2)}`);
    return payload;
  });
}
