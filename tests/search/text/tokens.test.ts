import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { termOf } from '../../../src/search/text/terms.js';
import {
  beginningsOf,
  cutWord,
  foldWord,
  tokenise,
  tokensOf,
  type WordFilter,
} from '../../../src/search/text/tokens.js';
import { cpuMs } from '../../support/cpu-time.js';
import { seeded } from '../lexical/lexical-fixture.js';

/** The words in order; what shares its place with a word before is behind a `=`. */
function wordsOf(text: string): string {
  let last = -1;
  return tokensOf(text)
    .map(({ word, position }) => {
      const isCompound = position <= last;
      last = Math.max(last, position);
      return isCompound ? `=${word}` : word;
    })
    .join(' ');
}

const typed: readonly (readonly [string, string])[] = [
  ['', ''],
  ['  \t\n ', ''],
  ['BERT', 'bert'],
  ['GPT-4', 'gpt 4 =gpt4'],
  ['pre\u2013training', 'pre training =pretraining'],
  ['state-of-the-art', 'state of the art'],
  ['a--b', 'a b'],
  ['L2 L_2 L_{2} $L_{2}$ L₂ L^2', 'l2 l2 l2 l2 l2 l2'],
  ['x_{123} x_y_z', 'x 123 x yz'],
  ['C++ and C# and C', 'c++ and c# and c'],
  ['F#, A#B', 'f# a b'],
  ['0-1 loss', '0 1 =01 loss'],
  ['3.5 1,000,000 1,00 7.', '3.5 1000000 1 00 7'],
  ['ResNet-50: 76.1%', 'resnet 50 =resnet50 76.1'],
  ["Bayes' rule, Euler's, O'Neill, it’s", 'bayes rule euler oneill it'],
  ['α β-VAE μP λόγος', 'alpha beta vae =betavae mup λογος'],
  ['$\\alpha$ \\alpha_2 \\infty \\ell \\Omega', 'alpha alpha2 infinity l omega'],
  ['$\\mathcal{O}(n^2)$ \\textbf{bold}', 'o n2 bold'],
  ['\\constructor \\toString \\__proto__ \\hasOwnProperty', 'constructor tostring proto hasownproperty'],
  ['Erd\\H{o}s Schr\\"odinger na\\"{\\i}ve caf\\\'e \\c{c}a', 'erdos schrodinger naive cafe ca'],
  ['naïve nai\u0308ve NAÏVE', 'naive naive naive'],
  ['Straße Łódź Øre æther İstanbul', 'strasse lodz ore aether istanbul'],
  ['ﬁne ２０２４ 𝔻𝕠𝕘', 'fine 2024 dog'],
  ['深度学习 神经 网络', '深度 度学 学习 神经 网络'],
  ['GPT模型的', 'gpt 模型 型的'],
  ['猫', '猫'],
  ['ディープ 딥러닝', `ティ ィー ーフ ${'딥러닝'.normalize('NFKD')}`],
  ['מודל שפה नमस्ते', 'מודל שפה नमस्ते'.replace(/\p{M}/gu, '')],
  ['😀 x😀 👩‍💻 code', 'x code'],
  ['\ud800 a\udc00b \ud83d', 'ab'],
  ['user@example.org https://a.example/b?c=d', 'user example org https a example b c d'],
  ['\\', ''],
  ['\\\\ \\{ \\$', ''],
];

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

describe('tokens', () => {
  for (const [text, words] of typed)
    it(`of ${JSON.stringify(text)}`, () => assert.equal(wordsOf(text), words));

  it('cuts long words, and never a pair of surrogates', () => {
    assert.equal(wordsOf('x'.repeat(1_000)), 'x'.repeat(40));
    const [token] = tokensOf(`a${'\u{10400}'.repeat(100)}`);
    assert.equal(token!.word, `a${'\u{10428}'.repeat(19)}`);
    assert.equal(token!.end, 201);
    assert.equal(cutWord('\u{20000}'.repeat(30)), '\u{20000}'.repeat(20));
    assert.equal(wordsOf(`\\${'q'.repeat(100)}`), 'q'.repeat(40));
  });

  const signs = fc.constantFrom(
    ...`a B 1 . , ' ’ - – _ ^ { } \\ $ + # α ß é \u0301 \u{1d53b} \ud800 \udc00 深 ½ 's \\alpha \\"o \\H{o} _{2}`.split(
      ' ',
    ),
    ' ',
  );
  const texts = fc.oneof(
    fc.array(signs, { maxLength: 30 }).map((list) => list.join('')),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );

  it('say where they stand in any text, in order', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const tokens = tokensOf(text);
        let place = -1;
        let end = 0;
        for (const token of tokens) {
          const { word, start, position } = token;
          assert.ok(word !== '' && word.length <= 44 && word.isWellFormed(), JSON.stringify(token));
          assert.ok(start >= 0 && start < token.end && token.end <= text.length);
          const piece = text.slice(start, token.end);
          if (unspaced.test(piece)) {
            // Pairs of characters, each with the next one.
            assert.ok(position === place + 1 && token.end >= end);
            place = position;
            end = token.end;
            continue;
          }
          if (position <= place) {
            // A compound: its parts without what joins them, the last of which was told just before.
            assert.equal(token.end, end);
            const parts = tokens.filter((one) => one !== token && one.position >= position && one.end <= end);
            assert.equal(parts.map((one) => one.word).join(''), word);
            continue;
          }
          assert.ok(start >= end, 'they do not overlap');
          assert.equal(position, place + 1);
          assert.equal(tokensOf(piece)[0]?.word, word);
          if (!piece.startsWith('\\')) assert.equal(foldWord(piece), word);
          place = position;
          end = token.end;
        }
      }),
      { ...seeded, numRuns: 3_000 },
    );
  });

  it('folds words to what folds to itself', () => {
    fc.assert(
      fc.property(texts, (text) => {
        let place = -1;
        for (const { word, position } of tokensOf(text)) {
          // Compounds are put together of folded words.
          if (position > place) assert.equal(foldWord(word), word);
          place = Math.max(place, position);
        }
      }),
      { ...seeded, numRuns: 3_000 },
    );
  });

  it('takes time in proportion to the text', () => {
    const pieces = [
      'a-',
      "a'",
      '1,000',
      '1.',
      'x^1',
      'x_1',
      '\\"o',
      '{\\',
      '\\a',
      '+',
      'c++',
      '#',
      '\u0301',
      '\ud83d',
    ];
    for (const piece of [...pieces, '_{', '\\"', "\\'{", 'ab', '-', '😀', 'ß', '\\', '^']) {
      const ms = cpuMs(() => void tokensOf(piece.repeat(Math.ceil(100_000 / piece.length))));
      assert.ok(ms < 1_000, `${JSON.stringify(piece)} took ${ms} ms`);
    }
  });
});

describe('beginningsOf', () => {
  it('lets every word pass whose stem is looked for', () => {
    const piece = fc.constantFrom(
      ...[
        'studies',
        'Study',
        'GPT-4',
        'gpt4',
        'pre-training',
        'pretraining',
        'L2',
        '$L_{2}$',
        'α',
        '\\alpha',
        'é',
        'C++',
        'c',
      ],
      ...['sky', 'Skies', 'fly', 'flies', 'use', 'us', 'using', 'dye', 'dying', 'as', 'ass', 'o_2'],
      ...['neural', 'Networks', 'network', '0-1', '3.5', 'Schr\\"odinger', 'x_i', 'of', '中文', "model's"],
    );
    fc.assert(
      fc.property(fc.array(piece), fc.array(piece, { maxLength: 4 }), (pieces, wanted) => {
        const text = pieces.join(' ');
        const terms = new Set(tokensOf(wanted.join(' ')).map(({ word }) => termOf(word)));
        const found = (filter?: WordFilter): string[] => {
          const words: string[] = [];
          const sink = (word: string, start: number, end: number) => {
            if (terms.has(termOf(word))) words.push(`${word} ${start} ${end}`);
          };
          tokenise(text, sink, filter);
          return words;
        };
        assert.deepEqual(found(beginningsOf(terms)), found());
      }),
    );
  });
});
