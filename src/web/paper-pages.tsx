import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Catalog } from '../papers/catalog.js';
import { isAppError } from '../platform/errors.js';
import type { Recommend } from '../recommendations/recommend.js';
import { type RecommendSort, recommendSorts } from '../recommendations/request.js';
import { paperPath } from './links.js';
import { PaperPage } from './pages/paper-page.js';
import { type Diversity, diversities, MAX_RELATED_SHOWN, relatedRequest } from './related-choices.js';
import { sendPage } from './web.js';

export interface PaperPagesOptions {
  catalog: Pick<Catalog, 'get' | 'background'>;
  recommend: Recommend;
}

const Query = Type.Object({
  // The query language says what is wrong with it.
  since: Type.Optional(Type.String({ maxLength: 20 })),
  diversity: Type.Optional(Type.Unsafe<Diversity>({ type: 'string', enum: [...Object.keys(diversities)] })),
  sort: Type.Optional(Type.Unsafe<RecommendSort>({ type: 'string', enum: [...recommendSorts] })),
  show: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_RELATED_SHOWN })),
});

/** One paper: itself, what stands behind it, and what is like it. */
export const paperPages: FastifyPluginAsyncTypebox<PaperPagesOptions> = async (
  app,
  { catalog, recommend: { recommend } },
) => {
  app.get(
    '/papers/:id',
    { schema: { hide: true, params: Type.Object({ id: Type.String() }), querystring: Query } },
    async ({ params, query, url, signal, log }, reply) => {
      const paper = await catalog.get(params.id);
      if (paper.id !== params.id)
        return reply.redirect(paperPath(paper.id) + (/\?.*$/.exec(url)?.[0] ?? ''), 301);
      const found = recommend({ ...relatedRequest(paper.id, query), signal }).catch((error: unknown) => {
        // The paper itself is what was asked for: an index that is busy or starting must not hide it.
        if (!isAppError(error) || error.kind !== 'unavailable') throw error;
        log.info({ code: error.code }, 'page without related papers');
        return null;
      });
      const [background, related] = await Promise.all([catalog.background(paper.key), found]);
      return sendPage(reply, <PaperPage {...{ paper, background, related, choices: query }} />);
    },
  );
};
