import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toCsv } from '../../../src/papers/export/csv.js';
import { exportFormatNames, exportFormats } from '../../../src/papers/export/formats.js';
import { storedPaper } from '../../support/papers.js';

/** RFC 4180, letter by letter. */
function rowsOf(file: string): string[][] {
  assert.equal(file[0], '\ufeff');
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  field.lastIndex = 1;
  while (field.lastIndex < file.length) {
    const at = field.lastIndex;
    const match = field.exec(file);
    assert.ok(match, `no field at ${at}: ${file.slice(at, at + 20)}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  assert.deepEqual(row, []);
  return rows;
}

/** Takes the guard of formulas off. */
const bare = (value: string) => (/^'+(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/.test(value) ? value.slice(1) : value);

describe('toCsv', () => {
  it('writes a header and a row a paper', () => {
    const paper = storedPaper({
      id: '2401.01230',
      arxivId: '2401.01230',
      title: 'Bees, "Wasps"',
      authors: ['Ada One', 'Bo Two'],
      date: '2024-01',
      abstract: 'One.\n\nTwo.',
      categories: ['cs.LG', 'q-bio.PE'],
    });
    assert.equal(
      toCsv([paper]),
      '\ufeffid,title,authors,date,venue,doi,arxiv_id,url,categories,abstract\r\n' +
        'arXiv:2401.01230,"Bees, ""Wasps""",Ada One; Bo Two,2024-01,,,arXiv:2401.01230,' +
        'https://arxiv.org/abs/2401.01230,cs.LG; q-bio.PE,"One.\n\nTwo."\r\n',
    );
    assert.equal(rowsOf(toCsv([])).length, 1);
  });

  it('lets no value be a formula', () => {
    for (const title of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', "'=1"]) {
      const value = rowsOf(toCsv([storedPaper({ title })]))[1]![1];
      assert.equal(value, `'${title}`);
    }
    for (const title of ['a=b', 'T5-small', "'quoted'", '1-2'])
      assert.equal(rowsOf(toCsv([storedPaper({ title })]))[1]![1], title);
  });

  it('gives every text back', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', '=', '-', "'", '\t', ' ', 'a') }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, text)), (papers) => {
        const file = toCsv(papers.map(([title, abstract, venue]) => storedPaper({ title, abstract, venue })));
        const [, ...rows] = rowsOf(file);
        assert.deepEqual(
          rows.map((row) => [row[1]!, row[9]!, row[4]!].map(bare)),
          papers,
        );
      }),
    );
  });
});

describe('exportFormats', () => {
  it('writes each of its names', () => {
    for (const name of exportFormatNames) {
      const { contentType, extension, write } = exportFormats[name];
      assert.match(contentType, /; charset=utf-8/);
      assert.match(extension, /^[a-z]{3}$/);
      assert.ok(write([storedPaper({ title: 'Unmistakable' })]).includes('Unmistakable'));
    }
  });
});
