import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox';
import type { ReadinessService } from '../../search/readiness.js';

const Ready = Type.Object({
  ready: Type.Boolean(),
  reasons: Type.Array(Type.String(), { description: 'What is missing, for people.' }),
  papers: Type.Integer(),
  searchable: Type.Integer({ description: 'Papers that can be found by meaning.' }),
  pending: Type.Integer({ description: 'Papers that wait to be embedded.' }),
  embedding: Type.Object({
    state: Type.String(),
    embedded: Type.Integer({ description: 'Texts embedded since the start of this process.' }),
    failed: Type.Integer(),
    error: Type.Union([Type.String(), Type.Null()]),
  }),
  index: Type.Object({
    state: Type.String(),
    kind: Type.String(),
    live: Type.Integer(),
    covered: Type.Boolean(),
  }),
  model: Type.Object({ id: Type.String(), loaded: Type.Boolean() }),
});

export interface HealthRoutesOptions {
  readiness: ReadinessService;
}

export const healthRoutes: FastifyPluginAsyncTypebox<HealthRoutesOptions> = async (app, { readiness }) => {
  app.get(
    '/livez',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'livez',
        summary: 'Is the process alive',
        tags: ['health'],
        response: { 200: Type.Object({ alive: Type.Literal(true) }) },
      },
    },
    async () => ({ alive: true as const }),
  );

  app.get(
    '/readyz',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'readyz',
        summary: 'Is every paper searchable',
        description:
          '503 while papers wait to be embedded or indexed, or the model is being loaded; searches are answered all the while.',
        tags: ['health'],
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const state = await readiness.check();
      return reply.code(state.ready ? 200 : 503).send(state);
    },
  );
};
