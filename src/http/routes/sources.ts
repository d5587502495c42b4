import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { readSource } from '../../ingest/sources/source.js';
import { MAX_RUNS } from '../../ingest/sources/source-run.js';
import type { Sources } from '../../ingest/sources/sources.js';
import type { ApiKeys } from '../../platform/api-keys.js';
import { requireApiKey } from '../plugins/api-key.js';
import { problemResponses } from '../problem.js';
import { runView, SourceRunSchema, SourceSchema, sourceView } from '../source-schema.js';

export interface SourceRoutesOptions {
  sources: Sources;
  apiKeys: ApiKeys;
  /** Has the scheduler look now. */
  onChange: () => void;
}

/** As of a subscription. */
const BODY_LIMIT = 65_536;

const DEFAULT_RUNS = 20;

const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) });

/** Where papers are pulled from. Reading is open; what changes something needs the key. */
export const sourceRoutes: FastifyPluginAsyncTypebox<SourceRoutesOptions> = async (
  app,
  { sources, apiKeys, onChange },
) => {
  const tags = ['sources'];
  const withKey = { onRequest: requireApiKey(apiKeys) };
  const key = { tags, security: [{ apiKey: [] }] };

  app.get(
    '/sources',
    {
      schema: {
        tags,
        operationId: 'listSources',
        summary: 'Where papers are pulled from, and how that goes',
        response: { 200: Type.Object({ items: Type.Array(SourceSchema) }), ...problemResponses(503) },
      },
    },
    async () => ({ items: (await sources.list()).map(sourceView) }),
  );

  app.get(
    '/sources/:name/runs',
    {
      schema: {
        tags,
        operationId: 'listSourceRuns',
        summary: 'Pulls of a source with their books, newest first',
        params: Name,
        querystring: Type.Object(
          { limit: Type.Integer({ minimum: 1, maximum: MAX_RUNS, default: DEFAULT_RUNS }) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({ items: Type.Array(SourceRunSchema) }),
          ...problemResponses(400, 404, 503),
        },
      },
    },
    async ({ params, query }) => ({ items: (await sources.listRuns(params.name, query.limit)).map(runView) }),
  );

  app.put(
    '/sources/:name',
    {
      ...withKey,
      bodyLimit: BODY_LIMIT,
      schema: {
        ...key,
        operationId: 'putSource',
        summary: 'Pull papers from there, or change how',
        description:
          'As an entry of SOURCES_FILE: `{"kind": "arxiv", "categories": ["cs.CL"]}`, `{"kind": "huggingface"}`, `{"kind": "feed", "url": "https://…"}` or `{"kind": "oai", "url": "https://…"}`, each with `every` (`6h`) where wanted.',
        params: Name,
        body: Type.Object({ kind: Type.String() }, { additionalProperties: true }),
        response: { 200: SourceSchema, ...problemResponses(400, 401, 413, 503) },
      },
    },
    async ({ params: { name }, body }) => {
      const asked = readSource({ ...body, name }, 'body');
      await sources.put(asked, 'command');
      onChange();
      return sourceView(await sources.view(name));
    },
  );

  app.patch(
    '/sources/:name',
    {
      ...withKey,
      bodyLimit: BODY_LIMIT,
      schema: {
        ...key,
        operationId: 'changeSource',
        summary: 'Turn a source off, or on again',
        params: Name,
        body: Type.Object({ on: Type.Boolean() }, { additionalProperties: false }),
        response: { 200: SourceSchema, ...problemResponses(400, 401, 404, 413, 503) },
      },
    },
    async ({ params: { name }, body }) => {
      await sources.turn(name, body.on);
      onChange();
      return sourceView(await sources.view(name));
    },
  );

  app.delete(
    '/sources/:name',
    {
      ...withKey,
      schema: {
        ...key,
        operationId: 'deleteSource',
        summary: 'Pull no more from there; its papers stay',
        params: Name,
        response: { 204: Type.Null(), ...problemResponses(400, 401, 404, 503) },
      },
    },
    async ({ params }, reply) => {
      await sources.remove(params.name);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/sources/:name/pull',
    {
      ...withKey,
      schema: {
        ...key,
        operationId: 'pullSource',
        summary: 'Pull a source as soon as there is a place',
        description:
          'Answered at once; `lastRun` of the list tells what came of it. A source that is off is not pulled.',
        params: Name,
        response: { 202: SourceSchema, ...problemResponses(400, 401, 404, 503) },
      },
    },
    async ({ params: { name } }, reply) => {
      await sources.hasten(name);
      onChange();
      return reply.code(202).send(sourceView(await sources.view(name)));
    },
  );
};
