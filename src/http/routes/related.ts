import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox';
import { DEFAULT_RELATED, MAX_RELATED, type Related } from '../../recommendations/related.js';
import { paperView } from '../paper-view.js';
import { type AnswersOptions, addAnswers } from '../plugins/answers.js';
import { exportContent, sendExport } from '../plugins/export.js';
import { problemResponses } from '../problem.js';
import { EngineFields, FormatParameter, ScoredPaper } from '../search-schema.js';

const RelatedQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_RELATED, default: DEFAULT_RELATED })),
    ...FormatParameter,
  },
  { additionalProperties: false },
);

const RelatedAnswer = Type.Object({ items: Type.Array(ScoredPaper), ...EngineFields });

export interface RelatedRoutesOptions extends AnswersOptions {
  related: Related;
}

export const relatedRoutes: FastifyPluginAsyncTypebox<RelatedRoutesOptions> = async (
  app,
  { related, state },
) => {
  addAnswers(app, { state });
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
          200: {
            description: 'The nearest first.',
            content: { 'application/json': { schema: RelatedAnswer }, ...exportContent },
          },
          ...problemResponses(400, 404, 503),
        },
      },
    },
    async ({ params, query, signal }, reply) => {
      const { items, ...rest } = await related.related(params.id, query.limit ?? DEFAULT_RELATED, signal);
      const { format = 'json' } = query;
      if (format !== 'json')
        return sendExport(
          reply,
          format,
          items.map(({ paper }) => paper),
        );
      return { items: items.map(({ paper, score }) => ({ paper: paperView(paper), score })), ...rest };
    },
  );
};
