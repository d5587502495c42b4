import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { renderPage } from '../../src/web/layout.js';
import { PaperPage } from '../../src/web/pages/paper-page.js';
import { inventedPaper, storedPaper } from '../support/papers.js';
import { untilReady, withService } from '../support/service.js';

const long = 'Bounds of $O(n \\log n)$ for sorting bees';

describe('the page of a paper', () => {
  const service = withService({ clock: { now: () => new Date('2024-03-20T12:00:00Z') } });
  const page = async (url: string) => {
    const answer = await service.app.inject({ method: 'GET', url, headers: { accept: 'text/html' } });
    return { status: answer.statusCode, body: answer.body, headers: answer.headers };
  };
  /** Everything between tags, spaces collapsed. */
  const textOf = (html: string) => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
  const linksOf = (html: string) =>
    [...html.matchAll(/href="([^"]+)"/g)].map(([, href]) => href!.replaceAll('&amp;', '&'));
  const relatedIds = (html: string) =>
    [...html.slice(html.indexOf('id="related"')).matchAll(/<h2><a href="\/papers\/([^"]+)"/g)].map(
      ([, id]) => id!,
    );
  let former: string;

  before(async () => {
    const { papers } = service.services;
    const { outcomes } = await papers.takeIn([{ source: 'listing', title: long, abstract: '' }]);
    former = (await papers.listByKeys([outcomes[0]!.key]))[0]!.id;
    await papers.takeIn([
      ...Array.from({ length: 30 }, (_, n) =>
        inventedPaper(n, {
          // Those about bees are new.
          date: n % 10 === 8 ? '2024-03-10' : '2021-01-10',
          arxivId: `2101.000${10 + n}`,
          upvotes: n,
        }),
      ),
      {
        source: 'arxiv',
        title: long,
        abstract:
          'Sorting takes $O(n \\log n)$ steps. We apply variational inference to bees in case 50. On 53 benchmarks the approach halves the error, and we explain with attention why that is so.',
        authors: ['Ada Early', 'Ben Late'],
        date: '2024-01-05',
        categories: ['cs.DS', 'cs.LG'],
        arxivId: '2401.00050',
        arxivVersion: 3,
        upvotes: 1_234,
        stars: 1,
        asOf: '2024-03-01',
      },
      {
        source: 'crossref',
        title: long,
        abstract: '',
        doi: '10.1000/bees.1',
        venue: 'Proceedings of the Conference on Bees',
        date: '2024-02',
        url: 'https://bees.example/1',
        arxivId: '2401.00050',
      },
      inventedPaper(51, {
        title: 'Very many hands',
        arxivId: '2401.00051',
        authors: Array.from({ length: 3_000 }, (_, n) => `Author Number${n}`),
      }),
    ]);
    service.services.hintPapers();
    await untilReady(service.services);
  });

  it('sets formulas, links people and categories, and tells the counts that somebody looked at', async () => {
    const { body } = await page('/papers/2401.00050');
    const heading = /<h1>(.*?)<\/h1>/s.exec(body)?.[1] ?? '';
    assert.match(heading, /<math/);
    assert.doesNotMatch(textOf(heading), /\$/);
    assert.match(body, /<title>Bounds of O\(n \\log n\) for sorting bees · Quire<\/title>/);
    const links = linksOf(body);
    assert.ok(links.includes('/?q=author%3A%22Ada+Early%22&sort=newest'));
    assert.ok(links.includes('/?q=category%3Acs.LG&sort=newest'));
    assert.match(textOf(body), /1,234 upvotes .* 1 star /);
    for (const link of links.filter((one) => one.startsWith('/?') || one.startsWith('/feeds/')))
      assert.equal((await page(link)).status, 200, link);
  });

  it('leads to every place where it can be read, and to each version', async () => {
    const { body } = await page('/papers/2401.00050');
    const links = linksOf(body);
    for (const href of [
      'https://arxiv.org/abs/2401.00050',
      'https://arxiv.org/pdf/2401.00050',
      'https://arxiv.org/html/2401.00050',
      'https://arxiv.org/abs/2401.00050v2',
      'https://doi.org/10.1000/bees.1',
      'https://bees.example/1',
      'https://huggingface.co/papers/2401.00050',
      'https://api.semanticscholar.org/arXiv:2401.00050',
    ])
      assert.ok(links.includes(href), href);
    const older = linksOf((await page('/papers/2101.00010')).body);
    assert.ok(!older.some((href) => href.startsWith('https://arxiv.org/html/')), 'arXiv has none of it');
    const own = body.match(/<a href="https:[^>]*>/g) ?? [];
    assert.deepEqual(
      own.filter((tag) => !tag.includes('rel="external noopener"')),
      [],
    );
  });

  it('is reached by former ids, which it names, and keeps the choices on the way', async () => {
    const { body } = await page('/papers/2401.00050');
    assert.ok(body.includes(former));
    const { status, headers } = await page(`/papers/${encodeURIComponent(former)}?since=30d`);
    assert.deepEqual([status, headers['location']], [301, '/papers/2401.00050?since=30d']);
  });

  it('says where each field came from, and what each source said', async () => {
    const { body } = await page('/papers/2401.00050');
    const rows = [...body.matchAll(/<tr><th scope="row">(.*?)<\/tr>/g)].map(([row]) => textOf(row).trim());
    assert.ok(rows.includes('Title arXiv v3 1 Mar 2024'), rows.join('\n'));
    assert.ok(rows.includes('Venue Crossref'), rows.join('\n'));
    const text = textOf(body);
    assert.match(text, /3 records were taken/);
    assert.match(text, /Crossref \w{26} .*Date 2024-02 Venue Proceedings of the Conference on Bees/);
    const single = await page('/papers/2101.00010');
    assert.doesNotMatch(single.body, /records were taken/);
  });

  it('has its citation in the page, in files, and for reference managers', async () => {
    const { body } = await page('/papers/2401.00050');
    const bibtex = /<textarea[^>]*>([^<]*)</.exec(body)?.[1] ?? '';
    assert.match(bibtex, /^@inproceedings\{.*author = \{Early, Ada and Late, Ben\}/s);
    assert.doesNotMatch(bibtex, /abstract/);
    for (const format of ['bibtex', 'ris', 'csv']) {
      const href = `/api/v1/papers/2401.00050?format=${format}`;
      assert.ok(linksOf(body).includes(href));
      assert.equal((await page(href)).status, 200);
    }
    const metas = [...body.matchAll(/<meta name="(citation_\w+)" content="([^"]*)"/g)].map(
      ([, name, content]) => `${name}: ${content}`,
    );
    for (const meta of [
      'citation_author: Ada Early',
      'citation_author: Ben Late',
      'citation_publication_date: 2024/01/05',
      'citation_conference_title: Proceedings of the Conference on Bees',
      'citation_doi: 10.1000/bees.1',
      'citation_arxiv_id: 2401.00050',
      'citation_pdf_url: https://arxiv.org/pdf/2401.00050',
    ])
      assert.ok(metas.includes(meta), meta);
  });

  it('narrows, sorts and lengthens the related papers by its address', async () => {
    const path = '/papers/2401.00050';
    const plain = await page(path);
    assert.equal(relatedIds(plain.body).length, 10);
    const recent = await page(`${path}?since=30d`);
    assert.deepEqual(
      relatedIds(recent.body).toSorted(),
      ['2101.00018', '2101.00028', '2101.00038'],
      'those of the last 30 days',
    );
    const upvoted = relatedIds((await page(`${path}?sort=upvoted`)).body).map((id) => Number(id.slice(-2)));
    assert.deepEqual(
      upvoted,
      upvoted.toSorted((a, b) => b - a),
    );
    assert.deepEqual(
      upvoted.map((n) => `2101.000${n}`).toSorted(),
      relatedIds(plain.body).toSorted(),
      'the same ones',
    );
    const varied = await page(`${path}?diversity=high`);
    assert.notDeepEqual(relatedIds(varied.body), relatedIds(plain.body));
    const more = linksOf(plain.body).find((href) => href.includes('show=20'))!;
    assert.match(more, /#related-11$/);
    const longer = await page(more.split('#')[0]!);
    assert.equal(relatedIds(longer.body).length, 20);
    assert.deepEqual(relatedIds(longer.body).slice(0, 10), relatedIds(plain.body));
    assert.match(longer.body, /id="related-11"/);
  });

  it('keeps one choice when another is made, and marks what is chosen', async () => {
    const { body } = await page('/papers/2401.00050?since=7d&sort=newest');
    const controls = /<nav class="controls".*?<\/nav>/s.exec(body)?.[0] ?? '';
    const chosen = [...controls.matchAll(/aria-current="true"[^>]*>([^<]+)</g)].map(([, label]) => label);
    assert.deepEqual(chosen, ['7d', 'low', 'newest']);
    assert.ok(linksOf(controls).includes('/papers/2401.00050?since=7d&diversity=high&sort=newest#related'));
    assert.match(body, /href="\/feeds\/papers\/2401.00050\/related.atom\?since=7d"/);
  });

  it('says what is wrong with a choice, and that nothing is left', async () => {
    const wrong = await page('/papers/2401.00050?since=soon');
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /since: expected a number .* not “soon”/);
    for (const query of ['sort=oldest', 'diversity=2', 'show=1000', 'show=0'])
      assert.equal((await page(`/papers/2401.00050?${query}`)).status, 400, query);
    const none = await page('/papers/2401.00050?since=1d');
    assert.match(none.body, /Nothing of that time is like it/);
  });

  it('shows the paper while its related ones can’t be looked up', async () => {
    const shown = {
      paper: storedPaper({ title: 'Alone' }),
      background: { said: [], counts: [] },
      choices: {},
    };
    const html = renderPage(PaperPage({ ...shown, related: null }), { theme: 'auto', path: '/' });
    assert.match(html, /<h1>Alone<\/h1>/);
    assert.match(html, /can’t be looked up right now/);
    assert.doesNotMatch(html, /No other paper here is like it/);
  });

  it('folds three thousand authors, and may be kept by the browser for going back', async () => {
    const { body, headers } = await page('/papers/2401.00051');
    const line = /<p class="byline">(.*?)<\/p>/s.exec(body)?.[1] ?? '';
    assert.match(textOf(line), /Author Number11 \+ 2,988/);
    assert.match(body, /<details[^>]*><summary>All 3,000 authors/);
    assert.match(body, /Author Number2999<\/a>/);
    assert.equal(headers['cache-control'], undefined);
  });
});
