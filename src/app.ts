import { randomUUID } from 'node:crypto';
import compress from '@fastify/compress';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import { HfPaper } from './http/compat/hugging-face-schema.js';
import { S2Paper } from './http/compat/semantic-scholar-schema.js';
import { PaperView } from './http/paper-view.js';
import { addErrorHandling, sendProblem, toAppError } from './http/plugins/errors.js';
import { Problem, statusOfKind } from './http/problem.js';
import { feedRoutes } from './http/routes/feeds.js';
import { healthRoutes } from './http/routes/health.js';
import { huggingFaceRoutes } from './http/routes/hugging-face.js';
import { ingestRoutes } from './http/routes/ingest.js';
import { listingRoutes } from './http/routes/listings.js';
import { metricsRoutes } from './http/routes/metrics.js';
import { paperRoutes } from './http/routes/papers.js';
import { profileRoutes } from './http/routes/profile.js';
import { recommendationRoutes } from './http/routes/recommendations.js';
import { searchRoutes } from './http/routes/search.js';
import { semanticScholarRoutes } from './http/routes/semantic-scholar.js';
import { semanticScholarRecommendations } from './http/routes/semantic-scholar-recommendations.js';
import { sourceRoutes } from './http/routes/sources.js';
import { subscriptionPreviewRoutes } from './http/routes/subscription-preview.js';
import { subscriptionRoutes } from './http/routes/subscriptions.js';
import { suggestRoutes } from './http/routes/suggest.js';
import { webhookRoutes } from './http/routes/webhooks.js';
import { createSerializerFactory } from './http/serializers.js';
import type { Config } from './platform/config.js';
import { AppError } from './platform/errors.js';
import { withoutTokens } from './platform/log.js';
import { createOriginOf } from './platform/origin.js';
import type { Services } from './services.js';
import { version } from './version.js';
import { favicon } from './web/assets.js';
import { subscriptionPages } from './web/subscription-pages.js';
import { sendErrorPage, webPages } from './web/web.js';

const API_BASE = '/api/v1';

/** Ids hold DOIs, whose length has no limit in the standard; longer ones are nobody's. */
const MAX_PARAM_LENGTH = 2_048;

/** An intake reads and stores up to BODY_LIMIT_MB: that takes longer than any other request. */
const INGEST_TIMEOUT_FACTOR = 10;

/** For all applications of a process: what it makes depends on schemas alone. */
const buildSerializer = createSerializerFactory();

/** Every route of the product. */
export async function createApp(services: Services, config: Config) {
  const {
    catalog,
    clock,
    search,
    suggest,
    recommend,
    profile,
    preview,
    listings,
    readiness,
    ingest,
    intakes,
    countTakenIn,
    apiKeys,
    hintPapers,
    stateTag,
    subscriptions,
    feedback,
    webhooks,
    digests,
    sources,
    sourceScheduler,
    metrics,
    log,
  } = services;
  const ingestTimeoutMs = config.requestTimeoutMs * INGEST_TIMEOUT_FACTOR;
  const originOf = createOriginOf(config.publishedAt);
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    // A URL may hold a token: the path alone is logged, below, and without it.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: config.trustProxy ?? false,
    handlerTimeout: config.requestTimeoutMs,
    requestTimeout: ingestTimeoutMs,
    bodyLimit: config.bodyLimitBytes,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // Unknown fields are refused, not dropped: a misspelt parameter would change the answer silently.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', useDefaults: true } },
    schemaController: { compilersFactory: { buildSerializer } },
    // What fails before a route is found: a path that can't be decoded, an id that is too long.
    frameworkErrors: (error, request, reply) => {
      const { code, message } = toAppError(error);
      keepSecret(reply);
      return sendProblem(new AppError(code, withoutTokens(message)), request, reply);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    if (request.is404) keepSecret(reply);
  });
  const timeRequest = metrics.timer('http_request', 'Answered requests.', ['method', 'route', 'status']);
  app.addHook('onResponse', async (request, reply) => {
    const { url: route } = request.routeOptions;
    const path = route ?? withoutTokens(request.url.split('?')[0]!);
    timeRequest(reply.elapsedTime, {
      method: request.method,
      // Whatever isn't a route is one: paths that somebody invents must not become series.
      route: route ?? 'none',
      status: String(reply.statusCode),
    });
    request.log.info(
      {
        method: request.method,
        path: withoutTokens(path ?? ''),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'answered',
    );
  });
  // Pages alone: a phone on a train waits for them. Bodies of intakes are unpacked by their own parser, which bounds them.
  await app.register(compress, {
    encodings: ['gzip', 'identity'],
    customTypes: /^(?:text\/(?:html|css|javascript)|image\/svg\+xml)/,
    globalDecompression: false,
  });
  app.addSchema(PaperView);
  app.addSchema(Problem);
  app.addSchema(HfPaper);
  app.addSchema(S2Paper);
  addErrorHandling(app);
  app.setNotFoundHandler((request, reply) => {
    const path = withoutTokens(request.url.split('?')[0]!);
    const error = new AppError('route_not_found', `There is nothing at ${request.method} ${path}.`);
    return wantsPage(request)
      ? sendErrorPage(reply, { error, status: 404 })
      : sendProblem(error, request, reply);
  });

  await app.register(swagger, {
    refResolver: {
      buildLocalReference: (json, _base, _fragment, at) => String(json['$id'] ?? `schema-${at}`),
    },
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Quire', version, description: 'Research papers: search by meaning, related papers.' },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'Quire: the API' },
    logo: { type: favicon.type, content: Buffer.from(favicon.body) },
    staticCSP: true,
    // Swagger UI sets styles inline.
    transformStaticCSP: (header) => header.replace(/style-src[^;]*/, "style-src 'self' 'unsafe-inline'"),
  });

  await app.register(searchRoutes, { prefix: API_BASE, search, state: stateTag });
  await app.register(suggestRoutes, { prefix: API_BASE, suggest });
  await app.register(paperRoutes, { prefix: API_BASE, catalog, base: API_BASE });
  await app.register(recommendationRoutes, { prefix: API_BASE, recommend, state: stateTag });
  await app.register(profileRoutes, { prefix: API_BASE, profile, clock, bodyLimit: config.bodyLimitBytes });
  await app.register(subscriptionPreviewRoutes, { prefix: API_BASE, preview, catalog });
  await app.register(listingRoutes, { prefix: API_BASE, listings });
  await app.register(ingestRoutes, {
    prefix: API_BASE,
    ingest,
    apiKeys,
    bodyLimit: config.bodyLimitBytes,
    timeoutMs: ingestTimeoutMs,
    onTaken: hintPapers,
  });
  await app.register(sourceRoutes, {
    prefix: API_BASE,
    sources,
    apiKeys,
    onChange: sourceScheduler.hint,
  });
  await app.register(feedRoutes, {
    prefix: '/feeds',
    search,
    listings,
    recommend,
    catalog,
    subscriptions,
    originOf,
  });
  await app.register(subscriptionRoutes, { prefix: API_BASE, subscriptions, originOf });
  await app.register(webhookRoutes, { prefix: API_BASE, webhooks, apiKeys });
  await app.register(huggingFaceRoutes, { listings, search, catalog, originOf });
  await app.register(semanticScholarRoutes, { search, catalog });
  await app.register(semanticScholarRecommendations, {
    // The seam: whoever recommends by more than nearness takes this place.
    recommend,
    catalog,
    clock,
  });
  await app.register(healthRoutes, { readiness, digests });
  await app.register(metricsRoutes, { metrics });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());

  addSlashRedirects(app, `${API_BASE}/papers`, /^(.+?)(\/related)?\/?$/);
  addSlashRedirects(app, '/feeds/papers', /^(.+?)(\/related\.[a-z]+)?\/?$/);
  addSlashRedirects(app, '/papers', /^(.+?)()\/?$/);
  const describeError = (thrown: FastifyError) => {
    const error = toAppError(thrown);
    return { error, status: statusOfKind[error.kind] };
  };
  await app.register(webPages, {
    ...{ catalog, search, recommend, readiness, digests, sources, listings, originOf, describeError },
    apiKeys,
    clock,
    countTakenIn,
    latestIntake: async () => (await intakes.listRecent(1))[0] ?? null,
  });
  await app.register(subscriptionPages, {
    subscriptions,
    feedback,
    preview,
    catalog,
    originOf,
    describeError,
  });
  return app;
}

/** A person's browser, and not a program. */
function wantsPage({ method, url, headers }: FastifyRequest): boolean {
  return method === 'GET' && !url.startsWith('/api/') && headers.accept?.includes('text/html') === true;
}

/** Links with a token that were copied badly lead to no route: nobody else shall learn their address. */
function keepSecret(reply: FastifyReply): void {
  reply.header('cache-control', 'no-store');
  reply.header('referrer-policy', 'no-referrer');
}

/** Old arXiv ids and DOIs hold slashes, and people write them into paths as they are. `parts`: id, and what follows it. */
function addSlashRedirects(app: FastifyInstance, path: string, parts: RegExp): void {
  app.get<{ Params: { '*': string } }>(
    `${path}/*`,
    { schema: { hide: true } },
    async ({ params, url }, reply) => {
      const [, id = '', suffix = ''] = parts.exec(params['*']) ?? [];
      // Only a slash in an id or at the end leads here, or an id that is too long for a route of its own.
      const isElsewhere = id.includes('/') || params['*'].endsWith('/');
      if (!isElsewhere || id.length > MAX_PARAM_LENGTH) {
        throw new AppError('paper_not_found', `No paper is known as “${id.slice(0, 200)}”.`);
      }
      const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
      return reply.redirect(`${path}/${encodeURIComponent(id)}${suffix}${query}`, 301);
    },
  );
}

export type App = Awaited<ReturnType<typeof createApp>>;
