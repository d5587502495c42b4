import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toBibtex } from '../../../src/papers/export/bibtex.js';
import { citationKeys } from '../../../src/papers/export/citation-key.js';
import type { Paper } from '../../../src/papers/paper.js';
import { storedPaper } from '../../support/papers.js';

function field(fields: Partial<Paper>, name: string): string | undefined {
  return new RegExp(`^  ${name} = (.*),$`, 'm').exec(toBibtex([storedPaper(fields)]))?.[1];
}

/** Reads braces as BibTeX does, escaped ones too; the texts of the entries. */
function entriesOf(file: string): string[] {
  const entries: string[] = [];
  let depth = 0;
  let start = 0;
  for (const [at, sign] of [...file].entries()) {
    if (sign === '{') depth += 1;
    if (sign === '}') depth -= 1;
    assert.ok(depth >= 0, `a brace too many at ${at}`);
    if (sign === '}' && depth === 0) {
      entries.push([...file].slice(start, at + 1).join(''));
      start = at + 1;
    }
  }
  assert.equal(depth, 0, 'a brace is open at the end');
  return entries;
}

describe('toBibtex', () => {
  it('writes everything that is known', () => {
    const paper = storedPaper({
      title: 'The Speed of Bees',
      abstract: 'Bees are fast.\n\nWe say how.',
      authors: ['Zoë van der Berg', 'John Doe Jr.', 'The Bee Collaboration', 'Plato'],
      date: '2024-03-01',
      venue: 'Journal of Bees & Wasps',
      url: 'https://example.org/a_b?c=%7B',
      doi: '10.1000/bee_1',
      arxivId: '2403.00001',
      categories: ['q-bio.PE', 'cs.LG'],
    });
    assert.equal(
      toBibtex([paper]),
      `@article{vanderberg2024speed,
  title = {{The Speed of Bees}},
  author = {van der Berg, Zoë and Doe, Jr., John and {The Bee Collaboration} and Plato},
  year = {2024},
  month = mar,
  journal = {Journal of Bees \\& Wasps},
  eprint = {2403.00001},
  archivePrefix = {arXiv},
  primaryClass = {q-bio.PE},
  doi = {10.1000/bee_1},
  url = {https://example.org/a_b?c=%7B},
  keywords = {q-bio.PE, cs.LG},
  abstract = {Bees are fast. We say how.},
}
`,
    );
  });

  it('leaves out what is not known', () => {
    assert.equal(toBibtex([storedPaper()]), '@misc{anontitle,\n  title = {{A Title}},\n}\n');
    assert.equal(toBibtex([]), '');
    assert.equal(field({ date: '2024' }, 'month'), undefined);
    assert.equal(field({ date: '2024-12' }, 'month'), 'dec');
  });

  const types: [venue: string | null, start: string, place: string | undefined][] = [
    ['Transactions on Invented Systems', '@article', 'journal'],
    ['Proceedings of the National Academy of Sciences', '@article', 'journal'],
    ['Nature', '@article', 'journal'],
    ['Proceedings of the 3rd Workshop on Bees', '@inproceedings', 'booktitle'],
    ['NeurIPS 2023 (Poster)', '@inproceedings', 'booktitle'],
    ['Actes de la 5e conférence inventée', '@inproceedings', 'booktitle'],
    ['ICML', '@inproceedings', 'booktitle'],
    ['arXiv cs.CL', '@misc', 'howpublished'],
    [null, '@misc', undefined],
  ];
  for (const [venue, start, place] of types) {
    it(`takes ${venue ?? 'no venue'} for ${start}`, () => {
      const file = toBibtex([storedPaper({ venue, arxivId: '2403.00001' })]);
      assert.ok(file.startsWith(`${start}{`), file);
      assert.equal(/^ {2}(journal|booktitle|howpublished) =/m.exec(file)?.[1], place);
    });
  }

  const titles: [typed: string, written: string][] = [
    ['50% & more: C# in a_b', '50\\% \\& more: C\\# in a\\_b'],
    ['$\\mathcal{O}(n_1)$ bounds', '$\\mathcal{O}(n_1)$ bounds'],
    ['From $5 to $10', 'From \\$5 to \\$10'],
    ['\\(x_1\\) and \\[y^2\\]', '\\(x_1\\) and \\[y^2\\]'],
    ['$\\{0,1\\}^n$ codes', '$\\{0,1\\}^n$ codes'],
    ['$\\left\\{x_1\\right.$', '$\\left\\lbrace x_1\\right.$'],
    ['$[0, 1\\}$ sets', '$[0, 1\\rbrace $ sets'],
    ['$a{b$ is broken', '\\$a\\textbraceleft{}b\\$ is broken'],
    ['$10%_x$', '$10\\%_x$'],
    ['a } b { c', 'a \\textbraceright{} b \\textbraceleft{} c'],
    ['~user ^ C:\\new', '\\textasciitilde{}user \\textasciicircum{} C:\\textbackslash{}new'],
    ['Poincar\\\'e and G\\"{o}del', 'Poincar\\\'e and G\\"{o}del'],
    ['Erd{\\"o}s formul{\\ae} {\\em a_b}', 'Erd{\\"o}s formul{\\ae} {\\em a\\_b}'],
    ['<p> | q', '\\textless{}p\\textgreater{} \\textbar{} q'],
    ['Already 5\\% \\emph{very_well}', 'Already 5\\% \\emph{very\\_well}'],
    ['über 注意力 “quoted”', 'über 注意力 “quoted”'],
  ];
  for (const [typed, written] of titles) {
    it(`writes the title ${typed}`, () => assert.equal(field({ title: typed }, 'title'), `{{${written}}}`));
  }

  it('keeps names together that would read as two, or as et al.', () => {
    const authors = ['A. One and B. Two', 'others', 'Brace } Brace'];
    assert.equal(
      field({ authors }, 'author'),
      '{{A. One and B. Two} and {others} and Brace, Brace \\textbraceright{}}',
    );
  });

  it('gives a file with balanced braces for any texts', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({ unit: fc.constantFrom('{', '}', '\\', '$', '%', '@', ',', '"', ' ', 'a', '(', ')', '\n') }),
    );
    const paper = fc.record({ title: text, abstract: text, venue: text, url: text, doi: text, name: text });
    fc.assert(
      fc.property(fc.array(paper, { maxLength: 5 }), (papers) => {
        const file = toBibtex(
          papers.map(({ name, ...fields }) =>
            storedPaper({ ...fields, authors: [name], categories: [name] }),
          ),
        );
        const entries = entriesOf(file);
        assert.equal(entries.length, papers.length);
        for (const entry of entries) assert.match(entry, /^\s*@[a-z]+\{[a-z0-9]+,\n/);
      }),
    );
  });
});

describe('citationKeys', () => {
  const paper = (id: string, fields: Partial<Paper> = {}) =>
    storedPaper({ id, title: 'On the Flight of Bees', authors: ['Øyvind Łoś'], date: '2024', ...fields });

  it('takes family name, year and the first word that says something', () => {
    assert.deepEqual(citationKeys([paper('1')]), ['los2024flight']);
    assert.deepEqual(citationKeys([paper('1', { title: '$\\mathcal{O}(n)$-Time “Sorting”' })]), ['los2024o']);
    assert.deepEqual(citationKeys([paper('1', { title: 'The', date: null })]), ['losthe']);
  });

  it('has a key for names and titles without Latin letters', () => {
    assert.deepEqual(citationKeys([paper('2401.01234', { title: '注意力', authors: ['王小明'] })]), [
      'paper240101234',
    ]);
  });

  it('numbers equal keys by id, whatever the order of the papers', () => {
    assert.deepEqual(citationKeys([paper('2'), paper('1'), paper('3', { date: '2023' })]), [
      'los2024flightb',
      'los2024flighta',
      'los2023flight',
    ]);
  });

  it('never gives a key twice', () => {
    const titles = fc.constantFrom('B', 'Ba', 'Bb', 'Baa', 'The', '注');
    fc.assert(
      fc.property(fc.array(titles, { maxLength: 80 }), (list) => {
        const keys = citationKeys(list.map((title, at) => paper(String(at % 40), { title })));
        assert.equal(new Set(keys).size, list.length);
      }),
    );
  });
});
