import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isOf } from '../support/errors.js';
import { inventedPaper } from '../support/papers.js';
import { addDigest, tokenOf } from '../support/subscribing.js';
import { type ManagedAnswer, subscriptionsApi } from './subscriptions-fixture.js';

describe('links of subscriptions over the API', () => {
  const { mail, service, call, subscribed, managed } = subscriptionsApi();

  it('lets nobody touch what is another’s, nor guess', async () => {
    const [one, other] = [await subscribed(), await subscribed()];
    assert.equal(
      (await call('PATCH', `/subscriptions/${one.manage}/${other.id}`, { cap: 1 })).statusCode,
      404,
    );
    assert.equal((await call('DELETE', `/subscriptions/${one.manage}/${other.id}`)).statusCode, 404);
    for (const token of ['x', 'x'.repeat(43), one.confirm, '%00', `${one.manage}x`]) {
      const answer = await call('GET', `/subscriptions/${token}`);
      assert.equal(answer.statusCode, 404, token);
      assert.equal(answer.json<{ code: string }>().code, 'link_not_found');
    }
    assert.equal((await call('POST', `/subscriptions/${one.manage}/confirm`)).statusCode, 404);
    assert.equal((await call('DELETE', `/subscriptions/${one.manage}/99999999999`)).statusCode, 404);
  });

  it('mails a link to all subscriptions of an address', async () => {
    const { email } = await subscribed();
    await subscribed({ kind: 'daily' }, email);
    assert.equal((await call('POST', '/subscriptions/link', { email })).statusCode, 202);
    const token = tokenOf(mail.mails.at(-1)!);
    assert.equal(mail.mails.at(-1)!.to, email);
    assert.equal((await managed(token)).subscriptions.length, 2);
    assert.equal((await call('DELETE', `/subscriptions/${token}`)).statusCode, 204);
    assert.deepEqual(
      (await managed(token)).subscriptions.map(({ state }) => state),
      ['ended', 'ended'],
    );
  });

  it('opens one subscription with the link of its digest, and mails the one to everything', async () => {
    const own = await subscribed({ query: 'graphs' });
    const other = await subscribed({ kind: 'daily' }, own.email);
    const { services, database } = service;
    await services.papers.takeIn([inventedPaper(2, { arxivId: '2401.00002', doi: '10.1000/two' })]);
    await addDigest(database.db, own.id, ['doi:10.1000/two']);
    await addDigest(database.db, other.id, ['2401.00001']);
    const token = await services.subscriptions.issueToken(own.id, 'manage');
    const path = `/subscriptions/${token}`;
    await services.feedback.say(other.manage, '2401.00001', 'saved');
    await services.feedback.say(token, '2401.00002', 'unwanted');
    const shown = await call('GET', path);
    assert.doesNotMatch(shown.body, /2401\.00001|daily/);
    const { only, subscriptions, feedback } = shown.json<ManagedAnswer & { only: number | null }>();
    assert.deepEqual(
      [only, subscriptions.map(({ id }) => id), feedback.map(({ paper }) => paper)],
      [own.id, [own.id], ['2401.00002']],
    );
    await assert.rejects(services.feedback.view(token, '2401.00001'), isOf('full_link_needed'));
    await assert.rejects(services.feedback.say(token, '2401.00001', null), isOf('full_link_needed'));
    for (const [method, rest, body] of [
      ['GET', '/export'],
      ['DELETE', ''],
      ['DELETE', '/data'],
      ['PATCH', `/${other.id}`, { cap: 1 }],
      ['POST', `/${other.id}/feed`],
      ['DELETE', `/${other.id}`],
      ['DELETE', '/99999999'],
    ] as const) {
      const answer = await call(method, `${path}${rest}`, body);
      assert.equal(answer.statusCode, 403, `${method} ${rest}: ${answer.body}`);
      assert.equal(answer.json<{ code: string }>().code, 'full_link_needed');
    }
    assert.deepEqual(
      (await managed(other.manage)).subscriptions.map(({ state, cap }) => [state, cap]),
      [
        ['active', 10],
        ['active', 10],
      ],
    );
    assert.equal((await call('PATCH', `${path}/${own.id}`, { cap: 3 })).statusCode, 200);
    assert.equal((await call('POST', `${path}/${own.id}/feed`)).statusCode, 201);
    const before = mail.mails.length;
    const asked = await call('POST', `${path}/link`);
    const { body } = await call('POST', '/subscriptions/link', { email: 'never@seen.example' });
    assert.deepEqual([asked.statusCode, asked.body], [202, body]);
    assert.deepEqual([mail.mails.length, mail.mails[before]?.to], [before + 1, own.email]);
    const full = await call('GET', `/subscriptions/${tokenOf(mail.mails[before]!)}`);
    const everything = full.json<ManagedAnswer & { only: number | null }>();
    assert.deepEqual(
      [everything.only, everything.subscriptions.length, everything.feedback.length],
      [null, 2, 2],
    );
    assert.equal((await call('POST', `/subscriptions/${'x'.repeat(43)}/link`)).statusCode, 404);
    assert.equal((await call('DELETE', `${path}/${own.id}`)).statusCode, 204);
  });

  it('mails the link of a webhook’s subscription to nobody', async () => {
    const { webhooks, subscriptions } = service.services;
    const { id } = await webhooks.add({ url: 'https://hooks.example.org/y', settings: { kind: 'daily' } });
    const token = await subscriptions.issueToken(id, 'manage');
    assert.equal((await call('POST', `/subscriptions/${token}/link`)).statusCode, 400);
    await webhooks.remove(id);
  });
});
