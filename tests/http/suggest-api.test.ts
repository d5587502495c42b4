import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inventedPaper } from '../support/papers.js';
import { get, idsOf, searchApi, takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';

describe('the suggestions of the API', () => {
  const service = withService();
  const suggest = (params: Parameters<typeof get>[2]) => get(service, '/api/v1/suggest', params);
  const lines = async (q: string, limit?: number) => {
    const answer = await suggest({ q, limit, format: 'opensearch' });
    assert.match(String(answer.headers['content-type']), /^application\/x-suggestions\+json/);
    const [typed, found] = answer.json<[string, string[]]>();
    assert.equal(typed, q);
    return found;
  };

  before(() =>
    takeIn(service, [
      inventedPaper(1, {
        arxivId: '2401.00001',
        title: 'Waxwings at <dusk>',
        authors: ['Robert “Bob” Waxman', 'Ann "Wax" O’Neil'],
        categories: ['q-bio.PE', 'Wax and honey'],
      }),
      inventedPaper(2, { arxivId: '2401.00002', title: 'Robins', categories: ['Wax and honey', 'cs.LG'] }),
    ]),
  );

  it('are titles, names and categories', async () => {
    assert.deepEqual((await suggest({ q: 'waxw' })).json(), {
      titles: [{ id: '2401.00001', title: 'Waxwings at <dusk>' }],
      authors: [],
      categories: [],
    });
  });

  it('are lines for browsers, each of which finds its paper', async () => {
    for (const typed of ['waxw', 'bob', 'o’n', 'q-bio', 'wax']) {
      const found = await lines(typed);
      assert.ok(found.length > 0, typed);
      for (const q of found) assert.ok(idsOf(await searchApi(service, { q })).includes('2401.00001'), q);
    }
    assert.equal((await lines('wax', 1)).length, 1);
  });

  it('are none for nothing, and refused for too much', async () => {
    assert.deepEqual((await suggest({ q: '' })).json(), { titles: [], authors: [], categories: [] });
    assert.deepEqual(await lines(''), []);
    for (const params of [
      {},
      { q: 'x', limit: 0 },
      { q: 'x', limit: 21 },
      { q: 'x', format: 'xml' },
      { q: 'x'.repeat(801) },
    ])
      assert.equal((await suggest(params)).statusCode, 400);
  });

  it('are told of to browsers', async () => {
    const { body, headers } = await get(service, '/opensearch.xml', {}, { host: 'papers.example:8443' });
    assert.match(String(headers['content-type']), /^application\/opensearchdescription\+xml/);
    assert.match(body, /papers\.example:8443\/api\/v1\/suggest/);
  });

  it('of the page narrow down to categories that a query can name', async () => {
    const page = (await get(service, '/', { q: 'case' })).body;
    const [facets] = /<details class="facets".*?<\/details>/s.exec(page)!;
    assert.match(facets!, /category%3Acs\.LG/);
    assert.doesNotMatch(facets!, /category%3AWax/);
  });
});
