import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Recommend } from '../../recommendations/recommend.js';
import { type AnswersOptions, addAnswers } from '../plugins/answers.js';
import { exportContent, sendExport } from '../plugins/export.js';
import { clientGone } from '../plugins/raw-body.js';
import { problemResponses } from '../problem.js';
import {
  choicesOf,
  DEFAULT_RELATED,
  RecommendAnswer,
  RecommendBody,
  RelatedQuery,
  recommendRequestOf,
  recommendView,
} from '../recommend-schema.js';
import { FormatParameter } from '../search-schema.js';

export interface RecommendationRoutesOptions extends AnswersOptions {
  recommend: Recommend;
}

const response = {
  200: {
    description: 'The most similar first; of several subjects in turn.',
    content: { 'application/json': { schema: RecommendAnswer }, ...exportContent },
  },
  ...problemResponses(400, 404, 503),
};

export const recommendationRoutes: FastifyPluginAsyncTypebox<RecommendationRoutesOptions> = async (
  app,
  { recommend: { recommend }, state },
) => {
  addAnswers(app, { state });
  app.get(
    '/papers/:id/related',
    {
      schema: {
        operationId: 'related',
        summary: 'Papers like a paper, and why',
        description: 'Never the paper itself, another version or a copy of it.',
        tags: ['recommendations'],
        params: Type.Object({ id: Type.String({ description: 'Any id of the paper; slashes as %2F.' }) }),
        querystring: RelatedQuery,
        response,
      },
    },
    async ({ params, query: { limit = DEFAULT_RELATED, format = 'json', ...query }, signal }, reply) => {
      const positives = [{ ref: params.id }];
      const result = await recommend({ positives, limit, ...choicesOf(query), signal });
      if (result.notice !== null) reply.header('cache-control', 'no-store');
      if (format === 'json') return recommendView(result);
      return sendExport(
        reply,
        format,
        result.items.map(({ paper }) => paper),
      );
    },
  );

  app.post(
    '/recommendations',
    {
      schema: {
        operationId: 'recommend',
        summary: 'Papers like some and unlike others, and why',
        description:
          'Never one of those given, another version or a copy of one. Positives of different subjects are kept apart: each has its share of every beginning.',
        tags: ['recommendations'],
        body: RecommendBody,
        querystring: Type.Object(FormatParameter, { additionalProperties: false }),
        response,
      },
    },
    async ({ body, query: { format = 'json' } }, reply) => {
      const result = await recommend({ ...recommendRequestOf(body), signal: clientGone(reply) });
      if (format === 'json') return recommendView(result);
      return sendExport(
        reply,
        format,
        result.items.map(({ paper }) => paper),
      );
    },
  );
};
