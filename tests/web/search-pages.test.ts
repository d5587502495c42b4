import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inventedPaper } from '../support/papers.js';
import { get, takeIn, variedPapers } from '../support/search-service.js';
import { withService } from '../support/service.js';

const hostile = '<script>alert("waxwing")</script> & \'more\'';

interface Link {
  href: string;
  text: string;
  isCurrent: boolean;
}

/** What a reader without scripts can follow. */
function linksOf(html: string): Link[] {
  return [...html.matchAll(/<a\s([^>]*)>(.*?)<\/a>/gs)].map(([, attributes = '', text = '']) => ({
    href: /href="([^"]*)"/.exec(attributes)![1]!.replaceAll('&amp;', '&'),
    text: text.replace(/<[^>]*>/g, '').trim(),
    isCurrent: attributes.includes('aria-current="true"'),
  }));
}

const part = (html: string, open: RegExp, close: string): string => {
  const start = html.search(open);
  return start < 0 ? '' : html.slice(start, html.indexOf(close, start));
};

describe('the pages of a search', () => {
  const service = withService({ clock: { now: () => new Date('2024-03-20T12:00:00Z') } });
  const page = (params: Record<string, string>) => get(service, '/', params, { accept: 'text/html' });
  const html = async (params: Record<string, string>) => {
    const answer = await page(params);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.body;
  };
  const follow = async (href: string) => {
    const answer = await service.app.inject({ method: 'GET', url: href });
    assert.equal(answer.statusCode, 200, href);
    return answer.body;
  };
  const titles = (body: string) => [...body.matchAll(/<h2><a [^>]*>(.*?)<\/a>/gs)].map(([, title]) => title!);
  const count = (body: string) => Number(/<span class="num">([\d,]+)<\/span> papers?/.exec(body)![1]);

  before(() =>
    takeIn(service, [
      ...variedPapers(45),
      inventedPaper(0, { arxivId: '2405.00001', title: hostile, abstract: `Birds. A ${hostile} sings.` }),
    ]),
  );

  it('lead from an id or an address to the paper', async () => {
    for (const q of [
      '2401.00003',
      'arXiv:2401.00003v2',
      'https://arxiv.org/abs/2401.00003',
      ' 2401.00003 ',
    ]) {
      const answer = await page({ q });
      assert.deepEqual([answer.statusCode, answer.headers.location], [302, '/papers/2401.00003'], q);
    }
  });

  it('mark the words of the query, and nothing that a paper says', async () => {
    const body = await html({ q: 'waxwing script' });
    const [article] = body.match(/<article>.*?<\/article>/s)!;
    assert.match(article!, /&lt;<mark>script<\/mark>>/);
    assert.match(article!, /<mark>waxwing<\/mark>/);
    assert.equal(body.match(/<script/g)!.length, 1, 'ours');
  });

  it('switch the mode and the order, each by a link that keeps the rest', async () => {
    const body = await html({ q: 'bees "in case"', mode: 'keyword', sort: 'upvoted' });
    const links = linksOf(body);
    const named = (text: string) => links.find((link) => link.text === text)!;
    assert.deepEqual(
      ['both', 'meaning', 'words', 'best', 'newest', 'most upvoted', 'trending'].map(
        (text) => named(text).isCurrent,
      ),
      [false, false, true, false, false, true, false],
    );
    const params = (text: string) => Object.fromEntries(new URL(named(text).href, 'http://x').searchParams);
    const q = 'bees "in case"';
    assert.deepEqual(params('meaning'), { q, mode: 'semantic', sort: 'upvoted' });
    assert.deepEqual(params('both'), { q, sort: 'upvoted' });
    assert.deepEqual(params('best'), { q, mode: 'keyword' });
    assert.deepEqual(params('newest'), { q, mode: 'keyword', sort: 'newest' });
    assert.match(body, /<input type="hidden" name="mode" value="keyword"\/?>/);
    assert.deepEqual(params('trending'), { q, mode: 'keyword', sort: 'trending' });
    for (const text of ['meaning', 'both', 'best', 'newest', 'trending']) await follow(named(text).href);
  });

  it('say that what nothing ranks comes by date, without scores', async () => {
    for (const q of ['category:cs.LG', 'category:cs.LG has:code']) {
      const body = await html({ q });
      assert.equal(linksOf(body).find(({ isCurrent, text }) => isCurrent && text !== 'both')!.text, 'newest');
      assert.doesNotMatch(body, /0\.000/);
      assert.ok(titles(body).length > 0);
    }
  });

  it('show what is required as chips that come off', async () => {
    const q = 'bees -robots category:cs "in case"';
    const chips = linksOf(part(await html({ q }), /<ul class="chips"/, '</ul>'));
    const without = chips.map(({ href }) => new URL(href, 'http://x').searchParams.get('q'));
    assert.deepEqual(without, [
      'bees category:cs "in case"',
      'bees -robots "in case"',
      'bees -robots category:cs',
    ]);
    for (const { href } of chips) await follow(href);
    assert.doesNotMatch(await html({ q: 'bees' }), /class="chips"/);
  });

  it('take chips off where characters are wide', async () => {
    const q = '😀 bees -ﬁne 😀 has:code';
    const chips = linksOf(part(await html({ q }), /<ul class="chips"/, '</ul>'));
    const without = chips.map(({ href }) => new URL(href, 'http://x').searchParams.get('q'));
    assert.deepEqual(without, ['😀 bees 😀 has:code', '😀 bees -ﬁne 😀']);
  });

  it('narrow down by links that find as many as they say', async () => {
    const facets = linksOf(
      part(await html({ q: 'bees "in case"' }), /<details class="facets"/, '</details>'),
    );
    assert.ok(facets.length > 8, `${facets.length}`);
    for (const { href, text } of facets) {
      const [, value, said] = /^(\S+) (\d+)$/.exec(text)!;
      assert.equal(count(await follow(href)), Number(said), value);
    }
  });

  it('offer what was meant', async () => {
    const [link] = linksOf(part(await html({ q: 'benchmraks of robots' }), /<p class="meant"/, '</p>'));
    assert.equal(link!.text, 'benchmarks of robots');
    assert.ok(titles(await follow(link!.href)).length > 0);
  });

  it('lead on to the last page, every paper once', async () => {
    for (const extra of [{}, { mode: 'keyword' }, { sort: 'newest' }]) {
      const shown: string[] = [];
      let body = await html({ q: '"in case"', ...extra });
      for (;;) {
        shown.push(...titles(body));
        const next = linksOf(body).find(({ text }) => text === 'More results');
        if (!next) break;
        body = await follow(next.href);
      }
      assert.equal(new Set(shown).size, 45);
      assert.equal(shown.length, 45);
    }
  });

  it('help where nothing fulfils everything', async () => {
    const body = await html({ q: 'bees category:cs upvotes:1000000' });
    assert.match(body, /No paper is all of this/);
    const ways = linksOf(part(body, /<div class="notice"/, '</div>'));
    assert.deepEqual(
      ways.map(({ text }) => text),
      ['Search without category:cs', 'Search without upvotes:1000000'],
    );
    assert.ok(titles(await follow(ways[1]!.href)).length > 0);
    assert.match(await html({ q: 'zzzz', mode: 'keyword' }), /No paper here has any of these words/);
  });

  describe('of a query that is wrong', () => {
    const wrong: [string, string][] = [
      ['bees "open', '&quot;'],
      ['😀 bees since:soon wax', 'soon'],
      ['<b> OR', 'OR'],
      ['-from:2024', '-from:2024'],
    ];
    for (const [q, marked] of wrong) {
      it(`underline ${marked} in ${q}`, async () => {
        const answer = await page({ q });
        assert.equal(answer.statusCode, 400);
        const line = part(answer.body, /<p class="wrong"/, '</p>');
        assert.equal(/<mark>(.*?)<\/mark>/.exec(line)![1]!.replaceAll('"', '&quot;'), marked);
        const shown = line
          .replace(/<[^>]*>/g, '')
          .replaceAll('&lt;', '<')
          .replaceAll('&quot;', '"');
        assert.equal(shown.replaceAll('&amp;', '&'), q);
        assert.match(answer.body, /role="alert"/);
      });
    }

    it('are pages too where a parameter is wrong', async () => {
      assert.equal((await page({ q: 'bees', mode: 'magic' })).statusCode, 400);
      assert.equal((await page({ q: 'bees', sort: 'magic' })).statusCode, 400);
      const twice = await service.app.inject({ method: 'GET', url: '/?q=a&q=b' });
      assert.equal(twice.statusCode, 400);
    });
  });
});
