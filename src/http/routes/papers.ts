import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox';
import type { Catalog } from '../../papers/catalog.js';
import { PaperRef, paperView } from '../paper-view.js';
import { problemResponses } from '../problem.js';

export interface PaperRoutesOptions {
  catalog: Catalog;
  /** Path of the API as clients see it, for redirects: `/api/v1`. */
  base: string;
}

export const paperRoutes: FastifyPluginAsyncTypebox<PaperRoutesOptions> = async (app, { catalog, base }) => {
  app.get(
    '/papers/:id',
    {
      schema: {
        operationId: 'getPaper',
        summary: 'One paper',
        description:
          'Any id leads to the paper: arXiv id (with or without version), DOI, title id, or a URL of arXiv, Hugging Face, alphaXiv or doi.org. All but the public id are answered with a redirect to it.',
        tags: ['papers'],
        params: Type.Object({ id: Type.String({ description: 'Slashes as %2F.' }) }),
        response: {
          200: PaperRef,
          301: Type.Null({ description: 'The paper has a better id: follow `Location`.' }),
          ...problemResponses(404, 503),
        },
      },
    },
    async ({ params }, reply) => {
      const paper = await catalog.get(params.id);
      if (paper.id === params.id) return paperView(paper);
      return reply.redirect(`${base}/papers/${encodeURIComponent(paper.id)}`, 301);
    },
  );
};
