import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { type FeedFormatName, feedFormatNames } from '../../src/http/feeds/formats.js';
import { inventedPaper } from '../support/papers.js';
import { settle } from '../support/search-service.js';
import { withService } from '../support/service.js';
import { captureMail, settableClock, tokenOf } from '../support/subscribing.js';
import { readFeed } from './feeds/read-feed.js';

const DAY_MS = 86_400_000;

type Addresses = Record<FeedFormatName, string>;

describe('the feed of a subscription', () => {
  const mail = captureMail();
  const clock = settableClock('2026-03-02T05:00:00Z');
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const service = withService({ mail, clock, log });

  const call = (method: 'GET' | 'POST' | 'DELETE', url: string, headers: Record<string, string> = {}) =>
    service.app.inject({ method, url, headers: { host: 'papers.example.org', ...headers } });
  const pathOf = (address: string): string => new URL(address).pathname;
  let people = 0;
  const subscribed = async () => {
    const { subscriptions } = service.services;
    const email = `p${++people}@d${people}.example`;
    const settings = { kind: 'daily' as const, days: [1, 2, 3, 4, 5, 6, 7], hour: 6, cap: 100 };
    await subscriptions.subscribe({ email, ip: '127.0.0.1', settings });
    await subscriptions.idle();
    const { subscription, manageToken } = await subscriptions.confirm(tokenOf(mail.mails.at(-1)!));
    return { manage: manageToken, id: subscription.id };
  };
  const make = async ({ manage, id }: { manage: string; id: number }): Promise<Addresses> => {
    const answer = await call('POST', `/api/v1/subscriptions/${manage}/${id}/feed`);
    assert.equal(answer.statusCode, 201, answer.body);
    assert.equal(answer.headers['cache-control'], 'no-store');
    return answer.json<Addresses>();
  };
  const tokenIn = (address: string): string => /\/subscriptions\/([\w-]{43})\./.exec(address)![1]!;
  const read = async (address: string, format: FeedFormatName = 'atom') => {
    const answer = await call('GET', pathOf(address));
    assert.equal(answer.statusCode, 200, answer.body);
    return readFeed(format, answer.body);
  };
  const idsIn = async (address: string): Promise<string[]> =>
    (await read(address)).entries.map(({ url }) => url.split('/papers/')[1]!);
  let taken = 0;
  /** A day on which this many papers come in, and a digest of them. */
  const passDay = async (papers: number): Promise<string[]> => {
    const ids = Array.from({ length: papers }, () => `2603.${String(++taken).padStart(5, '0')}`);
    await service.services.papers.takeIn(
      ids.map((arxivId) => inventedPaper(Number(arxivId.slice(5)), { arxivId })),
    );
    await settle(service);
    clock.advance(DAY_MS);
    await service.services.digests.runOnce();
    return ids;
  };
  const setState = (id: number, state: string) =>
    service.services.db.prisma.delivery.updateMany({ where: { subscriptionId: id }, data: { state } });

  it('has what was sent, the latest digest first, the same in every format', async () => {
    const own = await subscribed();
    const other = await subscribed();
    const begun = clock.now().toISOString();
    clock.advance(3_600_000);
    const feeds = await make(own);
    assert.deepEqual(await idsIn(feeds.atom), []);
    for (const format of ['atom', 'rss'] as const)
      assert.equal((await read(feeds[format], format)).updated, begun, 'as it began');
    const first = await passDay(2);
    await call('DELETE', `/api/v1/subscriptions/${other.manage}/${other.id}`);
    const second = await passDay(3);
    const shown = await idsIn(feeds.atom);
    assert.deepEqual(shown.slice(0, 3).sort(), second);
    assert.deepEqual(shown.slice(3).sort(), first);
    const ended = await call('POST', `/api/v1/subscriptions/${other.manage}/${other.id}/feed`);
    assert.equal(ended.statusCode, 404, 'nothing more comes of one that has ended');
    const [atom, rss, json] = await Promise.all(feedFormatNames.map((format) => read(feeds[format], format)));
    assert.deepEqual(json!.entries, atom!.entries);
    assert.deepEqual(
      rss!.entries.map(({ id }) => id),
      atom!.entries.map(({ id }) => id),
    );
    for (const format of feedFormatNames) {
      const answer = await call('GET', pathOf(feeds[format]));
      assert.equal(answer.headers['cache-control'], 'private, no-cache');
      assert.equal(answer.headers['x-robots-tag'], 'noindex');
      const again = await call('GET', pathOf(feeds[format]), {
        'if-none-match': String(answer.headers['etag']),
      });
      assert.equal(again.statusCode, 304);
    }
    assert.doesNotMatch(JSON.stringify(atom!.entries), new RegExp(tokenIn(feeds.atom)));
    assert.equal(atom!.self, feeds.atom);
  });

  it('dates papers by their digest, with why they are there, and leads to no page of the subscription', async () => {
    const own = await subscribed();
    const { atom, json } = await make(own);
    await passDay(1);
    const firstDay = clock.now();
    clock.advance(3_600_000);
    await passDay(2);
    const { entries, home } = await read(atom);
    assert.deepEqual(
      entries.map(({ published, updated }) => [published, updated]),
      [clock.now(), clock.now(), firstDay].map((at) => [at.toISOString(), at.toISOString()]),
    );
    assert.equal(home, 'http://papers.example.org/');
    const body = async () => (await call('GET', pathOf(json))).body;
    assert.match(await body(), /Why it is here: /);
    await service.services.db.pool.query(
      `UPDATE deliveries SET content = jsonb_set(content, '{papers}',
         (SELECT jsonb_agg(jsonb_build_object('id', paper->'id')) FROM jsonb_array_elements(content->'papers') AS papers (paper)))
       WHERE subscription_id = $1`,
      [own.id],
    );
    assert.doesNotMatch(await body(), /Why it is here/);
    assert.equal((await read(atom)).entries.length, 3);
  });

  it('has what may have been sent or waits, not what was passed over; a hundred at most', async () => {
    const own = await subscribed();
    const { atom } = await make(own);
    await passDay(2);
    for (const state of ['uncertain', 'deferred', 'prepared', 'failed', 'sent']) {
      await setState(own.id, state);
      assert.equal((await idsIn(atom)).length, 2, state);
    }
    await setState(own.id, 'skipped');
    assert.deepEqual(await idsIn(atom), []);
    await setState(own.id, 'sent');
    await passDay(99);
    const shown = await idsIn(atom);
    assert.equal(shown.length, 100);
  });

  it('is read by its own token alone, which may do nothing else', async () => {
    const own = await subscribed();
    const { atom } = await make(own);
    const token = tokenIn(atom);
    for (const [method, url] of [
      ['GET', `/api/v1/subscriptions/${token}`],
      ['DELETE', `/api/v1/subscriptions/${token}`],
      ['DELETE', `/api/v1/subscriptions/${token}/${own.id}`],
      ['POST', `/api/v1/subscriptions/${token}/${own.id}/feed`],
      ['GET', `/manage/${token}`],
      ['POST', `/unsubscribe/${token}`],
      ['GET', `/feeds/subscriptions/${own.manage}.atom`],
      ['GET', '/feeds/subscriptions/nothing.atom'],
    ] as const)
      assert.equal((await call(method, url)).statusCode, 404, `${method} ${url}`);
    const other = await subscribed();
    assert.equal(
      (await call('POST', `/api/v1/subscriptions/${other.manage}/${own.id}/feed`)).statusCode,
      404,
    );
    assert.equal((await call('GET', `/feeds/subscriptions/${token}.html`)).statusCode, 400);
    assert.deepEqual(await idsIn(atom), [], 'still there');
  });

  it('has one address, the last that was made, until its subscriber is forgotten', async () => {
    const own = await subscribed();
    const made = await Promise.all([make(own), make(own), make(own)]);
    const statuses = await Promise.all(
      made.map(async ({ rss }) => (await call('GET', pathOf(rss))).statusCode),
    );
    assert.deepEqual(statuses.sort(), [200, 404, 404]);
    const page = await call('POST', `/manage/${own.manage}/subscriptions/${own.id}/feed`, {
      'content-type': 'application/x-www-form-urlencoded',
    });
    assert.equal(page.headers['cache-control'], 'no-store');
    const [address] = /http:\/\/papers\.example\.org\/feeds\/subscriptions\/[\w-]{43}\.atom/.exec(page.body)!;
    assert.deepEqual(await idsIn(address), []);
    for (const { json } of made) assert.equal((await call('GET', pathOf(json))).statusCode, 404);
    const shown = (await call('GET', `/manage/${own.manage}`)).body;
    assert.match(shown, /Make a feed address/);
    assert.ok(!shown.includes(tokenIn(address)), 'shown once');
    await call('DELETE', `/api/v1/subscriptions/${own.manage}/${own.id}`);
    assert.equal((await call('GET', pathOf(address))).statusCode, 200, 'what was sent stays');
    await call('DELETE', `/api/v1/subscriptions/${own.manage}/data`);
    assert.equal((await call('GET', pathOf(address))).statusCode, 404);
  });

  it('is never named in the log', async () => {
    const { atom, json } = await make(await subscribed());
    for (const url of [atom, json]) await call('GET', pathOf(url));
    await call('GET', `/feeds/subscriptions/${tokenIn(atom)}.nothing`);
    const logged = lines.join('');
    assert.match(logged, /\/feeds\/subscriptions\//);
    assert.ok(!logged.includes(tokenIn(atom)));
  });
});
