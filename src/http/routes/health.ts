import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { DigestStatus, Scheduler } from '../../digests/scheduler.js';
import { withoutAddresses } from '../../platform/log.js';
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

const Digests = Type.Object(
  {
    standsStill: Type.Boolean({
      description: 'For ten minutes no run has made progress or come to its end: nothing is sent.',
    }),
    stuck: Type.Integer({ description: 'Due for half an hour and neither sent nor given up.' }),
    uncertain: Type.Integer({ description: 'May have been sent; they wait for somebody to decide.' }),
    lastRunAt: Type.Union([Type.String(), Type.Null()], {
      description: 'When a run of any process last came to its end.',
    }),
    error: Type.Union([Type.String(), Type.Null()], {
      description: 'The trouble of the last look here: it could not be done.',
    }),
    problem: Type.Union([Type.String(), Type.Null()], {
      description:
        'Why the last run of any process was stopped: what the mail server said, or that it isn’t there. Null after one that came to its end.',
    }),
  },
  { description: 'Digests by mail and webhook. `ready` doesn’t depend on them.' },
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
  digests: Digests,
});

export interface HealthRoutesOptions {
  readiness: ReadinessService;
  digests: Pick<Scheduler, 'status'>;
}

export const healthRoutes: FastifyPluginAsyncTypebox<HealthRoutesOptions> = async (
  app,
  { readiness, digests },
) => {
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
      const [state, status] = await Promise.all([readiness.check(), digests.status()]);
      return reply.code(state.ready ? 200 : 503).send({ ...state, digests: digestsView(status) });
    },
  );
};

function digestsView({ standsStill, stuck, uncertain, lastRun, error }: DigestStatus) {
  return {
    standsStill,
    stuck,
    uncertain,
    lastRunAt: lastRun?.finishedAt?.toISOString() ?? null,
    error: error && withoutAddresses(error),
    problem: lastRun?.problem ? withoutAddresses(lastRun.problem) : null,
  };
}
