import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { FeedbackService } from '../digests/feedback.js';
import type { PreviewService } from '../digests/preview.js';
import type { Subscriptions } from '../digests/subscriptions.js';
import type { Catalog } from '../papers/catalog.js';
import type { AppError } from '../platform/errors.js';
import type { OriginOf } from '../platform/origin.js';
import { addFormBodies, type FormProblem, fieldsOf, paramsIn, problemOf, textOf } from './form-bodies.js';
import { managePages } from './manage-pages.js';
import {
  AskedPage,
  AskLinkPage,
  ConfirmedPage,
  ConfirmPage,
  FeedbackPage,
  SubscribePage,
  UnsubscribedPage,
  UnsubscribePage,
} from './pages/subscribe-pages.js';
import { previewPages } from './preview-pages.js';
import { type FormValues, readValues, requestOf, valuesOfParams } from './subscription-form.js';
import { sendErrorPage, sendPage } from './web.js';

export interface SubscriptionPagesOptions {
  subscriptions: Subscriptions;
  feedback: FeedbackService;
  preview: PreviewService;
  catalog: Catalog;
  originOf: OriginOf;
  /** Our error and its status for whatever was thrown: the same as the API's. */
  describeError: (error: FastifyError) => { error: AppError; status: number };
}

/** A one-click request has some 30 bytes; what else comes with it says nothing. */
const ONE_CLICK_LIMIT = 65_536;

const Token = Type.Object({ token: Type.String() });

/** Subscribing, and what the links in mails lead to. GET and HEAD show; only POST does anything. */
export const subscriptionPages: FastifyPluginAsyncTypebox<SubscriptionPagesOptions> = async (
  app,
  { subscriptions, feedback, preview, catalog, originOf, describeError },
) => {
  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const { error, status } = describeError(thrown);
    if (error.kind === 'fatal') request.log.error({ err: error }, 'page failed');
    if (error.kind === 'unavailable') reply.header('retry-after', error.retryAfter ?? 1);
    return sendErrorPage(reply, { error, status });
  });
  app.addHook('onSend', async (_request, reply) => {
    // The address of the page is a secret of its owner, and what stands on it changes.
    reply.header('cache-control', 'no-store');
    reply.header('referrer-policy', 'no-referrer');
    reply.header('x-robots-tag', 'noindex');
  });
  await app.register(unsubscribePages, { subscriptions });
  addFormBodies(app);
  addAsking(app, subscriptions);

  app.get('/confirm/:token', { schema: { hide: true, params: Token } }, async ({ params, url }, reply) => {
    const subscription = await subscriptions.viewConfirm(params.token);
    return sendPage(reply, <ConfirmPage action={url} subscription={subscription} />);
  });
  app.post('/confirm/:token', { schema: { hide: true, params: Token } }, async ({ params }, reply) =>
    sendPage(reply, <ConfirmedPage {...(await subscriptions.confirm(params.token))} />),
  );

  const OfPaper = Type.Object({ token: Type.String(), id: Type.String() });
  app.get(
    '/digest/:token/papers/:id',
    { schema: { hide: true, params: OfPaper } },
    async ({ params: { token, id }, url }, reply) => {
      const found = await feedback.view(token, id);
      return sendPage(reply, <FeedbackPage action={url} token={token} {...found} />);
    },
  );
  app.post(
    '/digest/:token/papers/:id',
    { schema: { hide: true, params: OfPaper } },
    async ({ params: { token, id }, body, url }, reply) => {
      const given = textOf(fieldsOf(body), 'verdict');
      const verdict = given === 'saved' || given === 'unwanted' ? given : null;
      const paper = await feedback.say(token, id, verdict);
      return sendPage(reply, <FeedbackPage action={url} token={token} paper={paper} verdict={verdict} />);
    },
  );

  await app.register(previewPages, { preview, catalog, describeError });
  await app.register(managePages, { subscriptions, originOf });
};

/** The two forms that everybody may use: their answers say nothing of the address. */
function addAsking(app: FastifyInstance, subscriptions: Subscriptions): void {
  app.get('/subscribe', { schema: { hide: true } }, async ({ query }, reply) => {
    const params = paramsIn(query);
    const ownZone = !params.has('timeZone');
    const form = { values: valuesOfParams(params, 'query'), problem: null, ownZone };
    return sendPage(reply, <SubscribePage {...form} />);
  });
  app.post('/subscribe', { schema: { hide: true } }, async ({ body, ip }, reply) => {
    const values = readValues(fieldsOf(body));
    const problem = await problemOf(() =>
      subscriptions.subscribe({ email: values.email, ip, settings: requestOf(values) }),
    );
    return problem === null ? sendAsked(reply) : sendSubscribe(reply, values, problem);
  });

  app.get('/manage', { schema: { hide: true } }, async (_request, reply) =>
    sendPage(reply, <AskLinkPage email="" problem={null} />),
  );
  app.post('/manage', { schema: { hide: true } }, async ({ body, ip }, reply) => {
    const email = textOf(fieldsOf(body), 'email');
    const problem = await problemOf(() => subscriptions.requestManageLink({ email, ip }));
    return problem === null
      ? sendAsked(reply)
      : sendPage(reply.code(400), <AskLinkPage email={email} problem={problem} />);
  });
}

const sendAsked = (reply: FastifyReply) => sendPage(reply.code(202), <AskedPage />);

const sendSubscribe = (reply: FastifyReply, values: FormValues, problem: FormProblem) =>
  sendPage(reply.code(400), <SubscribePage values={values} problem={problem} />);

/**
 * The unsubscribe link of a mail. Mail clients POST `List-Unsubscribe=One-Click` to it, as either kind of form (RFC 8058); whatever the
 * body is, the token says all there is to say, so that no client fails for its shape.
 */
const unsubscribePages: FastifyPluginAsyncTypebox<{ subscriptions: Subscriptions }> = async (
  app,
  { subscriptions },
) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: ONE_CLICK_LIMIT }, async () => null);

  app.get(
    '/unsubscribe/:token',
    { schema: { hide: true, params: Token } },
    async ({ params, url }, reply) => {
      const { only, subscriptions: all } = await subscriptions.view(params.token);
      const subscription = all.find(({ id }) => id === only) ?? null;
      const page = <UnsubscribePage action={url} token={params.token} subscription={subscription} />;
      return sendPage(reply, page);
    },
  );
  app.post('/unsubscribe/:token', { schema: { hide: true, params: Token } }, async ({ params }, reply) => {
    await subscriptions.unsubscribe(params.token);
    return sendPage(reply, <UnsubscribedPage token={params.token} />);
  });
};
