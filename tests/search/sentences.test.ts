import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { splitSentences } from '../../src/search/text/sentences.js';
import { cpuMs } from '../support/cpu-time.js';

const split = (text: string) => splitSentences(text).map(({ start, end }) => text.slice(start, end));

describe('splitSentences', () => {
  const cases: [what: string, ...sentences: string[]][] = [
    ['plain sentences', 'Bees fly.', 'Do wasps?', 'They do!', 'We say why.'],
    ['e.g. and i.e.', 'We use insects, e.g. Bees, i.e. Apis.', 'They fly.'],
    ['et al. inside', 'As Doe et al. (2020) and Roe et al. [3] say, bees fly.', 'We agree.'],
    ['et al. at the end', 'This extends the work of Doe et al.', 'We agree.'],
    ['references', 'See Fig. 3 and Eq. (2) in Sec. IV for vol. 5, no. 7.', 'The end.'],
    ['no as a word', 'The answer is no.', 'We say why.'],
    ['vs.', 'Bees vs. Wasps is a game.', 'We play it.'],
    ['decimals and versions', 'It gains 3.5 points over v2.1.', '4D models gain 0.5.'],
    ['years', 'This was in 2020.', 'Later it was not.'],
    ['initials', 'The theory of J. Smith and A. B. Jones holds.', 'We test it.'],
    ['a capital at the end', 'The code is in C.', 'We measure it.'],
    ['a variable at the end', 'The time is linear in n.', 'This is best.'],
    ['dotted capitals', 'Farms in the U.S. Midwest grew.', 'We ask why.'],
    ['etc.', 'We see bees, wasps, etc. in gardens, fields, etc.', 'They fly.'],
    ['formulas', 'Let $x = 1. Then$ hold and $a.b$ too.', 'So \\(p. Q\\) holds.'],
    ['a formula with the full stop', 'We prove $x = 1.$', 'Then we stop.'],
    ['money', 'It costs $5.', 'Others cost $10.'],
    ['two marks', 'Really?!', 'Yes.'],
    ['quotes', 'He said “bees fly.”', 'She said "no."', '“Why?”', 'Nobody knows.'],
    ['brackets', 'Bees fly (wasps too. Ants do not).', '(This is known.)', 'We go on.'],
    ['a bracket with the full stop', 'Bees fly (as we all have known for long.)', 'Wasps do too.'],
    ['an ellipsis', 'Bees... fly and … fly...', 'Then they land.'],
    ['numbered steps', 'There are two steps.', '1. Find bees.', '2. Count them.'],
    ['names with small letters', 'It is small.', 'mRNA is smaller.', 't-SNE shows it.'],
    ['no abbreviation inside of a word', 'We like Thms.', 'They are good.'],
    ['CJK marks', '蜜蜂会飞。', '黄蜂呢？', '也会！'],
    ['accented capitals', 'Les abeilles volent.', 'Énfin.'],
  ];
  for (const [what, ...sentences] of cases) {
    it(`handles ${what}`, () => {
      const text = sentences.join(what === 'CJK marks' ? '' : ' ');
      assert.deepEqual(split(text), sentences);
    });
  }

  it('puts a missing space right', () => {
    assert.deepEqual(split('Bees fly.The wasps too.Ants do not.'), [
      'Bees fly.',
      'The wasps too.',
      'Ants do not.',
    ]);
    assert.deepEqual(split('We use LLMs.We ask why?The end.'), ['We use LLMs.', 'We ask why?', 'The end.']);
    for (const whole of [
      'See www.example.Com now.',
      'See https://example.org/a.The now.',
      'Use U.S.A. maps.',
    ])
      assert.deepEqual(split(whole), [whole]);
  });

  it('ends sentences with paragraphs', () => {
    assert.deepEqual(split('A heading\n\nbees fly\n  \nwasps'), ['A heading', 'bees fly', 'wasps']);
    assert.deepEqual(split('One\nline'), ['One\nline']);
  });

  it('has nothing for nothing', () => {
    assert.deepEqual(split(''), []);
    assert.deepEqual(split(' \n\n '), []);
    assert.deepEqual(split('...'), ['...']);
  });

  it('stops at 200, the last with the rest', () => {
    const text = 'Bees fly. '.repeat(500).trim();
    const found = splitSentences(text);
    assert.equal(found.length, 200);
    assert.equal(found.at(-1)!.end, text.length);
  });

  it('covers the text in order, but for spaces between', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 10 }),
      fc.constantFrom(
        '. ',
        'Bees',
        ' fly',
        '.',
        '?',
        '\n\n',
        '$',
        '\\(',
        '\\)',
        '(',
        ')',
        ' e.g. ',
        'A',
        '。',
        '”',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        let at = 0;
        for (const { start, end } of splitSentences(text)) {
          assert.equal(text.slice(at, start).trim(), '');
          assert.ok(end > start);
          assert.equal(text.slice(start, end), text.slice(start, end).trim());
          at = end;
        }
        assert.equal(text.slice(at).trim(), '');
      }),
      { numRuns: 500 },
    );
  });

  it('takes time in proportion to the length', () => {
    const units = [
      '.',
      '. ',
      'a.',
      'A. ',
      'A.B',
      '$',
      '$$ ',
      '\\(',
      '\\( \\[ ',
      '(',
      '()',
      ')',
      '"',
      '?!"',
      '\n',
      ' ',
      '1. ',
    ];
    splitSentences('Warm up. '.repeat(1_000));
    for (const unit of [
      ...units,
      'et al. ',
      'e.g.',
      '$a.$ ',
      '(a. B) ',
      'ab.The',
      '.'.repeat(50_000),
      '(a. b ',
    ]) {
      const text = unit.repeat(Math.ceil(50_000 / unit.length)).slice(0, 50_000);
      const times = [1, 2, 3].map(() => cpuMs(() => void splitSentences(text)));
      assert.ok(Math.min(...times) < 100, `${JSON.stringify(unit.slice(0, 10))}: ${times}`);
    }
  });
});
