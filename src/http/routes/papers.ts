import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { type Catalog, MAX_LOOKED_UP } from '../../papers/catalog.js';
import type { ExportFormatName } from '../../papers/export/formats.js';
import { AppError } from '../../platform/errors.js';
import { PaperRef, paperView } from '../paper-view.js';
import { addAnswers } from '../plugins/answers.js';
import { exportContent, sendExport } from '../plugins/export.js';
import { problemResponses } from '../problem.js';
import { FormatParameter } from '../search-schema.js';

export interface PaperRoutesOptions {
  catalog: Catalog;
  /** Path of the API as clients see it, for redirects: `/api/v1`. */
  base: string;
}

const MAX_REF_LENGTH = 2_048;

const Papers = Type.Object({
  items: Type.Array(PaperRef, { description: 'In the order asked for, each once.' }),
  missing: Type.Array(Type.String(), { description: 'What names no paper here.' }),
});

const papersResponse = {
  200: {
    description: 'Those that are known.',
    content: { 'application/json': { schema: Papers }, ...exportContent },
  },
  ...problemResponses(400, 503),
};

export const paperRoutes: FastifyPluginAsyncTypebox<PaperRoutesOptions> = async (app, { catalog, base }) => {
  // Read from the database each time: who has just stored a paper sees it.
  addAnswers(app, { state: null });
  app.get(
    '/papers/:id',
    {
      schema: {
        operationId: 'getPaper',
        summary: 'One paper',
        description:
          'Any id leads to the paper: arXiv id (with or without version), DOI, title id, or a URL of arXiv, Hugging Face, alphaXiv, Semantic Scholar or doi.org. All but the public id are answered with a redirect to it.',
        tags: ['papers'],
        params: Type.Object({ id: Type.String({ description: 'Slashes as %2F.' }) }),
        querystring: Type.Object(FormatParameter, { additionalProperties: false }),
        response: {
          200: {
            description: 'The paper.',
            content: { 'application/json': { schema: PaperRef }, ...exportContent },
          },
          301: Type.Null({ description: 'The paper has a better id: follow `Location`.' }),
          ...problemResponses(404, 503),
        },
      },
    },
    async ({ params, query }, reply) => {
      const paper = await catalog.get(params.id);
      const { format = 'json' } = query;
      if (paper.id !== params.id) {
        const suffix = format === 'json' ? '' : `?format=${format}`;
        return reply.redirect(`${base}/papers/${encodeURIComponent(paper.id)}${suffix}`, 301);
      }
      return format === 'json' ? paperView(paper) : sendExport(reply, format, [paper]);
    },
  );

  async function answer(refs: readonly string[], format: 'json' | ExportFormatName, reply: FastifyReply) {
    const { papers, missing } = await catalog.lookUp(refs);
    return format === 'json' ? { items: papers.map(paperView), missing } : sendExport(reply, format, papers);
  }

  app.get(
    '/papers',
    {
      schema: {
        operationId: 'getPapers',
        summary: 'Several papers',
        tags: ['papers'],
        querystring: Type.Object(
          {
            ids: Type.String({
              maxLength: 8_000,
              description: `At most ${MAX_LOOKED_UP} ids of any form, with commas between. What has a comma itself needs the batch.`,
            }),
            ...FormatParameter,
          },
          { additionalProperties: false },
        ),
        response: papersResponse,
      },
    },
    async ({ query: { ids, format = 'json' } }, reply) => {
      const refs = ids.split(',').filter((ref) => ref.trim() !== '');
      // Those beyond would be told of as missing, which nobody has looked for.
      if (refs.length > MAX_LOOKED_UP) {
        throw new AppError('invalid_input', `ids: expected at most ${MAX_LOOKED_UP}, not ${refs.length}.`, {
          details: { field: 'ids', limit: MAX_LOOKED_UP },
        });
      }
      return answer(refs, format, reply);
    },
  );

  app.post(
    '/papers/batch',
    {
      schema: {
        operationId: 'batchPapers',
        summary: 'Many papers',
        tags: ['papers'],
        body: Type.Object(
          {
            ids: Type.Array(Type.String({ maxLength: MAX_REF_LENGTH }), {
              maxItems: MAX_LOOKED_UP,
              description: 'Ids of any form.',
            }),
          },
          { additionalProperties: false },
        ),
        querystring: Type.Object(FormatParameter, { additionalProperties: false }),
        response: papersResponse,
      },
    },
    async ({ body: { ids }, query: { format = 'json' } }, reply) => answer(ids, format, reply),
  );
};
