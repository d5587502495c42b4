import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { isCategoryName } from '../../search/query/operators.js';
import { tidyPhrase } from '../../search/query/query-text.js';
import {
  DEFAULT_SUGGESTIONS,
  MAX_PREFIX_LENGTH,
  MAX_SUGGESTIONS,
  type Suggest,
} from '../../search/suggest.js';
import { problemResponses } from '../problem.js';

const SuggestQuery = Type.Object(
  {
    q: Type.String({ maxLength: 4 * MAX_PREFIX_LENGTH, description: 'What has been typed.' }),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_SUGGESTIONS, default: DEFAULT_SUGGESTIONS }),
    ),
    format: Type.Optional(
      Type.Unsafe<'json' | 'opensearch'>({
        type: 'string',
        enum: ['json', 'opensearch'],
        description: '`opensearch`: the array that browsers read, `[q, [suggestion, …]]`.',
      }),
    ),
  },
  { additionalProperties: false },
);

const Suggestions = Type.Object({
  titles: Type.Array(Type.Object({ id: Type.String(), title: Type.String() })),
  authors: Type.Array(Type.String()),
  categories: Type.Array(Type.String()),
});

export interface SuggestRoutesOptions {
  suggest: Suggest;
}

export const suggestRoutes: FastifyPluginAsyncTypebox<SuggestRoutesOptions> = async (app, { suggest }) => {
  app.get(
    '/suggest',
    {
      schema: {
        operationId: 'suggest',
        summary: 'Titles, authors and categories that begin like a text',
        tags: ['search'],
        querystring: SuggestQuery,
        response: {
          200: {
            description: 'At most `limit` of each.',
            content: {
              'application/json': { schema: Suggestions },
              'application/x-suggestions+json': { schema: Type.Array(Type.Unknown()) },
            },
          },
          ...problemResponses(400, 503),
        },
      },
    },
    async ({ query: { q, limit, format } }, reply) => {
      const found = await suggest.suggest(q, limit);
      if (format !== 'opensearch') return found;
      const { titles, authors, categories } = found;
      const lines = [
        ...titles.map(({ title }) => title),
        ...authors.map((name) => `author:"${tidyPhrase(name)}"`),
        ...categories.filter(isCategoryName).map((name) => `category:${name}`),
      ];
      return reply
        .type('application/x-suggestions+json; charset=utf-8')
        .serializer((text: string) => text)
        .send(JSON.stringify([q, lines.slice(0, limit)]));
    },
  );
};
