import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { takeIn, variedPapers } from '../support/search-service.js';
import { withService } from '../support/service.js';

const types = ['application/atom+xml', 'application/rss+xml', 'application/feed+json'];

describe('the pages’ feeds', () => {
  const service = withService();
  const fetch = (url: string) => service.app.inject({ method: 'GET', url, headers: { accept: 'text/html' } });
  const plain = (text: string): string => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"');

  /** As browsers and readers look for them. */
  const offered = (html: string) =>
    [
      ...html
        .split('</head>')[0]!
        .matchAll(/<link rel="alternate" type="([^"]+)" title="([^"]+)" href="([^"]+)"/g),
    ].map(([, type, title, href]) => ({ type, title: plain(title!), href: plain(href!) }));

  before(() => takeIn(service, variedPapers(20)));

  const pages: [page: string, feed: string, title: string][] = [
    ['/', '/feeds/search.atom', 'All papers, the newest first'],
    ['/?q=kernels', '/feeds/search.atom?q=kernels', 'kernels, the newest that have every word'],
    ['/?q=kernels&sort=upvoted', '/feeds/search.atom?q=kernels&sort=upvoted', 'kernels, upvoted'],
    [
      '/?q=%22sparse+coding%22',
      '/feeds/search.atom?q=%22sparse+coding%22',
      '"sparse coding", the newest that have every word',
    ],
    ['/?q=like:2401.00003', '/feeds/search.atom?q=like%3A2401.00003', 'like:2401.00003, the most alike'],
    [
      '/papers/2401.00003',
      '/feeds/papers/2401.00003/related.atom',
      'Papers like “Tree search for proteins, case 3”',
    ],
  ];
  for (const [page, path, title] of pages) {
    it(`are in the head of ${page}, and linked from its body`, async () => {
      const { statusCode, body } = await fetch(page);
      assert.equal(statusCode, 200, body);
      const found = offered(body);
      assert.deepEqual(
        found.map(({ type }) => type),
        types,
      );
      assert.deepEqual([found[0]!.href, found[0]!.title], [path, title]);
      for (const { href, type } of found) {
        const answer = await fetch(href);
        assert.equal(answer.statusCode, 200, answer.body);
        assert.equal(String(answer.headers['content-type']).split(';')[0], type);
        assert.match(answer.body, /urn:uuid:/, 'something is in it');
      }
      const link = /<a href="([^"]+)" type="application\/atom\+xml"[^>]*>Feed<\/a>/.exec(body);
      assert.equal(plain(link![1]!), path);
    });
  }

  it('are not offered where there are none', async () => {
    assert.deepEqual(offered((await fetch('/papers/nope')).body), []);
    assert.deepEqual(offered((await fetch('/?q=%22open')).body), []);
  });
});
