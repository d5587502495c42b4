import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../read-fixture.js';

async function read(text: string) {
  const result = await collect(text, { size: 65_536 });
  return { ...result, papers: result.records.map(({ source: _, ...rest }) => rest) };
}

describe('records as programs write them', () => {
  test('Zotero', async () => {
    const { papers, problems, format, lines } = await read(
      `\ufeffTY  - JOUR
TI  - Light Birds &amp; <i>heavy</i> ones
AU  - Lee, Ann
AU  - Ray, Bob, Jr.
AU  - The Feather Collaboration
T2  - Journal of Feathers
AB  - It begins.
It goes on.

And it ends - here.
DA  - 2020/05/17/
PY  - 2020
DO  - 10.1000/AB.c
UR  - https://example.org/1
J2  - J. Feath.
KW  - birds
ER  - 

TY  - GEN
TI  - Heavy Birds
AU  - Poe, Dan
DA  - 2021/06//
PY  - 2021
PB  - arXiv
M1  - arXiv:2401.01234
ER  - 
`.replaceAll('\n', '\r\n'),
    );
    assert.deepEqual([format, problems, lines], ['ris', [], [1, 19]]);
    assert.deepEqual(papers, [
      {
        title: 'Light Birds & heavy ones',
        abstract: 'It begins. It goes on.\n\nAnd it ends - here.',
        authors: ['Ann Lee', 'Bob Ray Jr.', 'The Feather Collaboration'],
        date: '2020-05-17',
        venue: 'Journal of Feathers',
        url: 'https://example.org/1',
        doi: '10.1000/ab.c',
      },
      { title: 'Heavy Birds', abstract: '', authors: ['Dan Poe'], date: '2021-06', arxivId: '2401.01234' },
    ]);
  });

  test('old tags, a season, a title over two lines, furniture of databases, one space before the hyphen', async () => {
    const { papers, problems, format } = await read(
      `Provider: A database
Content: text/plain; charset="UTF-8"


TY - CONF
ID - 7
T1 - Light
  Birds
A1 - Lee, Ann
JF - Proceedings on Birds
Y1 - 2019///Spring
N2 - We use
AI - based methods.
UR - http://arxiv.org/abs/1706.03762v2 https://example.org
ER -
2.
TY  - JOUR
TI  - Heavy Birds
PY  - 2018/03/04/
DO  - https://doi.org/10.1000/xyz
ER  -
`,
    );
    assert.deepEqual([format, problems], ['ris', []]);
    assert.deepEqual(papers, [
      {
        title: 'Light Birds',
        abstract: 'We use AI - based methods.',
        authors: ['Ann Lee'],
        date: '2019',
        venue: 'Proceedings on Birds',
        url: 'http://arxiv.org/abs/1706.03762v2',
        arxivId: '1706.03762',
        arxivVersion: 2,
      },
      { title: 'Heavy Birds', abstract: '', date: '2018-03-04', doi: '10.1000/xyz' },
    ]);
  });

  test('an id in a note is the paper’s own only where it stands alone', async () => {
    const ided = async (line: string): Promise<string | undefined> =>
      (await read(`TY  - JOUR\nTI  - Birds\n${line}\nER  - \n`)).papers[0]?.arxivId;
    assert.equal(await ided('N1  - arXiv:1706.03762 [cs.CL]'), '1706.03762');
    assert.equal(await ided('JO  - arXiv preprint arXiv:1706.03762'), '1706.03762');
    assert.equal(await ided('N1  - It extends arXiv:1706.03762'), undefined);
  });

  test('the day counts where it is of the same year', async () => {
    const dated = async (lines: string): Promise<string | undefined> =>
      (await read(`TY  - JOUR\nTI  - Birds\n${lines}\nER  - \n`)).papers[0]?.date;
    assert.equal(await dated('PY  - 2020\nDA  - 2020/11/02/'), '2020-11-02');
    assert.equal(await dated('PY  - 2020\nDA  - 2023/11/02/'), '2020');
    assert.equal(await dated('DA  - 2 November 2020'), '2020-11-02');
    assert.equal(await dated('Y1  - 2020/11//'), '2020-11');
  });
});

describe('what is broken', () => {
  test('costs no other record', async () => {
    const { titles, problems } = await read(
      `TY  - JOUR
TI  - One
TY  - JOUR
AB  - no title here
ER  - 
lost
and found
TY  - JOUR
TI  - Three
PY  - soon
ER  - 
TY  - JOUR
TI  - Four
`,
    );
    assert.deepEqual(titles, ['One', 'Three', 'Four']);
    assert.deepEqual(
      problems.map(({ line }) => line),
      [1, 3, 6, 8, 12],
    );
    for (const [index, reason] of [
      /no ER line/,
      /"title" is missing/,
      /outside of a record/,
      /"date".*soon/,
      /ends before/,
    ].entries())
      assert.match(problems[index]!.reason, reason);
  });

  test('any text before a record leaves it readable, with its line', async () => {
    const part = fc.oneof(
      fc.constantFrom(
        '\n',
        'TY  - JOUR\n',
        'ER  - \n',
        'TI  - ',
        'AB  - ',
        'PY  - 20',
        'UR  - ',
        'DO  - 10.',
        '  - ',
      ),
      fc.string({ maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 30 }), async (parts) => {
        const before = `${parts.join('').replace(/\r/g, ' ')}\n`;
        const { records, lines } = await collect(`${before}TY  - JOUR\nTI  - The Last Bird\nER  - \n`, {
          format: 'ris',
        });
        assert.equal(records.at(-1)?.title, 'The Last Bird');
        assert.ok(lines.includes(before.split('\n').length), before);
      }),
      { seed: 20250615, numRuns: 300 },
    );
  });
});
