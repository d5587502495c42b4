import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createHtmlParser } from '../../../src/ingest/parsers/html.js';
import { cpuMsOf } from '../../support/cpu-time.js';
import { collect } from '../read-fixture.js';

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

const item = (id: string, title: string) => ({
  paper: {
    id,
    title,
    summary: `Of ${title} & "more" <b>.`,
    authors: [{ name: 'Ann Lee', hidden: false }],
    publishedAt: '2025-01-02T00:00:00.000Z',
    upvotes: 7,
  },
  publishedAt: '2025-01-01T19:00:00.000Z',
  title,
  numComments: 2,
});

const card = (id: string, title: string) => `<article class="x"><a href="/papers/${id}"><img alt=""></a>
<a href="/login?next=%2Fpapers%2F${id}"><svg><path d="M1 1"></path></svg><div>94</div></a><style>a { b }</style>
<h3><a href="/papers/${id}" class="line">${title}</a></h3><a href="/papers/${id}"><ul><li>·
12 authors</li></ul></a><a href="/papers/${id}#community"> 5 </a></article>`;

function page(props: string | null, cards = ''): string {
  const data = props === null ? '' : ` data-target="DailyPapers" data-props="${escaped(props)}"`;
  return `<!doctype html>
<html><head><script>var a = "<article><h3><a href='/papers/2501.99999'>No</a></h3></article>";</script></head>
<body class="DailyPapersPage"><div data-target="MainHeader" data-props="{&quot;title&quot;:&quot;x&quot;}"></div>
<div class="contents"${data}><section>
${cards}
</section></div></body></html>`;
}

const props = (...items: unknown[]): string =>
  JSON.stringify({ periodType: 'day', dateString: '2025-01-02', dailyPapers: items, user: { name: 'x' } });

const both = card('2501.00001', 'Light &amp; Birds') + card('2501.00002', 'Heavy Birds');

describe('a Hugging Face papers page as HTML', () => {
  for (const size of [1, 7, 65_536])
    test(`its data, in pieces of ${size}`, async () => {
      const text = page(props(item('2501.00001', 'Light & Birds'), item('2501.00002', 'Heavy Birds')), both);
      const { records, problems, format, lines } = await collect(text, { size });
      assert.deepEqual([format, problems, lines], ['html', [], [4, 4]]);
      assert.equal(records[1]?.title, 'Heavy Birds');
      assert.deepEqual(records[0], {
        source: 'huggingface',
        title: 'Light & Birds',
        abstract: 'Of Light & Birds & "more" .',
        authors: ['Ann Lee'],
        date: '2025-01-02',
        arxivId: '2501.00001',
        upvotes: 7,
        comments: 2,
      });
    });

  test('what was searched for, withdrawn papers, a part of the page alone, gzip', async () => {
    const searched = JSON.stringify({ dailyPapers: [], searchResults: [item('2501.00003', 'Found')] });
    const { titles, problems } = await collect(gzipSync(page(searched)));
    assert.deepEqual([titles, problems], [['Found'], []]);
    const gone = item('2501.00001', 'Gone');
    const withdrawn = await collect(
      page(
        props({ ...gone, paper: { ...gone.paper, withdrawnAt: '2025-02-01' } }, item('2501.00002', 'Two')),
      ),
    );
    assert.deepEqual(withdrawn.titles, ['Two']);
    assert.match(withdrawn.problems[0]?.reason ?? '', /withdrawn from Hugging Face on 2025-02-01/);
    const part = await collect(
      `<div data-target="DailyPapers" data-props="${escaped(props(item('2501.00001', 'One')))}">`,
    );
    assert.deepEqual([part.format, part.titles, part.problems], ['html', ['One'], []]);
  });

  test('a day without papers is no problem', async () => {
    const { titles, problems } = await collect(page(props()));
    assert.deepEqual([titles, problems], [[], []]);
  });

  test('cards where the data is missing', async () => {
    const { records, problems, lines } = await collect(page(null, both));
    assert.equal(problems.length, 1);
    assert.match(
      problems[0]?.reason ?? '',
      /has no data of its papers .*: 2 of its papers were read from their cards/,
    );
    assert.deepEqual(lines, [1, 5, 8]);
    assert.deepEqual(records[0], {
      source: 'huggingface',
      title: 'Light & Birds',
      abstract: '',
      arxivId: '2501.00001',
      authorCount: 12,
      upvotes: 94,
      comments: 5,
    });
  });

  test('cards for what broken data doesn’t give', async () => {
    const whole = props(item('2501.00001', 'Light & Birds'), item('2501.00002', 'Heavy Birds'));
    const { records, problems } = await collect(page(whole.slice(0, whole.length - 200), both));
    assert.deepEqual(
      records.map(({ title, abstract }) => [title, abstract !== '']),
      [
        ['Light & Birds', true],
        ['Heavy Birds', false],
      ],
    );
    assert.ok(problems.some(({ reason }) => /data-props\) is broken: 1 of its papers/.test(reason)));
    const none = await collect(page('{"dailyPapers": oops', ''));
    assert.deepEqual([none.titles, none.problems.length > 0], [[], true]);
  });
});

describe('what is no such page, or too much of one', () => {
  test('other HTML is refused; said to be one, it is a problem', async () => {
    const text = '<!doctype html><html><body><p>Not found</p></body></html>';
    const refused = await collect(text);
    assert.match(refused.problems[0]?.reason ?? '', /^this is HTML: expected/);
    const forced = await collect(text, { format: 'html' });
    assert.match(forced.problems[0]?.reason ?? '', /and no cards: expected a whole Hugging Face papers page/);
  });

  test('a page that is cut off anywhere ends in papers or in a problem', async () => {
    const text = page(props(item('2501.00001', 'One')), both);
    for (let end = 120; end < text.length; end += 23) {
      const { titles, problems } = await collect(text.slice(0, end), { size: 65_536, format: 'html' });
      assert.ok(titles.length > 0 || problems.length > 0, String(end));
    }
  });

  test('depth and tags are bounded, and so is time', async () => {
    const deep = await collect(`${page(null)}${'<b>'.repeat(2_000_000)}`, { size: 65_536 });
    assert.match(deep.problems.at(-1)?.reason ?? '', /more than 1000 deep/);
    const parser = createHtmlParser({ maxTagLength: 100_000 });
    parser.push({ number: 1, text: '<div data-props="' });
    const entries = [];
    for (let number = 2; number < 10 && !parser.isOver?.(); number += 1)
      entries.push(...parser.push({ number, text: '&quot;'.repeat(10_000) }));
    assert.equal(parser.isOver?.(), true);
    assert.match(JSON.stringify(entries), /a tag is longer than 100000 characters/);
    for (const piece of [
      '<',
      '<a ',
      '<a b="',
      '&',
      '</',
      '<!--',
      '<a\n',
      '\n',
      '<article>',
      '<h3><a href="/papers/2501.00001">',
    ]) {
      const text = page(null) + piece.repeat(100_000);
      assert.ok((await cpuMsOf(() => collect(text, { size: 65_536 }))) < 2_500, piece);
    }
  });
});
