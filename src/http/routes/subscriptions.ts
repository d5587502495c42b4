import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { managedView, ownView } from '../../digests/subscription-view.js';
import type { Subscriptions } from '../../digests/subscriptions.js';
import type { OriginOf } from '../../platform/origin.js';
import { subscriptionFeeds } from '../plugins/feed.js';
import { problemResponses } from '../problem.js';
import {
  ExportView,
  Hints,
  ManagedView,
  OwnSubscriptionView,
  PausedUntil,
  SettingsFields,
} from '../subscription-schema.js';

export interface SubscriptionRoutesOptions {
  subscriptions: Subscriptions;
  /** For the addresses of feeds. */
  originOf: OriginOf;
}

/** Settings of a digest with muted lists at their bounds and likes take some 40 kB. */
const BODY_LIMIT = 65_536;

const Accepted = Type.Object({ status: Type.Literal('accepted'), detail: Type.String() });
/** The same for every address, as what is said of the query is. */
const AcceptedQuery = Type.Object({ ...Accepted.properties, hints: Hints });
const Token = Type.Object({ token: Type.String({ description: 'Of a link in a mail.' }) });
const One = Type.Object({ ...Token.properties, id: Type.Integer() });
const FeedAddresses = Type.Object({ atom: Type.String(), rss: Type.String(), json: Type.String() });
const tags = ['digests'];

const ACCEPTED = {
  status: 'accepted' as const,
  detail: 'If this address can take mail from here, a message is on its way: its link does the rest.',
};

export const subscriptionRoutes: FastifyPluginAsyncTypebox<SubscriptionRoutesOptions> = async (
  app,
  { subscriptions, originOf },
) => {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  app.post(
    '/subscriptions',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        operationId: 'subscribe',
        summary: 'Ask for a digest by mail',
        description:
          'The address gets a link to confirm; before that nothing is sent. The answer is the same whether the address is known, confirmed, or has been asked too often.',
        tags,
        body: Type.Object(
          { email: Type.String({ description: 'Where the digest goes.' }), ...SettingsFields },
          { additionalProperties: false },
        ),
        response: { 202: AcceptedQuery, ...problemResponses(400, 413, 503) },
      },
    },
    async ({ body: { email, ...settings }, ip }, reply) => {
      const { hints } = await subscriptions.subscribe({ email, ip, settings });
      return reply.code(202).send({ ...ACCEPTED, hints });
    },
  );

  app.post(
    '/subscriptions/link',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        operationId: 'requestManageLink',
        summary: 'Have the link to an address’s subscriptions mailed to it',
        tags,
        body: Type.Object({ email: Type.String() }, { additionalProperties: false }),
        response: { 202: Accepted, ...problemResponses(400, 413, 503) },
      },
    },
    async ({ body: { email }, ip }, reply) => {
      await subscriptions.requestManageLink({ email, ip });
      return reply.code(202).send(ACCEPTED);
    },
  );

  app.post(
    '/subscriptions/:token/link',
    {
      schema: {
        operationId: 'requestFullLink',
        summary: 'Have the link to everything mailed to the address whose link this is',
        description:
          'The link of a digest opens its subscription alone, as digests are handed on. The answer is the same whatever comes of it.',
        tags,
        params: Token,
        response: { 202: Accepted, ...problemResponses(400, 404, 503) },
      },
    },
    async ({ params: { token }, ip }, reply) => {
      await subscriptions.requestFullLink({ token, ip });
      return reply.code(202).send(ACCEPTED);
    },
  );

  app.post(
    '/subscriptions/:token/confirm',
    {
      schema: {
        operationId: 'confirmSubscription',
        summary: 'Confirm, with the token of the first mail; again is fine',
        tags,
        params: Token,
        response: {
          200: Type.Object({ subscription: OwnSubscriptionView, manageToken: Type.String() }),
          ...problemResponses(400, 404, 503),
        },
      },
    },
    async ({ params }) => {
      const { subscription, manageToken } = await subscriptions.confirm(params.token);
      return { subscription: ownView(subscription), manageToken };
    },
  );

  app.get(
    '/subscriptions/:token',
    {
      schema: {
        operationId: 'getSubscriptions',
        summary: 'The subscriptions of an address, and what it said of papers',
        description:
          'Of the link of a digest its own subscription and papers alone (`only`); all else with it is answered with 403 `full_link_needed`.',
        tags,
        params: Token,
        response: { 200: ManagedView, ...problemResponses(404, 503) },
      },
    },
    async ({ params }) => managedView(await subscriptions.view(params.token)),
  );

  app.get(
    '/subscriptions/:token/export',
    {
      schema: {
        operationId: 'exportSubscriber',
        summary: 'All that is stored of an address',
        tags,
        params: Token,
        response: { 200: ExportView, ...problemResponses(403, 404, 503) },
      },
    },
    async ({ params }) => {
      const { sent, ...data } = await subscriptions.exportData(params.token);
      return { ...managedView(data), sent };
    },
  );

  app.delete(
    '/subscriptions/:token',
    {
      schema: {
        operationId: 'unsubscribeAll',
        summary: 'End all subscriptions of an address',
        tags,
        params: Token,
        response: { 204: Type.Null(), ...problemResponses(403, 404, 503) },
      },
    },
    async ({ params }, reply) => {
      await subscriptions.endAll(params.token);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/subscriptions/:token/data',
    {
      schema: {
        operationId: 'deleteSubscriber',
        summary: 'Delete all that is stored of an address; it can’t be undone',
        tags,
        params: Token,
        response: { 204: Type.Null(), ...problemResponses(403, 404, 503) },
      },
    },
    async ({ params }, reply) => {
      await subscriptions.deleteData(params.token);
      return reply.code(204).send(null);
    },
  );

  await app.register(oneSubscription, { subscriptions, originOf });
};

/** Changing and ending one. */
const oneSubscription: FastifyPluginAsyncTypebox<SubscriptionRoutesOptions> = async (
  app,
  { subscriptions, originOf },
) => {
  app.patch(
    '/subscriptions/:token/:id',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        operationId: 'changeSubscription',
        summary: 'Change a subscription, pause it or go on with it',
        description: 'What is left out stays as it is.',
        tags,
        params: One,
        body: Type.Object({ ...SettingsFields, pausedUntil: PausedUntil }, { additionalProperties: false }),
        response: { 200: OwnSubscriptionView, ...problemResponses(400, 403, 404, 413, 503) },
      },
    },
    async ({ params: { token, id }, body: { pausedUntil, ...settings } }) => {
      // The settings first: they may name the time zone in which the day begins.
      const changed = await subscriptions.change(token, id, settings);
      return ownView(pausedUntil === undefined ? changed : await subscriptions.pause(token, id, pausedUntil));
    },
  );

  app.post(
    '/subscriptions/:token/:id/feed',
    {
      schema: {
        operationId: 'makeSubscriptionFeed',
        summary: 'Make the address of a feed of what a subscription is sent',
        description: 'It is told this once. The address that was made before, if any, is no more.',
        tags,
        params: One,
        response: { 201: FeedAddresses, ...problemResponses(400, 403, 404, 503) },
      },
    },
    async (request, reply) => {
      const { token, id } = request.params;
      const base = originOf(request);
      return reply.code(201).send(subscriptionFeeds(base, await subscriptions.issueFeed(token, id)));
    },
  );

  app.delete(
    '/subscriptions/:token/:id',
    {
      schema: {
        operationId: 'unsubscribe',
        summary: 'End a subscription; again is fine',
        tags,
        params: One,
        response: { 204: Type.Null(), ...problemResponses(403, 404, 503) },
      },
    },
    async ({ params: { token, id } }, reply) => {
      await subscriptions.end(token, id);
      return reply.code(204).send(null);
    },
  );
};
