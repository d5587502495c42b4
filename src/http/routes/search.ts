import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox';
import type { Related } from '../../recommendations/related.js';
import { DEFAULT_RELATED, MAX_RELATED } from '../../recommendations/related.js';
import {
  DEFAULT_LIMIT,
  MAX_LIMIT,
  MAX_QUERY_LENGTH,
  type Search,
  type SearchItem,
  type SearchMode,
  searchModes,
} from '../../search/search.js';
import { PaperRef, paperView } from '../paper-view.js';
import { problemResponses } from '../problem.js';

const Item = Type.Object({
  paper: PaperRef,
  score: Type.Number({
    description:
      'Semantic: cosine similarity, -1 to 1. Keyword: a rank, 0 and up. Comparable within one answer alone.',
  }),
});

const Mode = Type.Unsafe<SearchMode>({ type: 'string', enum: [...searchModes] });

const SearchQuery = Type.Object(
  {
    q: Type.String({ minLength: 1, maxLength: MAX_QUERY_LENGTH, description: 'What to look for, in words.' }),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })),
    cursor: Type.Optional(Type.String({ maxLength: 500, description: '`nextCursor` of the page before.' })),
    mode: Type.Optional(Mode),
  },
  { additionalProperties: false },
);

const EngineFields = {
  model: Type.String({ description: 'The embedding model that answers here, with its fingerprint.' }),
  epoch: Type.Integer({
    description: 'Counts switches of the model and reindexings: scores of two epochs are not comparable.',
  }),
};

const SearchAnswer = Type.Object({
  items: Type.Array(Item),
  mode: Type.Unsafe<SearchMode>({
    ...Mode,
    description: 'The mode that answered: keyword also stands in while the papers are still being embedded.',
  }),
  notice: Type.Union([Type.String(), Type.Null()], { description: 'Why the answer may be incomplete.' }),
  nextCursor: Type.Union([Type.String(), Type.Null()], {
    description: 'For the next page; null on the last one.',
  }),
  ...EngineFields,
});

export interface SearchRoutesOptions {
  search: Search;
}

export const searchRoutes: FastifyPluginAsyncTypebox<SearchRoutesOptions> = async (app, { search }) => {
  app.get(
    '/search',
    {
      schema: {
        operationId: 'search',
        summary: 'Search papers by meaning',
        tags: ['search'],
        querystring: SearchQuery,
        response: { 200: SearchAnswer, ...problemResponses(400, 503) },
      },
    },
    async ({ query, signal }) => {
      const { items, ...rest } = await search.search({ ...query, query: query.q, signal });
      return { items: items.map(itemView), ...rest };
    },
  );
};

const RelatedQuery = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_RELATED, default: DEFAULT_RELATED })) },
  { additionalProperties: false },
);

export interface RelatedRoutesOptions {
  related: Related;
}

export const relatedRoutes: FastifyPluginAsyncTypebox<RelatedRoutesOptions> = async (app, { related }) => {
  app.get(
    '/papers/:id/related',
    {
      schema: {
        operationId: 'related',
        summary: 'Papers near to a paper',
        tags: ['search'],
        params: Type.Object({ id: Type.String({ description: 'Any id of the paper; slashes as %2F.' }) }),
        querystring: RelatedQuery,
        response: {
          200: Type.Object({ items: Type.Array(Item), ...EngineFields }),
          ...problemResponses(400, 404, 503),
        },
      },
    },
    async ({ params, query, signal }) => {
      const { items, ...rest } = await related.related(params.id, query.limit ?? DEFAULT_RELATED, signal);
      return { items: items.map(itemView), ...rest };
    },
  );
};

function itemView({ paper, score }: SearchItem) {
  return { paper: paperView(paper), score };
}
