import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { type WebhookShape, webhookShapes } from '../../digests/subscription.js';
import { subscriptionView } from '../../digests/subscription-view.js';
import type { Webhooks } from '../../digests/webhooks.js';
import type { ApiKeys } from '../../platform/api-keys.js';
import { requireApiKey } from '../plugins/api-key.js';
import { problemResponses } from '../problem.js';
import { PausedUntil, SubscriptionView } from '../subscription-schema.js';
import { postedDescription, WebhookSettings, webhookCallbacks } from '../webhook-schema.js';

export interface WebhookRoutesOptions {
  webhooks: Webhooks;
  apiKeys: ApiKeys;
}

/** As of a subscription. */
const BODY_LIMIT = 65_536;

const common = { tags: ['digests'], security: [{ apiKey: [] }] };

export const webhookRoutes: FastifyPluginAsyncTypebox<WebhookRoutesOptions> = async (
  app,
  { webhooks, apiKeys },
) => {
  app.addHook('onRequest', requireApiKey(apiKeys));

  app.post(
    '/webhooks',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        ...common,
        operationId: 'addWebhook',
        summary: 'Have digests posted to a URL',
        description: postedDescription,
        callbacks: webhookCallbacks,
        body: Type.Object(
          {
            url: Type.String(),
            shape: Type.Optional(
              Type.Unsafe<WebhookShape>({
                type: 'string',
                enum: [...webhookShapes],
                description: 'Whose messages it takes; `generic` when absent.',
              }),
            ),
            ...WebhookSettings,
          },
          { additionalProperties: false },
        ),
        response: { 201: SubscriptionView, ...problemResponses(400, 401, 413, 503) },
      },
    },
    async ({ body: { url, shape, ...settings } }, reply) =>
      reply.code(201).send(subscriptionView(await webhooks.add({ url, shape, settings }))),
  );

  app.get(
    '/webhooks',
    {
      schema: {
        ...common,
        operationId: 'listWebhooks',
        summary: 'Where digests are posted',
        response: {
          200: Type.Object({ items: Type.Array(SubscriptionView) }),
          ...problemResponses(401, 503),
        },
      },
    },
    async () => ({ items: (await webhooks.list()).map(subscriptionView) }),
  );

  app.patch(
    '/webhooks/:id',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        ...common,
        operationId: 'changeWebhook',
        summary: 'Change what is posted there, pause it or go on with it',
        description: 'What is left out stays as it is.',
        params: Type.Object({ id: Type.Integer() }),
        body: Type.Object({ ...WebhookSettings, pausedUntil: PausedUntil }, { additionalProperties: false }),
        response: { 200: SubscriptionView, ...problemResponses(400, 401, 404, 413, 503) },
      },
    },
    async ({ params, body }) => subscriptionView(await webhooks.change(params.id, body)),
  );

  app.delete(
    '/webhooks/:id',
    {
      schema: {
        ...common,
        operationId: 'deleteWebhook',
        summary: 'Post no more digests there; again is fine',
        params: Type.Object({ id: Type.Integer() }),
        response: { 204: Type.Null(), ...problemResponses(400, 401, 404, 503) },
      },
    },
    async ({ params }, reply) => {
      await webhooks.remove(params.id);
      return reply.code(204).send(null);
    },
  );
};
