import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { managedView } from '../digests/subscription-view.js';
import type { Subscriptions } from '../digests/subscriptions.js';
import { AppError } from '../platform/errors.js';
import type { OriginOf } from '../platform/origin.js';
import { fieldsOf, problemOf, textOf } from './form-bodies.js';
import { managePath, ownPath } from './links.js';
import { ChangePage, DeletePage, FeedAddressPage, ManagePage } from './pages/manage-page.js';
import { AskedPage, MessagePage } from './pages/subscribe-pages.js';
import { readValues, requestOf, valuesOf } from './subscription-form.js';
import { sendPage } from './web.js';

const Token = Type.Object({ token: Type.String() });
const One = Type.Object({ token: Type.String(), id: Type.Integer() });
const ofToken = { schema: { hide: true, params: Token } };
const ofOne = { schema: { hide: true, params: One } };

/** The page of an address's digests, behind a link in a mail. */
export const managePages: FastifyPluginAsyncTypebox<{
  subscriptions: Subscriptions;
  originOf: OriginOf;
}> = async (app, { subscriptions, originOf }) => {
  app.get('/manage/:token', ofToken, async ({ params: { token } }, reply) =>
    sendPage(reply, <ManagePage token={token} managed={await subscriptions.view(token)} />),
  );

  app.post('/manage/:token/link', ofToken, async ({ params: { token }, ip }, reply) => {
    await subscriptions.requestFullLink({ token, ip });
    return sendPage(reply.code(202), <AskedPage />);
  });

  app.post('/manage/:token/end', ofToken, async ({ params: { token } }, reply) => {
    await subscriptions.endAll(token);
    return reply.redirect(managePath(token), 303);
  });

  app.get('/manage/:token/export', ofToken, async ({ params: { token } }, reply) => {
    const { sent, ...data } = await subscriptions.exportData(token);
    return reply
      .type('application/json; charset=utf-8')
      .header('content-disposition', 'attachment; filename="quire-export.json"')
      .send(`${JSON.stringify({ ...managedView(data), sent }, null, 2)}\n`);
  });

  app.get('/manage/:token/delete', ofToken, async ({ params: { token } }, reply) => {
    const { email } = await subscriptions.viewAll(token);
    return sendPage(reply, <DeletePage token={token} email={email} />);
  });
  app.post('/manage/:token/delete', ofToken, async ({ params: { token } }, reply) => {
    await subscriptions.deleteData(token);
    const page = (
      <MessagePage title="It is deleted">
        <p>Nothing of you is stored any more, and nothing more is sent.</p>
      </MessagePage>
    );
    return sendPage(reply, page);
  });

  app.get('/manage/:token/subscriptions/:id', ofOne, async ({ params: { token, id } }, reply) => {
    const { subscriptions: all } = await subscriptions.view(token);
    const found = all.find((one) => one.id === id && one.state === 'active');
    if (!found) throw new AppError('subscription_not_found', 'There is no such subscription, or no longer.');
    const values = valuesOf(found);
    return sendPage(
      reply,
      <ChangePage action={ownPath(token, id)} token={token} values={values} problem={null} />,
    );
  });
  app.post('/manage/:token/subscriptions/:id', ofOne, async ({ params: { token, id }, body }, reply) => {
    const values = readValues(fieldsOf(body));
    const problem = await problemOf(() => subscriptions.change(token, id, requestOf(values)));
    if (problem === null) return reply.redirect(managePath(token), 303);
    return sendPage(
      reply.code(400),
      <ChangePage action={ownPath(token, id)} token={token} values={values} problem={problem} />,
    );
  });

  app.post('/manage/:token/subscriptions/:id/pause', ofOne, async ({ params, body }, reply) => {
    const { token, id } = params;
    await subscriptions.pause(token, id, textOf(fieldsOf(body), 'until'));
    return reply.redirect(managePath(token), 303);
  });
  app.post('/manage/:token/subscriptions/:id/resume', ofOne, async ({ params: { token, id } }, reply) => {
    await subscriptions.pause(token, id, null);
    return reply.redirect(managePath(token), 303);
  });
  app.post('/manage/:token/subscriptions/:id/feed', ofOne, async (request, reply) => {
    const { token, id } = request.params;
    const base = originOf(request);
    const feed = { title: 'Your digest', name: `subscriptions/${await subscriptions.issueFeed(token, id)}` };
    return sendPage(reply, <FeedAddressPage token={token} base={base} feed={feed} />);
  });
  app.post('/manage/:token/subscriptions/:id/end', ofOne, async ({ params: { token, id } }, reply) => {
    await subscriptions.end(token, id);
    return reply.redirect(managePath(token), 303);
  });
};
