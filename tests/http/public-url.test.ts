import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inventedPaper } from '../support/papers.js';
import { takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';
import { captureMail, tokenOf } from '../support/subscribing.js';

describe('with PUBLIC_URL, whatever the Host header says,', () => {
  const mail = captureMail();
  const service = withService({ mail, env: { PUBLIC_URL: 'https://papers.example.org' } });
  before(() =>
    takeIn(
      service,
      [1, 2, 3].map((n) => inventedPaper(n, { arxivId: `2401.0000${n}`, title: `Kernels of graphs ${n}` })),
    ),
  );
  const ask = (url: string, method: 'GET' | 'POST' = 'GET') =>
    service.app.inject({
      method,
      url,
      headers: {
        host: 'evil.example.net:81',
        'x-forwarded-host': 'evil.example.net',
        'content-type': 'application/x-www-form-urlencoded',
      },
    });

  it('the addresses of a subscription’s feed are those that are published', async () => {
    const { subscriptions } = service.services;
    await subscriptions.subscribe({ email: 'a@b.example', ip: '203.0.113.1', settings: { kind: 'daily' } });
    await subscriptions.idle();
    const { subscription, manageToken } = await subscriptions.confirm(tokenOf(mail.mails.at(-1)!));
    const { body } = await service.app.inject({
      method: 'POST',
      url: `/api/v1/subscriptions/${manageToken}/${subscription.id}/feed`,
      headers: { host: 'evil.example.net' },
    });
    assert.match(body, /"atom":"https:\/\/papers\.example\.org\/feeds\/subscriptions\/[\w-]{43}\.atom"/);
    assert.doesNotMatch(body, /evil/);
    const page = await ask(`/manage/${manageToken}/subscriptions/${subscription.id}/feed`, 'POST');
    assert.equal(page.statusCode, 200);
    assert.match(page.body, /https:\/\/papers\.example\.org\/feeds\/subscriptions\//);
    assert.doesNotMatch(page.body, /evil/);
  });

  for (const url of ['/feeds/search.atom?q=kernels', '/opensearch.xml', '/api/daily_papers?limit=1'])
    it(`${url} links to where it is published`, async () => {
      const { statusCode, headers, body } = await ask(url);
      assert.equal(statusCode, 200);
      const all = `${body} ${String(headers['link'])}`;
      assert.match(all, /https:\/\/papers\.example\.org/);
      assert.doesNotMatch(all, /evil/);
    });
});
