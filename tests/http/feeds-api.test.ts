import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type FeedFormatName, feedFormatNames } from '../../src/http/feeds/formats.js';
import type { PaperRecord } from '../../src/papers/paper.js';
import { inventedPaper } from '../support/papers.js';
import { get, takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';
import { type ReadFeed, readFeed } from './feeds/read-feed.js';

const contentTypes: Record<FeedFormatName, string> = {
  atom: 'application/atom+xml; charset=utf-8',
  rss: 'application/rss+xml; charset=utf-8',
  json: 'application/feed+json; charset=utf-8',
};

type Params = Parameters<typeof get>[2];

const idOf = (n: number): string => `2401.${String(n).padStart(5, '0')}`;

/** Day n of March. Papers 0, 10, 20, 30 are of kernels. */
const paper = (n: number, fields: Partial<PaperRecord> = {}): PaperRecord =>
  inventedPaper(n, {
    arxivId: idOf(n),
    date: `2024-03-${String((n % 20) + 1).padStart(2, '0')}`,
    authors: ['Ada Björk'],
    categories: ['cs.LG'],
    ...fields,
  });

describe('the feeds', () => {
  const now = new Date('2024-03-21T12:00:00Z');
  const service = withService({ clock: { now: () => now } });

  const ask = (path: string, params: Params = {}, headers: Record<string, string> = {}) =>
    get(service, path, params, { host: 'papers.example.org', ...headers });

  async function read(name: string, params: Params = {}, format: FeedFormatName = 'atom'): Promise<ReadFeed> {
    const answer = await ask(`/feeds/${name}.${format}`, params);
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['content-type'], contentTypes[format]);
    return readFeed(format, answer.body);
  }

  const papersOf = ({ entries }: ReadFeed): string[] =>
    entries.map(({ url }) => decodeURIComponent(new URL(url).pathname.slice('/papers/'.length)));

  before(() =>
    takeIn(
      service,
      Array.from({ length: 30 }, (_, n) => paper(n, n % 3 === 0 ? { upvotes: n, asOf: '2024-03-20' } : {})),
    ),
  );

  const feeds: [name: string, params: Params, home: string][] = [
    ['search', { q: 'kernels' }, '/?q=kernels&sort=newest'],
    ['search', { q: 'kernels', category: 'cs.LG', limit: 2 }, '/?q=kernels+category%3Acs.LG&sort=newest'],
    ['search', {}, '/'],
    ['listings', {}, '/'],
    ['listings', { period: 'week', sort: 'newest' }, '/'],
    ['trending', {}, '/'],
    [`papers/${idOf(3)}/related`, { limit: 5 }, `/papers/${idOf(3)}#related`],
    ['recommendations', { like: [idOf(3), idOf(4)], unlike: idOf(5) }, '/'],
  ];
  for (const [name, params, home] of feeds) {
    it(`are one in every format: ${name} ${JSON.stringify(params)}`, async () => {
      const [atom, rss, json] = await Promise.all(
        feedFormatNames.map((format) => read(name, params, format)),
      );
      assert.ok(atom!.entries.length > 0);
      assert.deepEqual(json!.entries, atom!.entries);
      assert.deepEqual(
        rss!.entries,
        atom!.entries.map((entry) => ({ ...entry, updated: null })),
      );
      for (const [at, feed] of [atom!, rss!, json!].entries()) {
        assert.equal(feed.home, `http://papers.example.org${home}`);
        const self = new URL(feed.self);
        assert.equal(
          self.origin + self.pathname,
          `http://papers.example.org/feeds/${name}.${feedFormatNames[at]}`,
        );
        assert.equal((await service.app.inject(self.pathname + self.search)).statusCode, 200);
      }
    });
  }

  it('of a search are those of the API, the newest first', async () => {
    const api = (await ask('/api/v1/search', { q: 'kernels', sort: 'newest' })).json<{
      items: { paper: { id: string } }[];
    }>();
    const feed = await read('search', { q: 'kernels' });
    assert.deepEqual(
      papersOf(feed),
      api.items.map((item) => item.paper.id),
    );
    const days = feed.entries.map(({ published }) => published);
    assert.deepEqual(days, days.toSorted().reverse());
    const best = papersOf(await read('search', { q: 'kernels', sort: 'relevance', limit: 3 }));
    assert.equal(best.length, 3);
  });

  it('of papers like one are by likeness: by date they would be all there are', async () => {
    const feed = await read('search', { q: `like:${idOf(3)}`, limit: 5 });
    const best = await read('search', { q: `like:${idOf(3)}`, limit: 5, sort: 'relevance' });
    assert.deepEqual(papersOf(feed), papersOf(best));
  });

  it('of related papers hold the most similar, the newest first', async () => {
    const similar = await read(`papers/${idOf(3)}/related`, { limit: 5, sort: 'similar' });
    const newest = await read(`papers/${idOf(3)}/related`, { limit: 5 });
    assert.deepEqual(papersOf(newest).toSorted(), papersOf(similar).toSorted());
    const days = newest.entries.map(({ published }) => published);
    assert.deepEqual(days, days.toSorted().reverse());
  });

  it('of a listing say how many of how many', async () => {
    const body = (await ask('/feeds/listings.json', { period: 'month', limit: 2 })).json<{
      description: string;
    }>();
    assert.equal(body.description, '2 of the 30 papers of 2024-03, the most upvoted first.');
  });

  it('of recommendations say which papers are not here', async () => {
    const like = [idOf(3), '2401.99999'];
    const { description } = (await ask('/feeds/recommendations.json', { like })).json<{
      description: string;
    }>();
    assert.equal(description, 'Papers like 2401.00003, 2401.99999. Not known here: 2401.99999.');
  });

  it('answer HEAD as GET, without the feed', async () => {
    const answer = await service.app.inject({ method: 'HEAD', url: '/feeds/search.rss?q=kernels' });
    assert.deepEqual(
      [answer.statusCode, answer.headers['content-type'], answer.body],
      [200, contentTypes.rss, ''],
    );
  });

  it('are found by ids with slashes', async () => {
    const answer = await ask('/feeds/papers/10.1234/a/related.rss', { limit: 3 });
    assert.deepEqual(
      [answer.statusCode, answer.headers['location']],
      [301, '/feeds/papers/10.1234%2Fa/related.rss?limit=3'],
    );
  });

  it('tell who has them already that nothing is new', async () => {
    for (const format of feedFormatNames) {
      const path = `/feeds/search.${format}`;
      const first = await ask(path, { q: 'kernels' });
      assert.equal(first.headers['cache-control'], 'no-cache');
      const etag = String(first.headers['etag']);
      const again = await ask(path, { q: 'kernels' }, { 'if-none-match': etag });
      assert.deepEqual([again.statusCode, again.body], [304, '']);
      assert.equal((await ask(path, { q: 'robots' }, { 'if-none-match': etag })).statusCode, 200);
    }
  });

  it('link to the host that they were asked at, and to no other', async () => {
    await ask('/feeds/search.atom', { q: 'kernels' }, { host: 'evil.example.net' });
    const { body } = await ask('/feeds/search.atom', { q: 'kernels' });
    assert.doesNotMatch(body, /evil/);
    assert.match(body, /http:\/\/papers\.example\.org\/papers\//);
    const nowhere = await ask('/feeds/search.atom', { q: 'kernels' }, { host: '"><script>' });
    assert.equal(nowhere.statusCode, 400);
    assert.match(nowhere.json<{ detail: string }>().detail, /^Host: /);
  });

  const refused: [path: string, params: Params, status: number, says: RegExp][] = [
    ['search.atom', { q: '"open' }, 400, /quot/],
    ['search.rss', { q: 'from:2024-99' }, 400, /from/],
    ['search.atom', { cursor: 'x' }, 400, /cursor/],
    ['search.atom', { asof: '2024-03-01T00:00:00Z' }, 400, /asof/],
    ['search.atom', { limit: 101 }, 400, /^limit/],
    ['search.xml', { q: 'bees' }, 400, /^format.*atom, rss, json/],
    ['listings.atom', { period: 'year' }, 400, /^period/],
    ['recommendations.json', {}, 400, /like/],
    ['recommendations.json', { like: 'nope' }, 404, /nope/],
    ['papers/nope/related.atom', {}, 404, /nope/],
  ];
  for (const [path, params, status, says] of refused) {
    it(`are refused in plain words: ${path} ${JSON.stringify(params)}`, async () => {
      const answer = await ask(`/feeds/${path}`, params);
      assert.equal(answer.statusCode, status, answer.body);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      assert.match(answer.json<{ detail: string }>().detail, says);
    });
  }
});

describe('a feed reader', () => {
  const service = withService();

  /** Polls one feed as readers do: keeps entries by id, sends the tag of before. */
  function createReader(path: string, params: Params) {
    const format = path.split('.').at(-1) as FeedFormatName;
    const known = new Map<string, { updated: string | null; text: string }>();
    let etag: string | undefined;
    return async () => {
      const answer = await get(service, path, params, etag === undefined ? {} : { 'if-none-match': etag });
      if (answer.statusCode === 304) return { status: 304, added: [], changed: [], order: [] };
      assert.equal(answer.statusCode, 200, answer.body);
      etag = String(answer.headers['etag']);
      const { entries } = readFeed(format, answer.body);
      const added: string[] = [];
      const changed: string[] = [];
      for (const { id, updated, ...rest } of entries) {
        const text = JSON.stringify(rest);
        const before = known.get(id);
        if (before === undefined) added.push(rest.title);
        else {
          const isChanged = before.text !== text;
          if (isChanged) changed.push(rest.title);
          // RSS says nothing of changes.
          if (updated !== null && before.updated !== null)
            assert.ok(
              isChanged ? updated > before.updated : updated === before.updated,
              `${rest.title}: ${updated}`,
            );
        }
        known.set(id, { updated, text });
      }
      return { status: 200, added, changed, order: entries.map(({ title }) => title) };
    };
  }

  const titleOf = (n: number): string => inventedPaper(n).title;
  const bees = [8, 18, 28];

  for (const format of feedFormatNames) {
    it(`sees each paper once, whatever else becomes of it (${format})`, async () => {
      const start = { atom: 0, rss: 100, json: 200 }[format];
      const [a, b, c, d] = [...bees, 38].map((n) => n + start) as [number, number, number, number];
      const author = `Reader ${format}`;
      const titleOnly = (n: number): PaperRecord => inventedPaper(n, { authors: [author], date: '2024-03' });
      await takeIn(service, [a, b, c].map(titleOnly));
      const poll = createReader(`/feeds/search.${format}`, { q: `author:"${author}"` });

      const first = await poll();
      assert.deepEqual(first.added.toSorted(), [a, b, c].map(titleOf).toSorted());
      assert.equal((await poll()).status, 304);

      // A paper of something else, and the same papers again.
      await takeIn(service, [inventedPaper(900 + start), ...[a, b, c].map(titleOnly)]);
      assert.equal((await poll()).status, 304);

      await takeIn(service, [titleOnly(d)]);
      const third = await poll();
      assert.deepEqual([third.added, third.changed], [[titleOf(d)], []]);
      assert.deepEqual(
        third.order.filter((title) => title !== titleOf(d)),
        first.order,
      );
      assert.equal((await poll()).status, 304);

      // Votes are no news of a paper.
      await takeIn(service, [{ ...titleOnly(a), upvotes: 50, comments: 3, asOf: '2024-03-20' }]);
      assert.equal((await poll()).status, 304);

      // A DOI, then an arXiv id: another public id each time, and the same paper.
      await takeIn(service, [{ ...titleOnly(b), doi: `10.1234/${format}` }]);
      const withDoi = await poll();
      assert.deepEqual([withDoi.added, withDoi.changed], [[], [titleOf(b)]]);
      await takeIn(service, [{ ...titleOnly(b), arxivId: `2403.${String(b).padStart(5, '0')}` }]);
      const withArxiv = await poll();
      assert.deepEqual([withArxiv.added, withArxiv.changed], [[], [titleOf(b)]]);

      // Its title corrected, as arXiv has it now.
      const corrected = `${titleOf(b)}, revised`;
      const arxivId = `2403.${String(b).padStart(5, '0')}`;
      await takeIn(service, [{ ...titleOnly(b), title: corrected, arxivId, arxivVersion: 2 }]);
      const revised = await poll();
      assert.deepEqual([revised.added, revised.changed], [[], [corrected]]);
      assert.equal((await poll()).status, 304);
    });
  }
});
