import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseJsonPaper } from '../../../src/ingest/parsers/jsonl.js';
import type { PaperRecord } from '../../../src/papers/paper.js';

function parse(value: unknown): { record: PaperRecord | undefined; reasons: string[] } {
  const entries = parseJsonPaper(typeof value === 'string' ? value : JSON.stringify(value), 3);
  const paper = entries.find((entry) => entry.kind === 'paper');
  const reasons = entries.flatMap((entry) => (entry.kind === 'problem' ? [entry.problem.reason] : []));
  for (const entry of entries) assert.equal(entry.kind === 'paper' ? entry.line : entry.problem.line, 3);
  return { record: paper?.kind === 'paper' ? paper.record : undefined, reasons };
}

/** The record's other fields, without a problem. */
function fields(value: object): Partial<PaperRecord> {
  const { record, reasons } = parse({ title: 'T', ...value });
  assert.deepEqual(reasons, []);
  const { source: _source, title: _title, abstract: _abstract, ...rest } = record ?? {};
  return rest;
}

describe('a paper', () => {
  test('all fields', () => {
    const { record, reasons } = parse({
      title: '<i>L<sub>p</sub></i>  Testing &amp; Learning\u0000',
      abstract: 'One.\r\n\r\nTwo\nlines.',
      authors: ['Ann Lee', 'Bob Ray'],
      author_count: 2,
      date: '2024-03',
      venue: 'Proc. of Birds',
      url: 'https://birds.example/paper 1',
      arxiv_id: 'arXiv:2403.01234v2',
      doi: 'https://doi.org/10.1000/ABC',
      categories: 'cs.LG cs.AI cs.LG',
      upvotes: 12,
      num_comments: '3',
      githubStars: 3_290,
      citationCount: 0,
      updated: '2024-05-01T10:00:00Z',
      keywords: 'ignored',
      whatever: { nested: true },
    });
    assert.deepEqual(reasons, []);
    assert.deepEqual(record, {
      source: 'jsonl',
      title: 'Lp Testing & Learning',
      abstract: 'One.\n\nTwo lines.',
      arxivId: '2403.01234',
      arxivVersion: 2,
      doi: '10.1000/abc',
      authors: ['Ann Lee', 'Bob Ray'],
      authorCount: 2,
      date: '2024-03',
      venue: 'Proc. of Birds',
      url: 'https://birds.example/paper%201',
      categories: ['cs.LG', 'cs.AI'],
      upvotes: 12,
      comments: 3,
      stars: 3_290,
      citations: 0,
      asOf: '2024-05-01',
    });
  });

  test('a title alone is enough; empty and null are as good as absent', () => {
    assert.deepEqual(parse({ title: 'Alone' }), {
      record: { source: 'jsonl', title: 'Alone', abstract: '' },
      reasons: [],
    });
    assert.deepEqual(
      fields({ abstract: null, authors: [], date: '', venue: ' ', url: null, categories: '', doi: '' }),
      {},
    );
  });

  test('aliases', () => {
    assert.equal(parse({ title: 'T', summary: 'S' }).record?.abstract, 'S');
    for (const key of ['date', 'published', 'publication_date', 'publishedAt', 'year'])
      assert.deepEqual(fields({ [key]: '2021' }), { date: '2021' });
    assert.deepEqual(fields({ year: 2021 }), { date: '2021' });
  });

  test('ids: keys that name their kind, any spelling in id, the URL', () => {
    assert.deepEqual(fields({ id: '2401.01234v3' }), { arxivId: '2401.01234', arxivVersion: 3 });
    assert.deepEqual(fields({ id: 'https://arxiv.org/abs/hep-th/9901001' }), { arxivId: 'hep-th/9901001' });
    assert.deepEqual(fields({ id: 'doi:10.1000/182' }), { doi: '10.1000/182' });
    assert.deepEqual(fields({ doi: '10.48550/arXiv.2401.01234' }), { arxivId: '2401.01234' });
    assert.deepEqual(fields({ id: 'W2741809807' }), {});
    assert.deepEqual(fields({ id: 12345 }), {});
    assert.equal(fields({ url: 'https://huggingface.co/papers/2401.01234' }).arxivId, '2401.01234');
    assert.equal(fields({ url: 'https://doi.org/10.1000/182' }).doi, '10.1000/182');
    assert.equal(
      fields({ arxiv_id: '2401.00001', url: 'https://arxiv.org/abs/2402.00002' }).arxivId,
      '2401.00001',
    );
    assert.equal(fields({ doi: '10.1000/first, 10.1000/second' }).doi, '10.1000/first');
  });

  test('arXiv ids that a data frame took for numbers', () => {
    const id = (arxiv_id: unknown): string | undefined => fields({ arxiv_id }).arxivId;
    assert.equal(id('1809.0701399999998'), '1809.07014');
    assert.equal(id('1511.0655800000002'), '1511.06558');
    assert.equal(id('709.4273'), '0709.4273');
    assert.equal(id('805.02'), '0805.0200');
    assert.equal(id(2401.0123), '2401.01230');
    assert.deepEqual(fields({ url: 'https://arxiv.org/abs/1809.0701399999998' }), {
      arxivId: '1809.07014',
      url: 'https://arxiv.org/abs/1809.07014',
    });
  });

  test('authors in the forms people write', () => {
    for (const [given, wanted] of [
      [
        [{ name: 'Ann Lee' }, { given: 'Bob', family: 'Ray' }],
        ['Ann Lee', 'Bob Ray'],
      ],
      ['Lee, Ann; Ray, Bob', ['Ann Lee', 'Bob Ray']],
      ['Ann Lee; Bob Ray', ['Ann Lee', 'Bob Ray']],
      ['Lee, Ann and Ray, Bob and van der Berg, Cy', ['Ann Lee', 'Bob Ray', 'Cy van der Berg']],
      ['Ruiz Ray, Ann and Lee, Bob and Dee, Cy', ['Ann Ruiz Ray', 'Bob Lee', 'Cy Dee']],
      ['Ann Lee, Bob Ray and Cy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee']],
      ['Ann Lee, Bob Ray, and Cy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee']],
      ['Ann Lee and Bob Ray', ['Ann Lee', 'Bob Ray']],
      ['Ann Lee, Bob Ray and Cy Dee, Dan Poe', ['Ann Lee', 'Bob Ray', 'Cy Dee', 'Dan Poe']],
      ['Ann Lee', ['Ann Lee']],
      ['Lee, Ann', ['Ann Lee']],
      ['Lee, Ann and Ray, Bob', ['Ann Lee', 'Bob Ray']],
    ] as const)
      assert.deepEqual(fields({ authors: given }).authors, wanted, JSON.stringify(given));
  });

  test('what is wrong in a field costs the field, and is said', () => {
    for (const [value, reason] of [
      [{ date: 'soon' }, /"date" was ignored: expected YYYY, .* found "soon"/],
      [{ url: 'javascript:alert(1)' }, /"url" was ignored: expected an http or https URL/],
      [{ authors: 7 }, /"authors" was ignored/],
      [{ authors: [1] }, /"authors" was ignored/],
      [{ author_count: -1 }, /"author_count" was ignored: expected a whole number/],
      [{ upvotes: 1.5 }, /"upvotes" was ignored/],
      [{ citation_count: -1 }, /"citation_count" was ignored/],
      [{ upvotes: 'many' }, /"upvotes" was ignored/],
      [{ doi: 'nonsense' }, /"doi" was ignored: expected a DOI/],
      [{ arxiv_id: 'nonsense' }, /"arxiv_id" was ignored: expected an arXiv id/],
      [{ categories: { a: 1 } }, /"categories" was ignored/],
      [{ venue: 3 }, /"venue" was ignored: expected a text/],
      [{ abstract: ['a'] }, /"abstract" was ignored: expected a text/],
    ] as const) {
      const { record, reasons } = parse({ title: 'T', ...value });
      assert.deepEqual(record, { source: 'jsonl', title: 'T', abstract: '' });
      assert.equal(reasons.length, 1);
      assert.match(reasons[0] ?? '', reason);
    }
    // The next alias helps out.
    assert.equal(parse({ title: 'T', date: 'soon', year: 2020 }).record?.date, '2020');
    // arXiv's own files have remarks under this key.
    assert.deepEqual(fields({ comments: '12 pages, 3 figures' }), {});
  });

  test('bounds: a title of 1,000 characters, an abstract of 50,000, 10,000 authors', () => {
    const { record, reasons } = parse({
      title: 'word '.repeat(400),
      abstract: 'word '.repeat(20_000),
      authors: Array.from({ length: 10_001 }, (_, index) => `Author ${index}`),
    });
    assert.ok(record && record.title.length <= 1_000 && record.abstract.length <= 50_000);
    assert.equal(record.authors?.length, 10_000);
    assert.equal(reasons.length, 3);
  });
});

describe('no paper', () => {
  test('says what was expected', () => {
    for (const [text, reason] of [
      ['{"title": "cut off', /not valid JSON/],
      ["{'title': 'x'}", /not valid JSON/],
      ['[1]', /expected a JSON object with a title, found an array/],
      ['"text"', /found a string/],
      ['null', /found null/],
      ['{}', /"title" is missing/],
      ['{"title": ""}', /"title" is missing/],
      ['{"title": 5}', /"title" must be a text, found a number/],
      ['{"title": "\\u200b\\u0000"}', /no visible characters/],
    ] as const) {
      const { record, reasons } = parse(text);
      assert.equal(record, undefined);
      assert.equal(reasons.length, 1);
      assert.match(reasons[0] ?? '', reason);
    }
  });

  test('any JSON value gives an answer', () => {
    const titled = fc.record({ title: fc.string({ unit: 'binary' }) });
    const keys = fc.constantFrom(
      'abstract',
      'authors',
      'date',
      'url',
      'id',
      'doi',
      'arxiv_id',
      'categories',
      'upvotes',
      'updated',
    );
    fc.assert(
      fc.property(titled, fc.dictionary(keys, fc.jsonValue()), (base, rest) => {
        const { record } = parse({ ...rest, ...base });
        if (!record) return;
        assert.ok(record.title !== '' && !record.title.includes('\u0000'));
        assert.equal(Buffer.from(record.title).toString(), record.title);
        for (const value of Object.values(record)) assert.notEqual(value, undefined);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
