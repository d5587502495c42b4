import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { createFetcher, type FetcherDeps, politeIntervalMs } from '../../src/platform/fetcher.js';
import { createHttpClient, type HttpOpened } from '../../src/platform/http-client.js';
import { retryAfterMs } from '../../src/platform/retry-after.js';
import { withHttpServers } from '../support/http-servers.js';
import { createTestTime } from '../support/test-time.js';

type Answer = { status?: number; headers?: Record<string, string>; body?: string };

/** A client whose answers are made here, and who says what was asked, when, and how many at once. */
function createFakeHttp(time: ReturnType<typeof createTestTime>, answer: (url: string) => Answer) {
  const asked: { url: string; at: number }[] = [];
  let open = 0;
  let mostOpen = 0;
  const begin = time.clock.now().getTime();
  const http: FetcherDeps['http'] = {
    async open({ url }): Promise<HttpOpened> {
      asked.push({ url, at: (time.clock.now().getTime() - begin) / 1_000 });
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      await tick();
      const { status = 200, headers = {}, body = 'birds' } = answer(url);
      async function* parts(): AsyncGenerator<Uint8Array> {
        await tick();
        // A slow one.
        time.advance(500);
        yield Buffer.from(body);
      }
      const close = (): void => {
        open -= 1;
      };
      return { kind: 'answered', status, headers, url, body: parts(), close };
    },
  };
  return { http, asked, mostOpen: () => mostOpen };
}

function fetcherOf(answer: (url: string) => Answer, more: Partial<FetcherDeps> = {}) {
  const time = createTestTime();
  const fake = createFakeHttp(time, answer);
  const deps = { http: fake.http, clock: time.clock, sleep: time.sleep, random: () => 0.5, ...more };
  return { ...createFetcher(deps), ...fake, time };
}

describe('a fetcher', () => {
  test('asks a host once at a time, with an interval between the end of a request and the next', async () => {
    const { get, asked, mostOpen } = fetcherOf(() => ({}));
    const urls = [1, 2, 3].map((at) => `https://birds.example/${at}`);
    const outcomes = await Promise.all(urls.map((url) => get({ url })));
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['fetched', 'fetched', 'fetched'],
    );
    assert.equal(mostOpen(), 1);
    assert.deepEqual(
      asked.map(({ at }) => at),
      [0, 1.5, 3],
    );
  });

  test('asks all of arXiv’s hosts as one, every three seconds, and others meanwhile', async () => {
    const { get, asked, mostOpen } = fetcherOf(() => ({}));
    const hosts = ['export.arxiv.org', 'rss.arxiv.org', 'ARXIV.org', 'notarxiv.org'];
    await Promise.all(hosts.map((host) => get({ url: `https://${host}/a` })));
    assert.equal(mostOpen(), 2);
    const atArxiv = asked.filter(({ url }) => !url.includes('not')).map(({ at }) => at);
    for (const [at, moment] of atArxiv.slice(1).entries())
      assert.ok(moment - atArxiv[at]! >= 3, `${atArxiv}`);
    assert.equal(asked.find(({ url }) => url.includes('not'))!.at, 0);
    assert.deepEqual([politeIntervalMs('arxiv.org'), politeIntervalMs('birds.example')], [3_000, 1_000]);
  });

  test('leaves the whole host alone for as long as it asks', async () => {
    let left = 1;
    const { get, asked } = fetcherOf(() =>
      left-- > 0 ? { status: 503, headers: { 'retry-after': '120' } } : {},
    );
    await Promise.all([
      get({ url: 'https://birds.example/1' }),
      get({ url: 'https://birds.example/2' }),
      get({ url: 'https://bees.example/' }),
    ]);
    assert.deepEqual(asked.map(({ url, at }) => [url.slice(8), at >= 120]).sort(), [
      ['bees.example/', false],
      ['birds.example/1', false],
      ['birds.example/1', true],
      ['birds.example/2', true],
    ]);
  });

  test('waits no longer than its budget, says when, and then nobody asks before', async () => {
    const { get, asked, time } = fetcherOf(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    const begin = time.clock.now().getTime();
    for (const path of ['1', '2']) {
      const outcome = await get({ url: `https://birds.example/${path}` });
      assert.equal(outcome.kind, 'later');
      assert.equal(outcome.kind === 'later' && outcome.retryAt.getTime() - begin, 3_600_000, path);
    }
    assert.equal(asked.length, 1);
    time.advance(3_600_000);
    await get({ url: 'https://birds.example/3' });
    assert.equal(asked.length, 2);
  });

  test('believes an hour where its budget allows it, and no more', async () => {
    for (const [seconds, requests] of [
      [3_600, 4],
      [3_601, 1],
    ]) {
      const answer = { status: 429, headers: { 'retry-after': String(seconds) } };
      const { get, asked } = fetcherOf(() => answer, { budgetMs: 86_400_000 });
      assert.equal((await get({ url: 'https://birds.example/' })).kind, 'later');
      assert.equal(asked.length, requests, String(seconds));
    }
  });

  test('waits longer after each failure, by chance', async () => {
    const pauses = async (random: number) => {
      const { get, asked } = fetcherOf(() => ({ status: 500 }), {
        random: () => random,
        intervalMs: () => 0,
        tries: 7,
      });
      assert.equal((await get({ url: 'https://birds.example/' })).kind, 'later');
      return asked.slice(1).map(({ at }, before) => at - asked[before]!.at);
    };
    assert.deepEqual(await pauses(0.5), [1, 2, 4, 8, 16, 30]);
    assert.deepEqual(await pauses(0), [0, 0, 0, 0, 0, 0]);
  });

  test('keeps to the politeness of each host that it is sent to', async () => {
    const { get, asked } = fetcherOf((url) =>
      url === 'https://birds.example/1'
        ? { status: 301, headers: { location: 'https://bees.example/1' } }
        : url === 'https://bees.example/1'
          ? { status: 302, headers: { location: '/2' } }
          : {},
    );
    const outcome = await get({ url: 'https://birds.example/1' });
    assert.equal(outcome.kind === 'fetched' && outcome.url, 'https://bees.example/2');
    assert.deepEqual(
      asked.map(({ at }) => at),
      [0, 0, 1],
    );
  });

  test('counts the redirects of each try alone', async () => {
    let left = 3;
    const { get, asked } = fetcherOf((url) => {
      if (url.includes('birds')) return { status: 302, headers: { location: 'https://bees.example/' } };
      return left-- > 0 ? { status: 503 } : {};
    });
    assert.equal((await get({ url: 'https://birds.example/' })).kind, 'fetched');
    assert.equal(asked.length, 8);
  });

  test('stops while it waits, and lets those behind go on', async () => {
    const controller = new AbortController();
    const time = createTestTime();
    let wake = (): void => undefined;
    const sleep = () => new Promise<void>((resolve) => (wake = resolve));
    const fake = createFakeHttp(time, () => ({}));
    const { get } = createFetcher({ http: fake.http, clock: time.clock, sleep });
    await get({ url: 'https://birds.example/1' });
    const stopped = get({ url: 'https://birds.example/2', signal: controller.signal });
    const behind = get({ url: 'https://birds.example/3' });
    await tick();
    controller.abort();
    await assert.rejects(stopped, { code: 'cancelled' });
    await tick();
    time.advance(1_000);
    wake();
    assert.equal((await behind).kind, 'fetched');
    assert.deepEqual(
      fake.asked.map(({ url }) => url.at(-1)),
      ['1', '3'],
    );
    await assert.rejects(get({ url: 'https://birds.example/4', signal: AbortSignal.abort() }), {
      code: 'cancelled',
    });
  });

  test('says so of what is no address', async () => {
    const { get, asked } = fetcherOf(() => ({}));
    assert.equal((await get({ url: 'birds' })).kind, 'failed');
    assert.equal(asked.length, 0);
  });

  describe('over HTTP', () => {
    const serve = withHttpServers();
    const open = () => {
      const time = createTestTime();
      const http = createHttpClient({
        allowsPrivate: true,
        userAgent: 'Quire/test (+https://quire.example)',
      });
      return createFetcher({ http, clock: time.clock, sleep: time.sleep });
    };

    test('says who it is, what it takes, and what it has', async () => {
      let headers: NodeJS.Dict<string | string[]> = {};
      const base = await serve((request, response) => {
        headers = request.headers;
        if (request.headers['if-none-match'] ?? request.headers['if-modified-since'])
          response.writeHead(304).end();
        else response.writeHead(200, { etag: '"a"', 'x-kind': 'birds' }).end('birds');
      });
      const { get } = open();
      const first = await get({ url: base, accept: 'application/atom+xml' });
      assert.ok(first.kind === 'fetched');
      assert.equal(Buffer.from(first.bytes).toString(), 'birds');
      assert.deepEqual([first.headers['etag'], first.headers['x-kind'], first.url], ['"a"', 'birds', base]);
      assert.equal(headers['user-agent'], 'Quire/test (+https://quire.example)');
      assert.deepEqual(
        [headers['accept'], headers['accept-encoding']],
        ['application/atom+xml', 'gzip, deflate, br'],
      );
      assert.deepEqual(await get({ url: base, etag: '"a"' }), { kind: 'unchanged' });
      const lastModified = 'Tue, 11 Jun 2024 12:00:00 GMT';
      assert.deepEqual(await get({ url: base, lastModified }), { kind: 'unchanged' });
      assert.equal(headers['if-modified-since'], lastModified);
    });

    test('takes as much as it is told to', async () => {
      const base = await serve((request, response) =>
        response.end('x'.repeat(Number(request.url!.slice(1)))),
      );
      const { get } = open();
      assert.equal((await get({ url: `${base}/1000`, maxBytes: 1_000 })).kind, 'fetched');
      assert.equal((await get({ url: `${base}/1001`, maxBytes: 1_000 })).kind, 'failed');
    });

    test('is stopped within a body', async () => {
      const controller = new AbortController();
      const base = await serve((_request, response) => {
        response.write('birds', () => controller.abort());
      });
      await assert.rejects(open().get({ url: base, signal: controller.signal }), { code: 'cancelled' });
    });
  });
});

describe('Retry-After', () => {
  const now = new Date('2024-06-11T12:00:00Z');
  for (const [header, ms] of [
    ['7', 7_000],
    [' 0 ', 0],
    ['Tue, 11 Jun 2024 12:00:30 GMT', 30_000],
    ['Tuesday, 11-Jun-24 12:00:30 GMT', 30_000],
    ['Tue, 11 Jun 2024 11:00:00 GMT', 0],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['Tue, 99 Jun 2024 12:00:30 GMT', null],
    ['', null],
    [undefined, null],
  ] as const)
    test(`${header}: ${ms}`, () => assert.equal(retryAfterMs(header, now), ms));
});
