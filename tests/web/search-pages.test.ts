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

  it('say what the number of papers does not: every word, no word, and what was not understood', async () => {
    const newest = await html({ q: 'attention bees', sort: 'newest' });
    assert.match(newest, /Only papers that have every word\./);
    assert.doesNotMatch(await html({ q: 'attention bees' }), /Only papers|None of the first/);
    assert.match(await html({ q: 'qwxzjk' }), /None of the first papers has any of these words/);
    assert.match(await html({ q: 'autor:hinton graphs' }), /<p class="meant">[^<]*autor/);
  });

  it('take a year for one requirement', async () => {
    const chips = part(await html({ q: 'bees from:2021 to:2021' }), /<ul class="chips"/, '</ul>');
    assert.equal(chips.match(/<li/g)!.length, 1);
    assert.deepEqual(
      linksOf(chips).map(({ href }) => href),
      ['/?q=bees'],
    );
    const span = part(await html({ q: 'bees from:2021 to:2022' }), /<ul class="chips"/, '</ul>');
    assert.equal(span.match(/<li/g)!.length, 2);
  });

  it('lead on from a paper that is not here', async () => {
    const { statusCode, body } = await page({ q: '' });
    assert.equal(statusCode, 200, body.slice(0, 100));
    const missing = await get(service, '/papers/9912.99999', {}, { accept: 'text/html' });
    assert.equal(missing.statusCode, 404);
    assert.match(missing.body, /href="https:\/\/arxiv\.org\/abs\/9912\.99999"/);
  });

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
      assert.equal(
        linksOf(part(body, /<nav aria-label="Order"/, '</nav>')).find(({ isCurrent }) => isCurrent)!.text,
        'newest',
      );
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

  const rail = (body: string) => part(body, /<aside class="rail"/, '</aside>');

  it('narrow down by links that find as many as they say', async () => {
    const facets = linksOf(rail(await html({ q: 'bees "in case"' }))).flatMap(({ href, text }) => {
      const said = /^(\S+) (\d+)$/.exec(text);
      return said ? [{ href, value: said[1], count: Number(said[2]) }] : [];
    });
    assert.ok(facets.length > 8, `${facets.length}`);
    for (const { href, value, count: said } of facets) assert.equal(count(await follow(href)), said, value);
  });

  it('draw the papers by year, each bar a link that the list of years has too', async () => {
    const body = rail(await html({ q: 'bees' }));
    const figure = part(body, /<figure class="years" aria-hidden="true"/, '</figure>');
    const bars = linksOf(figure).map(({ href, text }) => [href, text.replace(':', '')]);
    const years = linksOf(body.slice(body.indexOf('</figure>'))).filter(({ text }) =>
      /^\d{4} \d+$/.test(text),
    );
    assert.deepEqual(bars, years.map(({ href, text }) => [href, text]).reverse());
    assert.deepEqual(
      years.map(({ text }) => text.slice(0, 4)),
      ['2024', '2023', '2021', '2019'],
    );
    const [only] = years;
    assert.doesNotMatch(await follow(only!.href), /class="years"/, 'one year is no picture');
  });

  it('set and lift a bound of the date in place of another', async () => {
    const q = 'bees since:2y category:cs to:2024';
    const spans = linksOf(part(rail(await html({ q })), /<section/, '</section>'));
    const asked = spans.map(({ text, href }) => [text, new URL(href, 'http://x').searchParams.get('q')]);
    assert.deepEqual(asked, [
      ['Any time', 'bees category:cs'],
      ['Last week', 'bees category:cs since:1w'],
      ['Last month', 'bees category:cs since:1m'],
      ['Last year', 'bees category:cs since:1y'],
    ]);
    assert.ok(spans.every(({ isCurrent }) => !isCurrent));
    const month = linksOf(rail(await follow(spans[2]!.href)));
    assert.deepEqual(
      month.filter(({ isCurrent }) => isCurrent).map(({ text }) => text),
      ['Last month'],
    );
    assert.equal(linksOf(rail(await html({ q: 'since:1m' })))[0]!.href, '/', 'nothing is left to search for');
  });

  it('explain the query language by examples that can be followed', async () => {
    const help = part(await html({ q: 'bees' }), /<details class="ask"/, '</details>');
    const examples = linksOf(help);
    assert.ok(examples.length >= 10);
    for (const { href } of examples) await follow(href);
    const wrong = await page({ q: 'bees "open' });
    assert.match(wrong.body, /<details class="ask" open/);
  });

  describe('say why a paper is there', () => {
    const whyOf = (body: string) =>
      part(body, /<section class="because"/, '</section>').replace(/<[^>]*>/g, ' ');

    /** What the button of a result sends. */
    const ask = (body: string, id: string) => {
      const form = part(body, /<form id="ask-why"/, '</form>');
      const fields = [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
        name!,
        value!,
      ]);
      return html({ ...Object.fromEntries(fields), why: id });
    };

    it('by meaning and by words, with the share of each word', async () => {
      const q = 'why diffusion zebra bees';
      const first = await html({ q });
      assert.equal(whyOf(first), '');
      const [id] = /name="why" value="([^"]+)"/.exec(first)!.slice(1);
      const why = whyOf(await ask(first, id!));
      assert.match(why, /by meaning, .*by words/);
      assert.match(why, /Meaning\s+counts\s+50\s*%/);
      const shares = [...why.slice(why.indexOf('Words')).matchAll(/(\w+)\s+(\d+)\s*%\s+(in|once|\d)/g)];
      assert.ok(shares.length > 0, why);
      assert.ok(Math.abs(shares.reduce((sum, [, , share]) => sum + Number(share), 0) - 100) <= 2, why);
      assert.match(why, /Not in it: zebra\s*$/, 'why is in every abstract');
    });

    it('on a later page, of that page, and hides it again', async () => {
      const first = await html({ q: 'benchmarks', mode: 'keyword' });
      const next = linksOf(first).find(({ text }) => text === 'More results');
      const body = await follow((next ?? assert.fail('one page')).href);
      const ids = [...body.matchAll(/name="why" value="([^"]+)"/g)].map(([, id]) => id!);
      const explained = await ask(body, ids.at(-1)!);
      assert.deepEqual(titles(explained), titles(body));
      assert.match(whyOf(explained), /th by words|st by words|nd by words|rd by words/);
      const hide = linksOf(explained).find(({ text }) => text === 'Hide')!;
      assert.equal(whyOf(await follow(hide.href)), '');
      assert.equal(linksOf(body).filter(({ text }) => text === 'Back to the first').length, 1);
    });

    it('only where it was ranked', async () => {
      for (const params of [{ q: 'category:cs' }, { q: 'bees', sort: 'newest' }])
        assert.doesNotMatch(await html(params), /name="why"/);
      assert.equal((await page({ q: 'bees', why: 'nope' })).statusCode, 200);
    });
  });

  it('weigh at most 60 kB with style and script', async () => {
    const body = await html({ q: 'bees' });
    assert.equal(titles(body).length, 20);
    const assets = [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+\.(?:css|js))"/g)].map(
      ([, path]) => path!,
    );
    assert.equal(assets.length, 2);
    const sizes = await Promise.all(assets.map(async (path) => Buffer.byteLength(await follow(path))));
    const all = sizes.reduce((sum, size) => sum + size, Buffer.byteLength(body));
    assert.ok(all <= 60_000, `${all} bytes`);
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

  describe('where nothing is found', () => {
    const waysOf = (body: string) =>
      [...part(body, /<div class="notice nothing"/, '</div>').matchAll(/<li>(.*?)<\/li>/gs)].map(
        ([, way = '']) => ({
          text: way.replace(/<[^>]*>/g, ''),
          href: linksOf(way)[0]!.href,
        }),
      );

    it('say which condition would have to go, and what that finds', async () => {
      const body = await html({ q: 'bees category:cs upvotes:1000000' });
      assert.match(body, /No paper meets all of this/);
      const ways = waysOf(body);
      assert.deepEqual(
        ways.map(({ text }) => text.replace(/ \(\d+\)$/, '')),
        ['Search without upvotes:1000000', 'Search without any of these'],
        'without category:cs there is nothing either',
      );
      for (const { href, text } of ways)
        assert.equal(count(await follow(href)), Number(/\((\d+)\)$/.exec(text)![1]), text);
    });

    it('make four searches for it at most', async () => {
      const q = `bees ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `author:nobody${name}`).join(' ')}`;
      const ways = waysOf(await html({ q }));
      assert.deepEqual(ways.length, 1, 'without all of them');
      assert.match(ways[0]!.text, /any of these/);
    });

    it('lead to another order or mode, where that is what keeps papers out', async () => {
      const words = await html({ q: 'zzzz', mode: 'keyword' });
      assert.match(words, /No paper here has any of these words/);
      assert.deepEqual(
        waysOf(words).map(({ text }) => text),
        ['Search by meaning too'],
      );
      assert.ok(titles(await follow(waysOf(words)[0]!.href)).length > 0);
      const newest = await html({ q: 'bees zzzz', sort: 'newest' });
      assert.match(newest, /has all of these words/);
      assert.ok(titles(await follow(waysOf(newest)[0]!.href)).length > 0);
    });
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
