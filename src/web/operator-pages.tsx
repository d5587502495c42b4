import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scheduler } from '../digests/scheduler.js';
import type { Sources } from '../ingest/sources/sources.js';
import type { ApiKeys } from '../platform/api-keys.js';
import type { Clock } from '../platform/clock.js';
import type { ReadinessService } from '../search/readiness.js';
import type { DayCount } from './components/day-bars.js';
import { HealthPage, type LatestIntake } from './pages/health-page.js';
import { KeyNeededPage } from './pages/key-needed-page.js';
import { SourcesPage } from './pages/sources-page.js';
import { sendPage } from './web.js';

export interface OperatorPagesOptions {
  apiKeys: Pick<ApiKeys, 'hasAny' | 'isValid'>;
  clock: Clock;
  readiness: Pick<ReadinessService, 'glance'>;
  digests: Pick<Scheduler, 'status'>;
  sources: Pick<Sources, 'list' | 'listRuns' | 'count'>;
  latestIntake: () => Promise<LatestIntake | null>;
  /** Papers by the UTC day on which they came in, ascending; days without any are missing. */
  countTakenIn: (span: { after: Date; until: Date }) => Promise<DayCount[]>;
}

/** Pulls of each source. */
const RUNS_SHOWN = 7;

/** Days of the health page's bars, today among them. */
const DAYS_SHOWN = 30;

const DAY_MS = 86_400_000;

const hidden = { schema: { hide: true } };

/**
 * Pages for whoever runs the service. Where there is an API key they ask for it as HTTP Basic's password (RFC 7617), so that a browser
 * has no need of a script or a session; where there is none they are open, as nobody could open them.
 */
export const operatorPages: FastifyPluginAsyncTypebox<OperatorPagesOptions> = async (app, options) => {
  const { apiKeys, clock, readiness, digests, sources, latestIntake, countTakenIn } = options;

  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    reply.header('x-robots-tag', 'noindex');
    if (!(await apiKeys.hasAny())) return;
    const key = passwordIn(request);
    if (key !== null && (await apiKeys.isValid(key))) return;
    return askForKey(reply, { wasWrong: key !== null });
  });

  app.get('/health', hidden, async (_request, reply) => {
    const now = clock.now();
    const midnight = new Date(now.toISOString().slice(0, 10)).getTime();
    // `after` is not of the span itself.
    const after = new Date(midnight - (DAYS_SHOWN - 1) * DAY_MS - 1);
    const [state, status, intake, counts, takenIn, hasKey] = await Promise.all([
      readiness.glance(),
      digests.status(),
      latestIntake(),
      sources.count(),
      countTakenIn({ after, until: now }),
      apiKeys.hasAny(),
    ]);
    const days = { from: dayOf(after.getTime() + 1), to: dayOf(midnight), counts: takenIn };
    return sendPage(
      reply,
      <HealthPage
        readiness={state}
        digests={status}
        intake={intake}
        sources={counts}
        takenIn={days}
        isOpen={!hasKey}
      />,
    );
  });

  app.get('/sources', hidden, async (_request, reply) => {
    const [views, hasKey] = await Promise.all([sources.list(), apiKeys.hasAny()]);
    const shown = await Promise.all(
      views.map(async (source) => ({ source, runs: await sources.listRuns(source.name, RUNS_SHOWN) })),
    );
    return sendPage(reply, <SourcesPage sources={shown} isOpen={!hasKey} />);
  });
};

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** What stands behind the first colon; null: nothing was given. */
function passwordIn({ headers }: FastifyRequest): string | null {
  const [, encoded] = /^basic +([\w+/=-]+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return null;
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = given.indexOf(':');
  return colon === -1 ? null : given.slice(colon + 1);
}

function askForKey(reply: FastifyReply, { wasWrong }: { wasWrong: boolean }): FastifyReply {
  reply
    .code(401)
    .header('www-authenticate', 'Basic realm="Quire, an API key as the password", charset="UTF-8"');
  return sendPage(reply, <KeyNeededPage wasWrong={wasWrong} />);
}
