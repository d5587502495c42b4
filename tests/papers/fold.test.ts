import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { foldTitle, shortHash, titleKey } from '../../src/papers/fold.js';

describe('foldTitle', () => {
  const same: [string, ...string[]][] = [
    [
      'Attention Is All You Need',
      'attention is all you need',
      'ATTENTION  IS ALL\u00a0YOU NEED',
      'Attention is all you need.',
    ],
    ['Multi-Task Learning', 'Multitask learning', 'Multi–Task Learning', 'Multi\u2010task learning'],
    [
      '$\\alpha$-Divergence Bounds',
      'α-divergence bounds',
      'alpha-Divergence Bounds',
      '\\alpha-divergence bounds',
    ],
    ['Learning in $\\mathcal{O}(n)$ Time', 'Learning in mathcal{O}(n) time', 'Learning in O(n) Time'],
    ["Poincar\\'e Embeddings", 'Poincaré embeddings', 'Poincare\u0301 Embeddings', 'Poincare Embeddings'],
    ['G\\"{o}del Machines', 'Gödel machines', 'Godel Machines'],
    ['<i>L<sub>p</sub></i> Testing', 'L_p Testing', 'Lp testing'],
    ['Search &amp; Rescue', 'Search & Rescue', 'Search and Rescue'],
    ['The \\textbf{Best} Model', 'The Best Model'],
    ['ﬁne-tuning', 'Fine-Tuning'],
    ['Über Straßen', 'Uber Strassen'],
    ['“Quoted” Titles', '"Quoted" titles', "'Quoted' Titles"],
  ];
  for (const [first, ...others] of same) {
    it(`takes the spellings of ${JSON.stringify(first)} for one`, () => {
      for (const other of others) assert.equal(foldTitle(other), foldTitle(first), other);
    });
  }

  const different: [string, string][] = [
    ['Learning C', 'Learning C++'],
    ['Learning C', 'Learning C#'],
    ['GPT-3', 'GPT-4'],
    ['注意力机制', '图神经网络'],
    ['Learning with α', 'Learning with β'],
  ];
  for (const [a, b] of different) {
    it(`tells ${a} from ${b}`, () => assert.notEqual(foldTitle(a), foldTitle(b)));
  }

  it('is idempotent and leaves letters and digits alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (title) => {
        const folded = foldTitle(title);
        assert.equal(foldTitle(folded), folded);
        assert.match(folded, /^[\p{L}\p{N}]*$/u);
      }),
    );
  });

  it('takes time in proportion to the length', () => {
    for (const unit of ['<a ', '\\text', '{', '&', '\\"', '$\\mathcal{']) {
      const started = performance.now();
      foldTitle(unit.repeat(20_000));
      assert.ok(performance.now() - started < 1_000, unit);
    }
  });
});

describe('titleKey', () => {
  it('has 26 characters, also for a title without letters', () => {
    for (const title of ['a', '***', '？', 'x'.repeat(10_000)])
      assert.match(titleKey(title), /^[0-9a-v]{26}$/);
    assert.notEqual(titleKey('***'), titleKey('###'));
  });

  it('hashes evenly', () => {
    const seen = new Set(Array.from({ length: 10_000 }, (_, at) => shortHash(String(at), 8)));
    assert.equal(seen.size, 10_000);
  });
});
