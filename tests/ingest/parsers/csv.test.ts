import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_ROW_LENGTH } from '../../../src/ingest/parsers/csv/rows.js';
import { collect } from '../read-fixture.js';

async function read(text: string | Uint8Array, options: Parameters<typeof collect>[1] = {}) {
  const result = await collect(text, { size: 65_536, ...options });
  return {
    ...result,
    papers: result.records.map(({ source: _, ...rest }) => rest),
    faults: result.problems.map(({ line, reason }) => `${line}: ${reason.slice(0, 40)}`),
  };
}

describe('tables as programs write them', () => {
  test('the seven names, quotes with commas, quotes and line breaks in them, a byte-order mark, CRLF', async () => {
    const { papers, problems, format, lines, records } = await read(
      `\ufefftitle,abstract,authors,date,url,venue,id
"Light Birds, and <i>heavy</i> ones","They say ""up"".
It goes on.

And it ends.",Ann Lee; Bob Ray,2020-05-17,https://example.org/1,Journal of Feathers,10.1000/AB.c
Heavy Birds,,,2021,,,arXiv:2401.01234v2
`.replaceAll('\n', '\r\n'),
    );
    assert.deepEqual([format, problems, lines, records[0]?.source], ['csv', [], [2, 6], 'csv']);
    assert.deepEqual(papers, [
      {
        title: 'Light Birds, and heavy ones',
        abstract: 'They say "up". It goes on.\n\nAnd it ends.',
        authors: ['Ann Lee', 'Bob Ray'],
        date: '2020-05-17',
        venue: 'Journal of Feathers',
        url: 'https://example.org/1',
        doi: '10.1000/ab.c',
      },
      { title: 'Heavy Birds', abstract: '', date: '2021', arxivId: '2401.01234', arxivVersion: 2 },
    ]);
  });

  test('semicolons, tabs, spaces around quotes, names in any case and order, unknown columns, empty ends', async () => {
    const wanted = [
      { title: 'Light; Birds', abstract: 'A\tB', date: '2020', upvotes: 3, arxivId: '2401.01230' },
    ].map((paper) => ({ ...paper, abstract: 'A B' }));
    for (const text of [
      'sep=;\nPublication Date;TITLE;Notes;Summary;Up Votes;upvotes;ArXiv ID\n2020;"Light; Birds";x;A  B;;3;2401.0123;;\n',
      '\n"Year" , "Summary" , "Title" , "upvotes" , "id"\n2020 , "A B" , "Light; Birds" , 3 , "2401.0123"\n\n',
      'year\ttitle\tsummary\tupvotes\tid\n2020\tLight; Birds\t"A\tB"\t3\t2401.0123\n',
    ]) {
      const { papers, problems, format } = await read(text);
      assert.deepEqual([format, problems], ['csv', []], text);
      assert.deepEqual(papers, wanted, text);
    }
  });

  test('lists as data frames write them', async () => {
    const { papers, problems } = await read(
      `id,title,authors,categories\n1706.03762,Birds,"['Ann Lee', ""Dan O'Brien"", 'Poe, Cy']","[""cs.CL"", ""cs.LG""]"\n`,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(papers[0]?.authors, ['Ann Lee', "Dan O'Brien", 'Cy Poe']);
    assert.deepEqual(papers[0]?.categories, ['cs.CL', 'cs.LG']);
  });

  test('the apostrophe in front of what a spreadsheet would run is taken off', async () => {
    const { titles } = await read("title,date\n'=Birds,2020\n''-Birds,2020\n'Tis a bird,2021\n");
    assert.deepEqual(titles, ['=Birds', "'-Birds", "'Tis a bird"]);
  });

  test('a header is told from ids, from text and from other files', async () => {
    const formatOf = async (text: string) => (await read(text)).format;
    assert.equal(await formatOf('id,title\n2401.00001,One\n2401.00002,Two\n'), 'csv');
    assert.equal(await formatOf('title,abstract\nOne,"\n@article{a, title={x}}\nTY  - JOUR\n"\n'), 'csv');
    assert.equal(await formatOf('2401.00001\n2401.00002\n'), 'ids');
    assert.equal(await formatOf('Title, Place and Time of Birds\nBirds fly.\n'), 'listing');
    assert.equal(await formatOf('Title\nBirds fly.\n'), 'listing');
  });
});

describe('what is broken', () => {
  test('rows with too many or too few cells, and what is no paper', async () => {
    const { titles, faults } = await read(
      'title,date,url\nOne,2020\nTwo,2021,,4\n,2022,\nFour,soon,\n,,\nFive,2023,\n',
    );
    assert.deepEqual(titles, ['Four', 'Five']);
    assert.deepEqual(
      faults,
      [
        '2: this row has 2 cells: expected 3, as in ',
        '3: this row has 4 cells: expected 3, as in ',
        '4: "title" is missing: expected a text',
        '5: "date" was ignored: expected YYYY, YYYY-',
      ].map((fault) => fault.slice(0, fault.indexOf(': ') + 42)),
    );
  });

  test('a lost quote costs its row alone, also where cells go over lines', async () => {
    const rows = [
      'One,"a\nb",2001',
      'Two,"lost,2002',
      'Three,"c\nd, e, f",2003',
      'Four,g,2004',
      'Five,"h\n\ni",2005',
    ];
    const { titles, faults } = await read(`title,abstract,date\n${rows.join('\n')}\n`);
    assert.deepEqual(titles, ['One', 'Three', 'Four', 'Five']);
    assert.deepEqual(faults, ["4: the quotes of this row don't fit (one is"]);
    // The quote that closes: what is quoted swallows the next row's first quote.
    const closing = await read(
      'title,abstract\n"One","a"\n"Two,"b"\n"Three","c"\n"Four","d\ne"\n"Five","f"\n',
    );
    assert.deepEqual(closing.titles, ['One', 'Three', 'Four', 'Five']);
    assert.deepEqual(closing.lines, [2, 3, 4, 5, 7]);
  });

  test('lines of a row that can’t be read are no rows and no further problems', async () => {
    const { titles, lines } = await read(
      'title,abstract,date\nOne,"a "b" c\nthen, more, prose\nand\nend",2001\nTwo,x,2002\n',
    );
    assert.deepEqual([titles, lines], [['Two'], [2, 6]]);
  });

  test('quotes inside cells that are not quoted', async () => {
    const { titles, problems } = await read(
      'title,date\nA 5" disk,2020\nThe "bird" way,2021\nA 3" disk,2022\n',
    );
    assert.deepEqual([titles, problems], [['A 5" disk', 'The "bird" way', 'A 3" disk'], []]);
    const tabs = await read('title\tdate\n"Birds" fly\t2020\n"Birds" fall "\t2021\n');
    assert.deepEqual([tabs.titles, tabs.problems], [['"Birds" fly', '"Birds" fall "'], []]);
  });

  test('a quote that never closes: what stands behind is read, in bounded memory', async () => {
    const row = `Bird,${'x'.repeat(1_000)},2020\n`;
    const count = Math.ceil((MAX_ROW_LENGTH * 3) / row.length);
    const { titles, faults } = await read(`title,abstract,date\nLost,"a,2020\n${row.repeat(count)}`);
    assert.deepEqual([titles.length, faults.length, faults[0]?.[0]], [count, 1, '2']);
    const short = await read('title,date\nOne,2020\n"Two,2021\nThree,2022');
    assert.deepEqual(
      [short.titles, short.lines],
      [
        ['One', 'Three'],
        [2, 3, 4],
      ],
    );
  });

  test('a first line that is no header, where the format is said', async () => {
    const { titles, faults } = await read('name,year\nOne,2020\n'.repeat(3), { format: 'csv' });
    assert.deepEqual([titles, faults], [[], ['1: this is no header with a title: expected']]);
    assert.deepEqual((await read('Title\nOne\n', { format: 'csv' })).titles, ['One']);
  });

  test('any text of quotes, delimiters and line breaks is read to its end, in linear time', async () => {
    const texts = fc.array(fc.constantFrom('"', '""', ',', '\n', '\r\n', 'a', '2', ' '), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(texts, async (parts) => {
        const whole = `title,date\n${parts.join('')}\nEnd,2020\nEnd,2021\n`;
        const { titles, lines } = await read(whole, { size: 13 });
        assert.ok(lines.every((line) => line >= 2 && line <= whole.split(/\r\n|\n/).length));
        assert.deepEqual(titles.slice(-2), ['End', 'End']);
      }),
    );
    for (const piece of ['"\n', 'a,"\n', '"a\n""\n', '"', '\n', ',', 'a"b,2\n']) {
      const started = performance.now();
      await read(`title,date\n${piece.repeat(5_000)}`);
      assert.ok(performance.now() - started < 15_000, JSON.stringify(piece));
    }
  });
});
