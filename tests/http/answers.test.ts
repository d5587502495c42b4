import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inventedPaper } from '../support/papers.js';
import {
  type ApiAnswer,
  allPages,
  get,
  idsOf,
  searchApi,
  settle,
  takeIn,
} from '../support/search-service.js';
import { untilReady, withService } from '../support/service.js';

const count = 40;

describe('answers over HTTP', () => {
  let today = new Date('2024-03-20T12:00:00Z');
  const service = withService({ clock: { now: () => today } });
  const fetch = (params: Parameters<typeof get>[2], headers: Record<string, string> = {}) =>
    get(service, '/api/v1/search', params, headers);

  before(() =>
    takeIn(
      service,
      Array.from({ length: count }, (_, n) =>
        inventedPaper(n, { arxivId: `2401.${String(n).padStart(5, '0')}`, upvotes: n }),
      ),
    ),
  );

  describe('while nothing changes', () => {
    it('are the same, with one tag, and 304 for who has it', async () => {
      for (const url of ['/api/v1/search', '/api/v1/papers/2401.00001/related', '/api/v1/query']) {
        const params = url.endsWith('related') ? {} : { q: 'bees' };
        const [one, two] = [await get(service, url, params), await get(service, url, params)];
        assert.equal(one.statusCode, 200);
        assert.equal(two.body, one.body);
        const etag = String(one.headers.etag);
        assert.match(etag, /^W\/"/);
        assert.equal(two.headers.etag, etag);
        assert.equal(two.headers['content-type'], one.headers['content-type']);
        assert.equal(one.headers['cache-control'], 'no-cache');
        assert.equal(two.headers['cache-control'], 'no-cache');
        const known = await get(service, url, params, { 'if-none-match': `"other", ${etag}` });
        assert.deepEqual([known.statusCode, known.body], [304, '']);
        assert.deepEqual([known.headers.etag, known.headers['content-type']], [etag, undefined]);
        assert.equal((await get(service, url, params, { 'if-none-match': '"other"' })).statusCode, 200);
      }
    });

    it('say nothing of how long they are where they are not sent', async () => {
      const { headers } = await fetch({ q: 'bees' });
      const known = await fetch({ q: 'bees' }, { 'if-none-match': String(headers.etag) });
      assert.ok([undefined, headers['content-length']].includes(known.headers['content-length']));
    });

    it('are told apart by every parameter', async () => {
      const tags = new Set<unknown>();
      const all = [
        { q: 'bees' },
        { q: 'bees', limit: 3 },
        { q: 'bees', explain: true },
        { q: 'bees', mode: 'keyword' },
        { q: 'bees', format: 'bibtex' },
        { q: 'bees', format: 'csv' },
      ];
      for (const params of all) tags.add((await fetch(params)).headers.etag);
      assert.equal(tags.size, all.length);
    });

    it('are no answers to what is wrong', async () => {
      for (let n = 0; n < 2; n++) {
        const answer = await fetch({ q: '"open' });
        assert.deepEqual([answer.statusCode, answer.headers.etag], [400, undefined]);
      }
    });

    it('are exports with their name, every time', async () => {
      for (const [format, type, extension] of [
        ['bibtex', /bibtex/, 'bib'],
        ['ris', /research-info-systems/, 'ris'],
        ['csv', /^text\/csv/, 'csv'],
      ] as const) {
        for (const url of ['/api/v1/search', '/api/v1/papers/2401.00001/related']) {
          const params = url.endsWith('search') ? { q: 'bees', format } : { format };
          const answers = [await get(service, url, params), await get(service, url, params)];
          for (const { headers, statusCode } of answers) {
            assert.equal(statusCode, 200);
            assert.match(String(headers['content-type']), type);
            assert.equal(headers['content-disposition'], `attachment; filename="quire.${extension}"`);
          }
          assert.equal(answers[0]!.body, answers[1]!.body);
        }
      }
    });
  });

  describe('when something changes', () => {
    const changes: [string, () => Promise<void>][] = [
      [
        'upvotes',
        () =>
          takeIn(service, [inventedPaper(8, { arxivId: '2401.00008', upvotes: 4_000, asOf: '2025-01-02' })]),
      ],
      [
        'a text',
        () =>
          takeIn(service, [
            inventedPaper(8, {
              arxivId: '2401.00008',
              abstract: 'Bees, bees, nothing but bees.',
              asOf: '2025-01-03',
            }),
          ]),
      ],
      [
        'a new paper',
        () =>
          takeIn(service, [
            inventedPaper(90, { title: 'Bees of the world', abstract: 'Bees.', arxivId: '2401.00090' }),
          ]),
      ],
      [
        'a merge',
        async () => {
          const bees = { title: 'Nothing but bees', abstract: 'Bees and bees.' };
          await takeIn(service, [
            inventedPaper(91, { ...bees, doi: '10.1234/bees' }),
            inventedPaper(92, { ...bees, title: 'Only bees', arxivId: '2401.00092' }),
          ]);
          const one = (await fetch({ q: 'bees', limit: 100 })).json<ApiAnswer>();
          assert.ok(idsOf(one).includes('doi:10.1234/bees'));
          await takeIn(service, [inventedPaper(92, { ...bees, arxivId: '2401.00092', doi: '10.1234/bees' })]);
          const two = (await fetch({ q: 'bees', limit: 100 })).json<ApiAnswer>();
          assert.ok(!idsOf(two).includes('doi:10.1234/bees'), 'it is one with another now');
        },
      ],
    ];
    for (const [what, change] of changes) {
      it(`show it: ${what}`, async () => {
        for (const params of [{ q: 'bees' }, { q: 'bees', sort: 'upvoted' }, { q: 'bees', mode: 'keyword' }])
          await fetch(params);
        const before = await fetch({ q: 'bees', sort: 'upvoted', limit: 100 });
        await change();
        const tag = String(before.headers.etag);
        const after = await fetch({ q: 'bees', sort: 'upvoted', limit: 100 }, { 'if-none-match': tag });
        assert.equal(after.statusCode, 200, 'not the answer of before');
        const { items } = after.json<ApiAnswer>();
        const stored = await service.services.papers.listByIds(items.map(({ paper }) => paper.id));
        for (const { paper } of items) assert.equal(paper.upvotes, stored.get(paper.id)!.upvotes);
        const upvotes = items.map(({ paper }) => paper.upvotes ?? -1);
        assert.deepEqual(
          upvotes,
          upvotes.toSorted((a, b) => b - a),
        );
      });
    }

    it('show the day: what is counted from it moves on', async () => {
      await takeIn(service, [
        inventedPaper(93, { title: 'Of the nineteenth', date: '2024-03-19', arxivId: '2401.00093' }),
      ]);
      const ids = async () => idsOf((await fetch({ since: '1d' })).json<ApiAnswer>());
      assert.deepEqual(await ids(), ['2401.00093']);
      today = new Date('2024-03-21T00:00:01Z');
      assert.deepEqual(await ids(), []);
    });
  });

  describe('page by page, while the collection changes', () => {
    for (const mode of ['hybrid', 'semantic', 'keyword'] as const) {
      it(`give every paper of the beginning once, ${mode}`, async () => {
        const beginning = idsOf(
          await searchApi(service, { q: 'attention for bees in case', mode, limit: 100 }),
        );
        const shown = await allPages(
          service,
          { q: 'attention for bees in case', mode, limit: 6 },
          async (page) => {
            const n = 300 + page;
            const same = {
              title: `Attention for bees, ${mode} ${n}`,
              abstract: 'Attention for bees in case.',
            };
            await takeIn(service, [
              // One that is nearest of all, one whose text becomes another, and one that takes another in.
              inventedPaper(n, { ...same, arxivId: `2402.${String(n).padStart(5, '0')}` }),
              inventedPaper(page, {
                arxivId: `2401.${String(39 - page).padStart(5, '0')}`,
                abstract: `Attention for bees in case, ${mode}, as of page ${page}.`,
                asOf: `2025-02-${String(page + 1).padStart(2, '0')}`,
              }),
            ]);
          },
        );
        const ids = shown.map(({ paper }) => paper.id);
        assert.equal(new Set(ids).size, ids.length, 'nothing twice');
        assert.deepEqual(
          beginning.filter((id) => !ids.includes(id)),
          [],
          'nothing left out',
        );
      });
    }

    it('leave out a paper that went into one that was shown', async () => {
      const twin = { title: 'Twins of the hive', abstract: 'Hives and their twins, in case.' };
      await takeIn(service, [
        inventedPaper(400, { ...twin, arxivId: '2403.00001' }),
        inventedPaper(401, { ...twin, title: 'Twins in a hive', doi: '10.1234/twins' }),
      ]);
      const q = 'twins of the hive';
      const [first] = (await searchApi(service, { q, limit: 1 })).items;
      assert.equal(first!.paper.id, '2403.00001');
      let isMerged = false;
      const shown = await allPages(service, { q, limit: 1, mode: 'keyword' }, async () => {
        if (isMerged) return;
        isMerged = true;
        await takeIn(service, [inventedPaper(400, { ...twin, arxivId: '2403.00001', doi: '10.1234/twins' })]);
      });
      const ids = shown.map(({ paper }) => paper.id);
      assert.equal(ids.filter((id) => id === '2403.00001').length, 1);
      assert.ok(!ids.includes('doi:10.1234/twins'));
    });

    for (const [at, sort] of (['newest', 'upvoted', 'trending'] as const).entries()) {
      it(`go on behind the last one, ${sort}`, async () => {
        const beginning = await allPages(service, { q: 'case', sort, limit: 100 });
        const shown = await allPages(service, { q: 'case', sort, limit: 7 }, async (page) => {
          const id = `2404.${at + 1}${String(page).padStart(4, '0')}`;
          await takeIn(service, [
            inventedPaper(500 + page, {
              title: `Case ${sort} ${page}`,
              arxivId: id,
              date: '2030',
              upvotes: { newest: 1, upvoted: 9_999, trending: 99_999 }[sort],
            }),
          ]);
        });
        assert.deepEqual(
          shown.map(({ paper }) => paper.id),
          beginning.map(({ paper }) => paper.id),
        );
      });
    }
  });

  it('are not kept while they are less than what was asked for', async () => {
    await service.services.papers.takeIn([
      inventedPaper(700, { title: 'Just now', abstract: 'Bees, just now.', arxivId: '2406.00001' }),
    ]);
    service.services.hintPapers();
    // Whether it was quick enough or not: an answer with a notice is never kept, one without may be.
    for (let n = 0; n < 20; n++) {
      const answer = await fetch({ q: 'bees just now' });
      const { notice } = answer.json<ApiAnswer>();
      assert.equal(answer.headers['cache-control'], notice === null ? 'no-cache' : 'no-store');
    }
    await untilReady(service.services);
    const answer = (await fetch({ q: 'bees just now' })).json<ApiAnswer>();
    assert.equal(answer.notice, null);
    assert.equal(answer.items[0]!.paper.id, '2406.00001');
    await settle(service);
  });
});
