import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { type Catalog, MAX_LOOKED_UP } from '../../papers/catalog.js';
import { AppError } from '../../platform/errors.js';
import { invalid, MAX_DEPTH } from '../../search/request.js';
import type { Search } from '../../search/search.js';
import { clientErrors } from '../compat/client-error.js';
import { plainRequest, searchWindow } from '../compat/search-window.js';
import {
  filtersOf,
  readFields,
  refOfS2Id,
  refuseUnsupportedFilters,
  s2NotFound,
  s2Paper,
  s2StatusOf,
} from '../compat/semantic-scholar.js';
import { FieldsParameter, S2PaperRef, S2SearchAnswer } from '../compat/semantic-scholar-schema.js';
import { addAnswers } from '../plugins/answers.js';
import { addClientErrors } from '../plugins/client-errors.js';

export interface SemanticScholarRoutesOptions {
  search: Search;
  catalog: Catalog;
}

const MAX_PAGE = 100;
const MAX_QUERY = 2_048;
const MAX_ID = 2_048;

const KNOWN =
  'In the shape of Semantic Scholar’s Academic Graph, for its clients. `paperId` is Quire’s public id. Fields that Quire knows nothing of (citations, references, fields of study, open access, embeddings, tldr and others) are null.';

const SearchQuery = Type.Object({
  query: Type.String({
    maxLength: MAX_QUERY,
    description: 'Words, or an id or a URL of a paper. Nothing in it is an operator.',
  }),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: MAX_PAGE })),
  year: Type.Optional(Type.String({ description: '`2019`, `2016-2020`, `2010-`, `-2015`.' })),
  publicationDateOrYear: Type.Optional(
    Type.String({ description: '`2019-03`, `2016-03-05:2020`, `2016:`.' }),
  ),
  venue: Type.Optional(Type.String({ maxLength: MAX_QUERY, description: 'Venues, with commas between.' })),
  ...FieldsParameter,
});

const Fields = Type.Object(FieldsParameter);

/** Semantic Scholar's Academic Graph API, as far as it is about papers. */
export const semanticScholarRoutes: FastifyPluginAsyncTypebox<SemanticScholarRoutesOptions> = async (
  app,
  options,
) => {
  addClientErrors(app, { statusOf: s2StatusOf });
  addAnswers(app, { state: null });
  await app.register(searchRoute, options);
  await app.register(batchRoute, options);
  await app.register(paperRoute, options);

  // Authors, snippets, data sets: their client needs to be told in its own way that there are none.
  for (const path of ['/graph/v1/*', '/recommendations/v1/*', '/datasets/v1/*']) {
    app.route({
      method: ['GET', 'POST'],
      url: path,
      schema: { hide: true },
      handler: async ({ url }) => {
        throw notServed(url.split('?')[0]!);
      },
    });
  }
};

const searchRoute: FastifyPluginAsyncTypebox<Pick<SemanticScholarRoutesOptions, 'search'>> = async (
  app,
  { search },
) => {
  app.get(
    '/graph/v1/paper/search',
    {
      schema: {
        operationId: 's2Search',
        summary: 'Search, as Semantic Scholar answers it',
        description: `${KNOWN} The best ${MAX_DEPTH} are served. Filters by what isn’t known are refused.`,
        tags: ['compatible'],
        querystring: SearchQuery,
        response: { 200: S2SearchAnswer, ...clientErrors(400, 429, 504) },
      },
    },
    async ({ query, signal }) => {
      const { query: text, offset = 0, limit = MAX_PAGE } = query;
      const fields = readFields(query.fields);
      refuseUnsupportedFilters(query);
      if (text.trim() === '') throw invalid('query', 'some words to search for');
      if (offset + limit > MAX_DEPTH) throw invalid('offset', `offset and limit to end at ${MAX_DEPTH}`);
      const request = { ...plainRequest(text), filters: filtersOf(query), signal };
      const { items, total, more } = await searchWindow(search, request, { offset, limit });
      return {
        total: total.value,
        offset,
        ...(more && offset + limit < MAX_DEPTH ? { next: offset + limit } : {}),
        data: items.map(({ paper }) => s2Paper(paper, fields)),
      };
    },
  );
};

const batchRoute: FastifyPluginAsyncTypebox<Pick<SemanticScholarRoutesOptions, 'catalog'>> = async (
  app,
  { catalog },
) => {
  app.post(
    '/graph/v1/paper/batch',
    {
      schema: {
        operationId: 's2Batch',
        summary: 'Many papers, as Semantic Scholar gives them',
        description: KNOWN,
        tags: ['compatible'],
        querystring: Fields,
        body: Type.Object({ ids: Type.Array(Type.String({ maxLength: MAX_ID })) }),
        response: {
          200: Type.Array(Type.Union([S2PaperRef, Type.Null()]), {
            description: 'In the order of `ids`; null where one names no paper here.',
          }),
          ...clientErrors(400, 504),
        },
      },
    },
    async ({ query, body: { ids } }) => {
      const fields = readFields(query.fields);
      if (ids.length === 0 || ids.length > MAX_LOOKED_UP)
        throw invalid('ids', `1 to ${MAX_LOOKED_UP} ids, not ${ids.length}`);
      const papers = await catalog.resolve(ids.map((id) => refOfS2Id(id) ?? ''));
      return papers.map((paper) => paper && s2Paper(paper, fields));
    },
  );
};

const paperRoute: FastifyPluginAsyncTypebox<Pick<SemanticScholarRoutesOptions, 'catalog'>> = async (
  app,
  { catalog },
) => {
  async function paper(id: string, fields: string | undefined) {
    const wanted = readFields(fields);
    const [found] = await catalog.resolve([refOfS2Id(id) ?? '']);
    if (found) return s2Paper(found, wanted);
    throw otherEndpoints.test(id) ? notServed(`/graph/v1/paper/${id}`) : s2NotFound(id);
  }

  app.get(
    '/graph/v1/paper/:id',
    {
      schema: {
        operationId: 's2Paper',
        summary: 'One paper, as Semantic Scholar gives it',
        description: `${KNOWN} Slashes in an id may stand as they are.`,
        tags: ['compatible'],
        params: Type.Object({
          id: Type.String({
            description:
              '`ARXIV:…`, `DOI:…`, `URL:…`, or any id of Quire. Semantic Scholar’s own lead nowhere.',
          }),
        }),
        querystring: Fields,
        response: { 200: S2PaperRef, ...clientErrors(400, 404, 504) },
      },
    },
    async ({ params, query }) => paper(params.id, query.fields),
  );
  app.get(
    '/graph/v1/paper/*',
    {
      schema: {
        hide: true,
        params: Type.Object({ '*': Type.String() }),
        querystring: Fields,
        response: { 200: S2PaperRef },
      },
    },
    async ({ params, query }) => paper(params['*'], query.fields),
  );
};

/** What follows `/paper/` and is no id. */
const otherEndpoints = /\/(?:authors|citations|references)$|^search\/(?:bulk|match)$|^autocomplete$/;

function notServed(path: string): AppError {
  return new AppError('route_not_found', `Quire has nothing at ${path.slice(0, 200)}.`);
}
