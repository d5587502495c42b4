import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox';
import type { ReadinessService } from '../../search/readiness.js';

const Switching = Type.Object(
  {
    model: Type.String({ description: 'The model that will answer.' }),
    done: Type.Integer({ description: 'Papers with a vector of that model.' }),
    total: Type.Integer(),
    secondsLeft: Type.Union([Type.Integer(), Type.Null()]),
    error: Type.Union([Type.String(), Type.Null()], { description: 'Why it doesn’t go on.' }),
  },
  { description: 'Another model, or a new index, that is being made ready while the present one answers.' },
);

const Ready = Type.Object({
  ready: Type.Boolean(),
  reasons: Type.Array(Type.String(), { description: 'What is missing, for people.' }),
  papers: Type.Integer(),
  searchable: Type.Integer({ description: 'Papers that can be found by meaning.' }),
  pending: Type.Integer({ description: 'Papers that wait to be embedded.' }),
  failed: Type.Integer({
    description: 'Papers whose text the model can’t take: keyword search alone finds them.',
  }),
  embedding: Type.Object({
    state: Type.String(),
    embedded: Type.Integer({ description: 'Texts embedded since the start of this process.' }),
    error: Type.Union([Type.String(), Type.Null()]),
  }),
  index: Type.Object({
    state: Type.String(),
    kind: Type.String(),
    live: Type.Integer(),
    covered: Type.Boolean(),
    skipped: Type.Integer({ description: 'Vectors of the database that can’t be indexed.' }),
  }),
  words: Type.Object({
    state: Type.String(),
    papers: Type.Integer({ description: 'Papers that can be found by words.' }),
    covered: Type.Boolean(),
  }),
  model: Type.Object({ id: Type.String(), loaded: Type.Boolean() }),
  epoch: Type.Integer({ description: 'Counts switches of the model and reindexings.' }),
  switching: Type.Union([Switching, Type.Null()]),
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
