import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseCslItem } from '../../../src/ingest/parsers/csl.js';
import { collect } from '../read-fixture.js';

const zotero = {
  id: 'http://zotero.org/users/1/items/AB',
  type: 'article-journal',
  abstract: 'It begins <i>here</i>.',
  'container-title': 'Journal of Feathers',
  DOI: '10.1000/AB.c',
  URL: 'https://example.org/1',
  title: 'Light <span class="nocase">Birds</span>',
  author: [
    { family: 'Berg', given: 'Jan', 'non-dropping-particle': 'van der', suffix: 'Jr.' },
    { literal: 'The Feather Collaboration' },
  ],
  issued: { 'date-parts': [['2020', 5, 17]] },
};

async function one(item: object) {
  const { records, problems } = await collect(JSON.stringify([item]), { format: 'csl' });
  return { ...records[0], problems };
}

describe('CSL JSON', () => {
  test('an export of Zotero, told from JSON lines by its keys', async () => {
    const { records, problems, format, lines } = await collect(JSON.stringify([zotero], null, 2), {
      size: 99,
    });
    assert.deepEqual([format, problems, lines], ['csl', [], [2]]);
    assert.deepEqual(records, [
      {
        source: 'csl',
        title: 'Light Birds',
        abstract: 'It begins here.',
        doi: '10.1000/ab.c',
        authors: ['Jan van der Berg Jr.', 'The Feather Collaboration'],
        date: '2020-05-17',
        venue: 'Journal of Feathers',
        url: 'https://example.org/1',
      },
    ]);
  });

  test('JSON lines stay JSON lines, also where an abstract speaks of CSL', async () => {
    const text = JSON.stringify({
      title: 'Birds',
      authors: [{ family: 'Lee' }],
      abstract: '"container-title": "issued": {',
    });
    const { records, format } = await collect(text);
    assert.deepEqual([format, records[0]?.source, records[0]?.authors], ['jsonl', 'jsonl', ['Lee']]);
  });

  test('dates: numbers, texts, years alone, what people typed', async () => {
    for (const [issued, wanted] of [
      [{ 'date-parts': [[2020]] }, '2020'],
      [{ 'date-parts': [['2020', '5']] }, '2020-05'],
      [{ 'date-parts': [[null]], raw: '2020-05' }, '2020-05'],
      [{ literal: 'May 2020' }, '2020-05'],
      [null, undefined],
    ] as const) {
      const { date, problems } = await one({ title: 'Birds', issued });
      assert.deepEqual([date, problems], [wanted, []]);
    }
    assert.match(
      (await one({ title: 'Birds', issued: { raw: 'soon' } })).problems[0]!.reason,
      /"date".*soon/,
    );
  });

  test('arXiv ids from number, note, archive and URL; arXiv is no venue', async () => {
    for (const item of [
      { number: 'arXiv:1706.03762', 'container-title': 'arXiv' },
      { note: 'arXiv:1706.03762 [cs]' },
      { archive: 'arXiv', archive_location: '1706.03762' },
      { URL: 'http://arxiv.org/abs/1706.03762' },
      { DOI: '10.48550/arXiv.1706.03762' },
    ]) {
      const { arxivId, venue, problems } = await one({ title: 'Birds', ...item });
      assert.deepEqual([arxivId, venue, problems], ['1706.03762', undefined, []]);
    }
  });

  test('items without a title, names that are none', async () => {
    const { titles, problems } = await collect(
      `[{"author": [], "issued": {}},\n{"title": "Two", "author": [7]}]`,
    );
    assert.deepEqual(titles, ['Two']);
    assert.deepEqual(
      problems.map(({ line, reason }) => [line, /"(?:title|authors)"/.test(reason)]),
      [
        [1, true],
        [2, true],
      ],
    );
  });

  test('any object gives an answer', () => {
    const key = fc.constantFrom(...Object.keys(zotero), 'number', 'note', 'archive', 'authors', 'date');
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (item) => {
        assert.ok(parseCslItem(JSON.stringify(item), 1).length > 0);
      }),
      { seed: 20250615, numRuns: 500 },
    );
  });
});
