import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { type InputFormat, inputFormats } from '../../ingest/format-names.js';
import type { Ingest } from '../../ingest/ingest.js';
import { MAX_REPORTED_PROBLEMS } from '../../ingest/ingest.js';
import type { ApiKeys } from '../../platform/api-keys.js';
import { AppError } from '../../platform/errors.js';
import { requireApiKey } from '../plugins/api-key.js';
import { clientGone, limited, takeRawBodies } from '../plugins/raw-body.js';
import { problemResponses } from '../problem.js';

const Report = Type.Object({
  name: Type.String(),
  format: Type.Union([Type.String(), Type.Null()], { description: 'What the text was recognised as.' }),
  entries: Type.Integer({ description: 'Entries that are papers, repetitions among them.' }),
  papers: Type.Integer({ description: 'Distinct papers among them.' }),
  added: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer(),
  merged: Type.Integer({ description: 'Papers that turned out to be one with another, and went into it.' }),
  problems: Type.Integer({ description: 'What could not be read as a paper.' }),
  problemList: Type.Array(
    Type.Object({ line: Type.Integer(), reason: Type.String(), excerpt: Type.String() }),
    { description: `The first ${MAX_REPORTED_PROBLEMS} problems.` },
  ),
  durationMs: Type.Integer(),
});

export interface IngestRoutesOptions {
  ingest: Ingest;
  apiKeys: ApiKeys;
  /** Largest body, bytes. */
  bodyLimit: number;
  /** Milliseconds that an intake may take. */
  timeoutMs: number;
  /** Something came in: embed it. */
  onTaken: () => void;
}

export const ingestRoutes: FastifyPluginAsyncTypebox<IngestRoutesOptions> = async (app, options) => {
  const { ingest, apiKeys, bodyLimit, timeoutMs, onTaken } = options;

  // Listings come as text/plain, application/x-ndjson, gzip or nothing at all; what it is shows in the bytes.
  takeRawBodies(app);

  app.addHook('onRequest', requireApiKey(apiKeys));

  app.post(
    '/ingest',
    {
      // Fastify's own limit ends with the upload; the rest of the time is watched below.
      handlerTimeout: timeoutMs,
      schema: {
        operationId: 'ingest',
        summary: 'Take papers in',
        description:
          'The body is a Hugging Face papers page (its text or its HTML), XML of arXiv (its API, announcements, OAI-PMH), JSON lines, BibTeX, RIS, CSL JSON or CSV; gzip is recognised. When the answer comes, the papers are stored for good; they can be found by meaning some moments later. What could not be read is listed and costs no other paper.',
        tags: ['ingest'],
        consumes: [
          'text/plain',
          'application/x-ndjson',
          'application/gzip',
          'application/x-bibtex',
          'application/x-research-info-systems',
          'application/vnd.citationstyles.csl+json',
          'application/xml',
          'application/atom+xml',
          'application/rss+xml',
          'text/csv',
          'text/html',
        ],
        security: [{ apiKey: [] }],
        querystring: Type.Object(
          {
            name: Type.Optional(
              Type.String({ maxLength: 200, description: 'What to call it in the books.' }),
            ),
            asOf: Type.Optional(
              Type.String({
                format: 'date',
                description: 'The day on which it was saved; today when absent.',
              }),
            ),
            format: Type.Optional(
              Type.Unsafe<InputFormat>({
                type: 'string',
                enum: [...inputFormats],
                description: 'What the body is; by its first bytes when absent.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Report, ...problemResponses(400, 401, 413, 503) },
      },
    },
    async ({ query, body }, reply) => {
      const bytes = limited(body, bodyLimit);
      const tooLate = AbortSignal.timeout(timeoutMs);
      const signal = AbortSignal.any([tooLate, clientGone(reply)]);
      try {
        return await ingest.take({
          name: query.name?.replace(/\p{Cc}/gu, ' ') ?? 'api',
          asOf: query.asOf,
          format: query.format,
          bytes,
          signal,
        });
      } catch (error) {
        if (!tooLate.aborted) throw error;
        const limit = `${timeoutMs / 1_000} s`;
        throw new AppError('timeout', `Not taken in within ${limit}; what was stored stays: send it again.`, {
          cause: error,
        });
      } finally {
        onTaken();
      }
    },
  );
};
