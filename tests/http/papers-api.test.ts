import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inventedPaper } from '../support/papers.js';
import { get, takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';

interface Answer {
  items: { id: string }[];
  missing: string[];
}

describe('the API for papers', () => {
  const service = withService();
  const byIds = (ids: string, params: Record<string, string> = {}) =>
    get(service, '/api/v1/papers', { ids, ...params });
  const batch = (payload: object, query = '') =>
    service.app.inject({ method: 'POST', url: `/api/v1/papers/batch${query}`, payload });
  const idsOf = (answer: { json<T>(): T }) => answer.json<Answer>().items.map(({ id }) => id);

  before(() =>
    takeIn(service, [
      ...Array.from({ length: 12 }, (_, n) =>
        inventedPaper(n, { arxivId: `2401.${String(n).padStart(5, '0')}` }),
      ),
      inventedPaper(20, { doi: '10.1234/one,two' }),
      inventedPaper(21, { arxivId: '2401.00021', doi: '10.1234/both' }),
      inventedPaper(22, { arxivId: 'hep-th/9901001', title: '=cmd|x "quoted", and\nbroken' }),
    ]),
  );

  it('gives several in the order asked for, each once, and names what is missing', async () => {
    const answer = await byIds(
      '2401.00003, nope ,arXiv:2401.00001v2,2401.00003v1,,doi:10.1234/BOTH,2401.99999',
    );
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(idsOf(answer), ['2401.00003', '2401.00001', '2401.00021']);
    assert.deepEqual(
      answer.json<Answer>().missing.map((ref) => ref.trim()),
      ['nope', '2401.99999'],
    );
    assert.deepEqual((await byIds('')).json(), { items: [], missing: [] });
    assert.deepEqual((await byIds(', ,')).json(), { items: [], missing: [] });
    assert.equal((await byIds('\0')).statusCode, 200);
  });

  it('takes what has a comma in a batch', async () => {
    assert.deepEqual(idsOf(await batch({ ids: ['10.1234/one,two', 'hep-th/9901001'] })), [
      'doi:10.1234/one,two',
      'hep-th/9901001',
    ]);
    assert.deepEqual((await batch({ ids: [] })).json(), { items: [], missing: [] });
  });

  it('never calls missing what it has not looked for', async () => {
    const many = Array.from({ length: 500 }, (_, n) => `x${n}`);
    assert.equal((await byIds(many.join(','))).json<Answer>().missing.length, 500);
    const tooMany = await byIds([...many, '2401.00001'].join(','));
    assert.equal(tooMany.statusCode, 400);
    assert.match(tooMany.json<{ detail: string }>().detail, /^ids: .*500/);
    assert.equal((await batch({ ids: many })).statusCode, 200);
    assert.equal((await batch({ ids: [...many, '2401.00001'] })).statusCode, 400);
  });

  const refused: [string, object][] = [
    ['no ids', {}],
    ['ids that are no list', { ids: { a: 1 } }],
    ['a field that is none', { ids: [], id: 'x' }],
    ['an id longer than any', { ids: ['x'.repeat(2_049)] }],
  ];
  for (const [what, payload] of refused) {
    it(`refuses a batch with ${what}`, async () => {
      const answer = await batch(payload);
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.json<{ code: string }>().code, 'invalid_input');
    });
  }

  it('refuses several without ids, and formats that it does not know', async () => {
    assert.equal((await get(service, '/api/v1/papers')).statusCode, 400);
    assert.equal((await byIds('2401.00001', { format: 'docx' })).statusCode, 400);
    assert.equal((await batch({ ids: [] }, '?format=docx')).statusCode, 400);
  });

  describe('as citations', () => {
    const formats: [string, RegExp, RegExp][] = [
      ['bibtex', /^application\/x-bibtex|^text\/x-bibtex/, /^@/gm],
      ['ris', /^application\/x-research-info-systems/, /^TY {2}- /gm],
      ['csv', /^text\/csv/, /^arXiv:2401/gm],
    ];
    for (const [format, type, entry] of formats) {
      it(`gives ${format} of one, several and a batch`, async () => {
        const answers = [
          await get(service, '/api/v1/papers/2401.00001', { format }),
          await byIds('2401.00001,2401.00002,nope', { format }),
          await batch({ ids: ['2401.00001', '2401.00002', '2401.00003'] }, `?format=${format}`),
        ];
        assert.deepEqual(
          answers.map(({ body }) => body.match(entry)?.length),
          [1, 2, 3],
        );
        for (const { headers } of answers) {
          assert.match(String(headers['content-type']), type);
          assert.match(String(headers['content-disposition']), /^attachment; filename="quire\.\w+"$/);
        }
      });
    }

    it('keeps the format where an id leads on', async () => {
      const answer = await get(service, '/api/v1/papers/arXiv:2401.00001', { format: 'ris' });
      assert.equal(answer.statusCode, 301);
      assert.equal(answer.headers.location, '/api/v1/papers/2401.00001?format=ris');
    });

    it('runs no formula in a spreadsheet', async () => {
      const { body } = await byIds('hep-th/9901001', { format: 'csv' });
      assert.match(body, /"'=cmd\|x ""quoted"", and/);
    });
  });
});
