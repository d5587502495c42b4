import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toRis } from '../../../src/papers/export/ris.js';
import { storedPaper } from '../../support/papers.js';

const lines = (file: string) => file.split('\r\n');

describe('toRis', () => {
  it('writes everything that is known', () => {
    const paper = storedPaper({
      title: 'The Speed of Bees',
      abstract: 'Bees are fast.\n\nWe say how.',
      authors: ['Zoë van der Berg', 'John Doe Jr.', 'Bees, Wasps, Ants, Flies', 'Plato'],
      date: '2024-03-01',
      venue: 'Journal of Bees*',
      doi: '10.1000/bee_1',
      arxivId: '2403.00001',
      categories: ['q-bio.PE', 'cs.LG'],
    });
    assert.deepEqual(lines(toRis([paper])), [
      'TY  - JOUR',
      'TI  - The Speed of Bees',
      'AU  - van der Berg, Zoë',
      'AU  - Doe, John, Jr.',
      'AU  - Bees Wasps Ants Flies',
      'AU  - Plato',
      'PY  - 2024',
      'DA  - 2024/03/01/',
      'JO  - Journal of Bees',
      'T2  - Journal of Bees',
      'DO  - 10.1000/bee_1',
      'AN  - arXiv:2403.00001',
      'UR  - https://arxiv.org/abs/2403.00001',
      'KW  - q-bio.PE',
      'KW  - cs.LG',
      'AB  - Bees are fast. We say how.',
      'ER  - ',
      '',
    ]);
  });

  it('tells the kinds apart', () => {
    const type = (venue: string | null, arxivId: string | null) =>
      lines(toRis([storedPaper({ venue, arxivId })]))[0];
    assert.equal(type('Workshop on Bees', null), 'TY  - CONF');
    assert.equal(type(null, '2403.00001'), 'TY  - UNPB');
    assert.equal(type('arXiv cs.CL', '2403.00001'), 'TY  - UNPB');
    assert.equal(type(null, null), 'TY  - GEN');
  });

  it('keeps the slashes of partial dates', () => {
    for (const [date, written] of [
      ['2024', '2024///'],
      ['2024-03', '2024/03//'],
    ] as const)
      assert.ok(lines(toRis([storedPaper({ date })])).includes(`DA  - ${written}`));
  });

  it('has nothing but tagged lines for any texts', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: fc.constantFrom('\r', '\n', '\u2028', '\f', '\x85', ',', '*', ' ', 'a', 'ER  - ') }),
    );
    const paper = fc.record({ title: text, abstract: text, venue: text, url: text, doi: text, name: text });
    fc.assert(
      fc.property(fc.array(paper, { maxLength: 5 }), (papers) => {
        const file = toRis(
          papers.map(({ name, ...fields }) =>
            storedPaper({ ...fields, authors: [name], categories: [name] }),
          ),
        );
        assert.ok(papers.length === 0 || file.endsWith('\r\n'));
        // Stricter than any reader: every control character ends a line.
        const found = file.split(/\r\n|[\p{Cc}\u2028\u2029]/u).slice(0, -1);
        for (const line of found) assert.match(line, /^(?:ER {2}- |(?!ER)[A-Z][A-Z0-9] {2}- \S.*)$/u);
        assert.equal(found.filter((line) => line.startsWith('TY')).length, papers.length);
        assert.equal(found.filter((line) => line.startsWith('ER')).length, papers.length);
      }),
    );
  });
});
