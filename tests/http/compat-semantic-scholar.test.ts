import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inventedPaper } from '../support/papers.js';
import { get, takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';
import { assertShapeWithin, readCapture, skipWithoutCaptures } from './capture.js';
import { itRefuses } from './refusals.js';

interface Paper {
  paperId: string;
  title?: string;
  year?: number | null;
  venue?: string;
}

interface Page {
  total: number;
  offset: number;
  next?: number;
  data: Paper[];
}

interface Recommended {
  recommendedPapers: Paper[];
}

/** What the released client asks for unless told otherwise, of a search and of one paper. */
const searchFields =
  'abstract,authors,citationCount,citationStyles,corpusId,externalIds,fieldsOfStudy,influentialCitationCount,isOpenAccess,journal,openAccessPdf,paperId,publicationDate,publicationTypes,publicationVenue,referenceCount,s2FieldsOfStudy,title,url,venue,year';
const paperFields = `${searchFields},authors.affiliations,authors.authorId,authors.citationCount,authors.externalIds,authors.hIndex,authors.homepage,authors.name,authors.paperCount,authors.url,citations,citations.abstract,citations.authors,citations.s2FieldsOfStudy,embedding,references,references.title,tldr`;

describe('the endpoints of Semantic Scholar', () => {
  let now = new Date('2024-08-20T12:00:00Z');
  const service = withService({ clock: { now: () => now } });
  const page = async (params: Record<string, string | number>) => {
    const answer = await get(service, '/graph/v1/paper/search', params);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<Page>();
  };
  const post = (url: string, payload: object) => service.app.inject({ method: 'POST', url, payload });
  const idsOf = (papers: readonly Paper[]) => papers.map(({ paperId }) => paperId);

  before(async () => {
    await takeIn(service, [
      ...Array.from({ length: 150 }, (_, n) =>
        inventedPaper(n, {
          arxivId: `2401.${String(n).padStart(5, '0')}`,
          date: `${2010 + (n % 10)}-03-0${(n % 9) + 1}`,
          ...(n % 2 === 0 ? { venue: 'Workshop on Bees' } : {}),
        }),
      ),
      inventedPaper(200, {
        arxivId: 'hep-th/9901001',
        doi: '10.1234/a/b(c)',
        date: '1999-01-04',
        authors: ['Ada Björk'],
        venue: 'Journal of Invented Results',
        url: 'https://example.org/200',
      }),
      inventedPaper(201, { doi: '10.1234/only', date: '2001-02', abstract: '' }),
      inventedPaper(202),
    ]);
    // Created by the database's clock, which knows nothing of the test's.
    await service.database.db.pool.query("UPDATE papers SET created_at = '2024-08-01T00:00:00Z'");
  });

  describe('one paper', () => {
    it('has all that the released client asks for, null where nothing is known', async () => {
      const answer = await get(service, '/graph/v1/paper/ARXIV:hep-th%2F9901001', { fields: paperFields });
      assert.equal(answer.statusCode, 200, answer.body);
      const { citationStyles, ...rest } = answer.json<{ citationStyles: { bibtex: string } }>();
      assert.match(citationStyles.bibtex, /^@/);
      const [citationCount, externalIds, url] = [null, null, null];
      assert.deepEqual(rest, {
        paperId: 'hep-th/9901001',
        externalIds: { ArXiv: 'hep-th/9901001', DOI: '10.1234/a/b(c)' },
        url: 'https://example.org/200',
        title: inventedPaper(200).title,
        abstract: inventedPaper(200).abstract,
        venue: 'Journal of Invented Results',
        year: 1999,
        publicationDate: '1999-01-04',
        authors: [
          {
            authorId: null,
            name: 'Ada Björk',
            affiliations: null,
            homepage: null,
            paperCount: null,
            hIndex: null,
            ...{ citationCount, externalIds, url },
          },
        ],
        corpusId: null,
        publicationVenue: null,
        referenceCount: null,
        citationCount: null,
        influentialCitationCount: null,
        isOpenAccess: null,
        openAccessPdf: null,
        fieldsOfStudy: null,
        s2FieldsOfStudy: null,
        publicationTypes: null,
        journal: null,
        citations: null,
        references: null,
        embedding: null,
        tldr: null,
      });
    });

    it('gives the fields asked for and its id, the title when none are', async () => {
      const of = async (fields?: string) =>
        (await get(service, '/graph/v1/paper/10.1234%2Fonly', { fields })).json<object>();
      const { title } = inventedPaper(201);
      assert.deepEqual(await of(), { paperId: 'doi:10.1234/only', title });
      assert.deepEqual(await of(''), { paperId: 'doi:10.1234/only', title });
      assert.deepEqual(await of(' year , abstract,'), {
        paperId: 'doi:10.1234/only',
        year: 2001,
        abstract: null,
      });
      // A month is no day.
      assert.deepEqual(await of('publicationDate,venue,url,authors,externalIds'), {
        paperId: 'doi:10.1234/only',
        publicationDate: null,
        venue: '',
        url: null,
        authors: [],
        externalIds: { DOI: '10.1234/only' },
      });
      const named = await get(service, '/graph/v1/paper/hep-th%2F9901001', { fields: 'authors.name' });
      assert.deepEqual(named.json(), {
        paperId: 'hep-th/9901001',
        authors: [{ authorId: null, name: 'Ada Björk' }],
      });
    });

    for (const id of [
      'ARXIV:2401.00003',
      'arXiv:2401.00003v2',
      '2401.00003',
      'URL:https://arxiv.org/abs/2401.00003',
      'URL:https%3A%2F%2Farxiv.org%2Fabs%2F2401.00003v1',
      'ARXIV:hep-th/9901001',
      'hep-th%2F9901001',
      'DOI:10.1234/A/B(C)',
      'DOI:10.1234%2Fa%2Fb(c)',
      'URL:https://doi.org/10.1234/only',
      'doi:10.1234/only',
    ])
      it(`is at ${id}`, async () => {
        const answer = await service.app.inject({ url: `/graph/v1/paper/${id}?fields=year` });
        assert.equal(answer.statusCode, 200, answer.body);
        assert.ok(answer.json<Paper>().year);
      });

    it('is at its title id', async () => {
      const [{ paperId }] = (await page({ query: inventedPaper(202).title, limit: 1 })).data as [Paper];
      assert.match(paperId, /^t:/);
      const answer = await service.app.inject({ url: `/graph/v1/paper/${paperId}` });
      assert.equal(answer.json<Paper>().title, inventedPaper(202).title);
    });
  });

  describe('batch', () => {
    it('has each paper at its place, null where there is none', async () => {
      const ids = [
        'ARXIV:2401.00003',
        'CorpusId:1',
        'DOI:10.1234/ONLY',
        'f'.repeat(40),
        '2401.00003',
        'ARXIV:2401.99999',
        '',
      ];
      const answer = await post('/graph/v1/paper/batch?fields=year,authors', { ids });
      assert.equal(answer.statusCode, 200, answer.body);
      const papers = answer.json<(Paper | null)[]>();
      assert.deepEqual(
        papers.map((paper) => paper?.paperId ?? null),
        ['2401.00003', null, 'doi:10.1234/only', null, '2401.00003', null, null],
      );
      assert.deepEqual(papers[2], { paperId: 'doi:10.1234/only', year: 2001, authors: [] });
    });

    it('takes 500, and no more', async () => {
      const ids = Array.from({ length: 500 }, (_, n) => `ARXIV:2401.${String(n).padStart(5, '0')}`);
      const papers = (await post('/graph/v1/paper/batch', { ids })).json<(Paper | null)[]>();
      assert.equal(papers.length, 500);
      assert.equal(papers.filter((paper) => paper !== null).length, 150);
      const tooMany = await post('/graph/v1/paper/batch', { ids: [...ids, '2401.00001'] });
      assert.equal(tooMany.statusCode, 400);
      assert.match(tooMany.json<{ error: string }>().error, /500/);
    });
  });

  describe('search', () => {
    it('goes from page to page by `next`, each paper once, to the end', async () => {
      const seen: string[] = [];
      let offset: number | undefined = 0;
      for (let at = 0; offset !== undefined && at < 20; at++) {
        const answer: Page = await page({ query: 'sparse coding of speech', limit: 40, offset });
        assert.equal(answer.offset, offset);
        // The released client goes on where `next` is offset and limit, and nowhere else.
        if (answer.next !== undefined) assert.equal(answer.next, offset + 40);
        seen.push(...idsOf(answer.data));
        offset = answer.next;
      }
      assert.equal(new Set(seen).size, seen.length);
      assert.equal(seen.length, 153);
      const whole = await page({ query: 'sparse coding of speech', limit: 100 });
      assert.deepEqual(idsOf(whole.data), seen.slice(0, 100));
    });

    it('gives 100 unless told otherwise, with the title', async () => {
      const answer = await page({ query: 'bees' });
      assert.equal(answer.data.length, 100);
      assert.ok(answer.total >= 100);
      assert.deepEqual(Object.keys(answer.data[0]!), ['paperId', 'title']);
    });

    it('filters by year, date and venue', async () => {
      const years = async (params: Record<string, string>) =>
        new Set(
          (await page({ query: 'bees', fields: 'year,venue', ...params })).data.map(({ year }) => year),
        );
      assert.deepEqual(await years({ year: '2012' }), new Set([2012]));
      assert.deepEqual([...(await years({ year: '2012-2013' }))].toSorted(), [2012, 2013]);
      assert.deepEqual([...(await years({ year: '2018-' }))].toSorted(), [2018, 2019]);
      assert.deepEqual([...(await years({ year: '-2001' }))].toSorted(), [1999, 2001]);
      assert.deepEqual(await years({ publicationDateOrYear: '2012-03' }), new Set([2012]));
      assert.deepEqual(
        [...(await years({ publicationDateOrYear: '2012-03-01:2013' }))].toSorted(),
        [2012, 2013],
      );
      const { data } = await page({ query: 'bees', venue: 'Workshop on Bees,Nowhere', fields: 'venue' });
      assert.ok(data.length > 0);
      assert.ok(data.every(({ venue }) => venue === 'Workshop on Bees'));
    });

    it('takes words for words', async () => {
      for (const query of ['"open', 'title:', 'a OR', 'x'.repeat(2_000)])
        assert.equal((await page({ query, limit: 1 })).data.length, 1, query.slice(0, 20));
      assert.deepEqual(idsOf((await page({ query: 'arXiv:2401.00007' })).data), ['2401.00007']);
    });
  });

  describe('recommendations', () => {
    const forLists = (body: object, query = '') => post(`/recommendations/v1/papers/${query}`, body);
    const recommended = (answer: { json<T>(): T }) => answer.json<Recommended>().recommendedPapers;

    it('come for lists, never what was given', async () => {
      const answer = await forLists(
        {
          positivePaperIds: ['ARXIV:2401.00003', '2401.00013'],
          negativePaperIds: ['DOI:10.1234/only'],
        },
        '?fields=title,authors.name&limit=30',
      );
      assert.equal(answer.statusCode, 200, answer.body);
      const papers = recommended(answer);
      assert.equal(papers.length, 30);
      assert.deepEqual(Object.keys(papers[0]!), ['paperId', 'title', 'authors']);
      const ids = idsOf(papers);
      assert.equal(new Set(ids).size, 30);
      for (const given of ['2401.00003', '2401.00013', 'doi:10.1234/only']) assert.ok(!ids.includes(given));
    });

    it('come without negatives, in whichever way they are left out', async () => {
      for (const body of [
        { positivePaperIds: ['2401.00003'], negativePaperIds: null },
        { positivePaperIds: ['2401.00003'], negativePaperIds: [] },
        { positivePaperIds: ['2401.00003'] },
      ])
        assert.ok(recommended(await forLists(body)).length > 50);
      const answer = await post('/recommendations/v1/papers?limit=2', { positivePaperIds: ['2401.00003'] });
      assert.equal(recommended(answer).length, 2);
    });

    it('come for one paper, with its slashes as they are', async () => {
      for (const id of ['2401.00003', 'ARXIV:hep-th/9901001', 'hep-th%2F9901001', 'DOI:10.1234/a/b(c)']) {
        const url = `/recommendations/v1/papers/forpaper/${id}?from=all-cs&limit=50&fields=year`;
        const answer = await service.app.inject({ url });
        assert.equal(answer.statusCode, 200, answer.body);
        assert.equal(recommended(answer).length, 50);
      }
    });

    it('come from the last sixty days unless the whole collection is asked for', async () => {
      const url = '/recommendations/v1/papers/forpaper/2401.00003';
      assert.ok(recommended(await service.app.inject({ url })).length > 0);
      now = new Date('2024-10-01T00:00:00Z');
      assert.equal(recommended(await service.app.inject({ url: `${url}?from=recent` })).length, 0);
      assert.equal(recommended(await service.app.inject({ url: `${url}?from=all-cs&limit=5` })).length, 5);
    });

    const refused: [object, number, string][] = [
      [{}, 400, 'No positive paper examples given'],
      [{ positivePaperIds: [] }, 400, 'No positive paper examples given'],
      [{ positivePaperIds: null, negativePaperIds: ['2401.00003'] }, 400, 'No positive paper examples given'],
      [{ positivePaperIds: ['2401.99999'] }, 404, 'Paper with id 2401.99999 not found'],
      [{ positivePaperIds: ['CorpusId:7'] }, 404, 'Paper with id CorpusId:7 not found'],
      [{ positivePaperIds: ['2401.00003'], negativePaperIds: ['nope'] }, 404, 'Paper with id nope not found'],
    ];
    for (const [body, status, error] of refused)
      it(`answer ${JSON.stringify(body)} with ${status}`, async () => {
        const answer = await forLists(body);
        assert.equal(answer.statusCode, status);
        assert.deepEqual(answer.json(), { error });
      });
  });

  itRefuses(service, [
    ['/graph/v1/paper/2401.99999', 404, /^Paper with id 2401\.99999 not found$/],
    [`/graph/v1/paper/${'a1'.repeat(20)}`, 404, /^Paper with id (a1){20} not found$/],
    ['/graph/v1/paper/CorpusId:14514057', 404, /^Paper with id CorpusId:14514057 not found$/],
    ['/graph/v1/paper/a/b', 404, /^Paper with id a\/b not found$/],
    ['/graph/v1/paper/%00', 404, /not found$/],
    [
      '/graph/v1/paper/2401.00003?fields=title,colour,authors.age,title.words,constructor.x',
      400,
      /^Unrecognized or unsupported fields: \[colour, authors\.age, title\.words, constructor\.x\]$/,
    ],
    ['/graph/v1/paper/search', 400, /^query: /],
    ['/graph/v1/paper/search?query=%20', 400, /^query: /],
    ['/graph/v1/paper/search?query=x&limit=101', 400, /^limit: /],
    ['/graph/v1/paper/search?query=x&offset=-1', 400, /^offset: /],
    ['/graph/v1/paper/search?query=x&offset=950', 400, /^offset: .*1000/],
    ['/graph/v1/paper/search?query=x&fields=nope', 400, /^Unrecognized or unsupported fields: \[nope\]$/],
    ['/graph/v1/paper/search?query=x&year=soon', 400, /^year: expected /],
    ['/graph/v1/paper/search?query=x&year=20192020', 400, /^year: expected /],
    ['/graph/v1/paper/search?query=x&year=-', 400, /^year: expected /],
    ['/graph/v1/paper/search?query=x&publicationDateOrYear=2019-13', 400, /date/],
    ['/graph/v1/paper/search?query=x&minCitationCount=5', 400, /^minCitationCount: .*citations/],
    ['/graph/v1/paper/search?query=x&openAccessPdf', 400, /^openAccessPdf: /],
    ['/graph/v1/paper/2401.00003/citations?fields=title', 404, /^Quire has nothing at .*\/citations\.$/],
    ['/graph/v1/paper/search/bulk?query=x', 404, /^Quire has nothing at /],
    ['/graph/v1/author/1741101?fields=name', 404, /^Quire has nothing at \/graph\/v1\/author\/1741101\.$/],
    ['/datasets/v1/release/latest', 404, /^Quire has nothing at /],
    ['/recommendations/v1/papers/forpaper/nope', 404, /^Paper with id nope not found$/],
    ['/recommendations/v1/papers/forpaper/2401.00003?limit=501', 400, /^limit: /],
    ['/recommendations/v1/papers/forpaper/2401.00003?from=magic', 400, /^from: .*recent, all-cs/],
  ]);

  it('refuses bodies that are none', async () => {
    for (const [url, payload] of [
      ['/graph/v1/paper/batch', { ids: [] }],
      ['/graph/v1/paper/batch', {}],
      ['/graph/v1/paper/batch', { ids: [{ a: 1 }] }],
      ['/recommendations/v1/papers/', { positivePaperIds: [{ a: 1 }] }],
    ] as const) {
      const answer = await post(url, payload);
      assert.equal(answer.statusCode, 400, answer.body);
      assert.equal(typeof answer.json<{ error: string }>().error, 'string');
    }
    const broken = await service.app.inject({
      method: 'POST',
      url: '/graph/v1/paper/batch',
      headers: { 'content-type': 'application/json' },
      payload: '{"ids": [',
    });
    assert.equal(broken.statusCode, 400);
    assert.ok(broken.json<{ error: string }>().error);
  });

  describe('beside real answers', { skip: skipWithoutCaptures }, () => {
    it('search has their keys and types', async () => {
      const fields = 'externalIds,url,title,year,publicationDate,authors,abstract';
      const real = readCapture('s2_search_sotawhat.json') as { data: object[] };
      const ours = await page({ query: inventedPaper(200).title, fields, limit: 5 });
      // Papers here may be without a page of their own, and authors have no number.
      const except = ['.data[].url', '.data[].authors[].authorId'];
      assertShapeWithin(ours, [real], { except });
      assert.deepEqual(
        Object.keys(real.data[0]!).filter((key) => !(key in ours.data[0]!)),
        ['openAccessPdf'],
      );
    });

    it('a paper has all keys that one of theirs has', async () => {
      const real = readCapture('s2_paper_full.json') as Record<string, unknown>;
      const fields = Object.keys(real).join(',');
      const answer = await get(service, '/graph/v1/paper/hep-th%2F9901001', { fields });
      assert.equal(answer.statusCode, 200, answer.body);
      assert.deepEqual(Object.keys(answer.json<object>()).sort(), Object.keys(real).sort());
    });
  });
});
