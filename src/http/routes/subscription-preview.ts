import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { PreviewService } from '../../digests/preview.js';
import { checkSettings } from '../../digests/subscription-request.js';
import type { Catalog } from '../../papers/catalog.js';
import { clientGone } from '../plugins/raw-body.js';
import { PreviewAnswer, PreviewBody, previewView } from '../preview-schema.js';
import { problemResponses } from '../problem.js';

export interface SubscriptionPreviewOptions {
  preview: PreviewService;
  catalog: Catalog;
}

export const subscriptionPreviewRoutes: FastifyPluginAsyncTypebox<SubscriptionPreviewOptions> = async (
  app,
  { preview: { preview }, catalog },
) => {
  app.post(
    '/subscriptions/preview',
    {
      schema: {
        operationId: 'previewSubscription',
        summary: 'What a subscription would have sent',
        description:
          'Day by day: what came in, what matched, what was cut by what, and the papers. Nothing is stored, and nobody is written to.',
        tags: ['subscriptions'],
        body: PreviewBody,
        response: { 200: PreviewAnswer, ...problemResponses(400, 404, 503) },
      },
    },
    async ({ body: { settings, days }, ip }, reply) => {
      reply.header('cache-control', 'no-store');
      const checked = await checkSettings(settings, { catalog });
      return previewView(await preview({ settings: checked, days, ip, signal: clientGone(reply) }));
    },
  );
};
