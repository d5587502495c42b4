import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { foldLetters, isNamed, nameWords, placedWords, soughtWords } from '../../src/papers/name-words.js';

const isFound = (name: string, typed: string): boolean =>
  isNamed(name, soughtWords(typed), { initials: true });

describe('isNamed', () => {
  const found: [name: string, typed: string[], others: string[]][] = [
    [
      'Kurt Gödel',
      ['goedel', 'godel', 'GÖDEL', 'go\u0308del', 'kurt', 'kurt godel', 'godel kurt', 'k godel', 'Gödel, K.'],
      ['gode', 'k', 'kurt g', 'karl godel', 'kurt f godel'],
    ],
    ['K. Gödel', ['kurt godel', 'k goedel', 'Gödel, Kurt'], ['kurt', 'kurt goder', 'ludwig godel']],
    ['Kurt Goedel', ['gödel', 'goedel', 'k gödel'], []],
    ['John S. Miller', ['j miller', 'john sam miller', 'miller j s'], ['john smith', 'john m', 'j s']],
    [
      'J. D. van der Waals',
      ['van der waals', 'waals', 'johannes diderik waals', 'j van der waals'],
      ['van der berg'],
    ],
    [
      'Flann O’Brien',
      ['oconnor obrien', "o'brien", 'obrien', 'brien', 'o brien', 'f obrien'].slice(1),
      ['oconnor'],
    ],
    ['Jean-Luc Lee', ['jean-luc', 'jean luc', 'jeanluc', 'luc', 'j lee', 'j.-l. lee'], ['jean-marc lee']],
    ['Xiaoming Li', ['xiao-ming li', 'x li', 'x.-m. li'].slice(0, 2), ['ming li']],
    ['J.-L. Lee', ['jean-luc lee', 'jean lee'], ['marc lee']],
    [
      'J.R.R. Tolkien',
      ['jrr tolkien', 'j. r. r. tolkien', 'john tolkien', 'john ronald reuel tolkien'],
      ['anna tolkien'],
    ],
    ['JRR Tolkien', ['j.r.r. tolkien', 'john tolkien', 'jrr'], []],
    ['Tolkien JRR', ['j tolkien', 'john tolkien'], []],
    ['Musa al-Razi', ['razi', 'al-razi', 'alrazi', 'al razi', 'm razi'], []],
    ['Søren Østergård', ['soren ostergard', 'soeren oestergaard', 's østergård'], []],
    ['Jürgen Strauß', ['jurgen strauss', 'juergen strauss', 'strauß'], []],
    ['Paweł Łoś', ['pawel los'], []],
    ['Guðmundur Þór', ['gudmundur thor'], []],
    ['Işık Yıldız', ['isik yildiz', 'IŞIK'], []],
    ['Martin Luther King Jr.', ['king jr', 'm l king', 'martin king'], []],
    ['The ATLAS Collaboration', ['atlas', 'atlas collaboration'], ['a collaboration of']],
    ['王小明', ['王小明'], ['王']],
  ];
  for (const [name, typed, others] of found)
    it(name, () => {
      for (const text of typed) assert.ok(isFound(name, text), `${text} finds ${name}`);
      for (const text of others) assert.ok(!isFound(name, text), `${text} doesn't find ${name}`);
    });

  it('takes no initial for a name unless asked to', () => {
    assert.ok(!isNamed('W. Zhang', soughtWords('wei zhang')));
    assert.ok(isNamed('Wei Zhang', soughtWords('zhang')));
  });
});

const word = fc.constantFrom(...'Ann Kurt Jean-Luc J. Ø. Gödel Łukasz Zoë Ng Jürgen d’Arc'.split(' '));
const given = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));
const family = fc.constantFrom(
  'Gödel',
  'van der Waals',
  'O’Brien',
  'Müller-Lüdenscheidt',
  'Straße',
  'al-Razi',
  'de la Cruz',
);
const suffix = fc.constantFrom('', 'Jr.', 'III');

describe('the words of a name', () => {
  it('are the same in whatever order it is written', () => {
    fc.assert(
      fc.property(given, family, suffix, (first, last, end) => {
        const orders =
          end === ''
            ? [`${first} ${last}`, `${last}, ${first}`]
            : [
                `${first} ${last} ${end}`,
                `${first} ${last}, ${end}`,
                `${last}, ${end}, ${first}`,
                `${last}, ${first}, ${end}`,
              ];
        const [wanted, ...others] = orders.map(placedWords);
        for (const words of others) assert.deepEqual(words, wanted);
        assert.ok(isFound(orders[0]!, orders.at(-1)!) && isFound(orders.at(-1)!, orders[0]!));
      }),
    );
  });

  it('are folded once and for all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        for (const one of nameWords(text)) assert.deepEqual(nameWords(one), [one]);
        assert.equal(foldLetters(foldLetters(text)), foldLetters(text));
      }),
    );
  });

  it('stand in the order of their places, each of which is once', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(word, { maxLength: 40 }).map((list) => list.join(' ')),
        ),
        (text) => {
          const placed = placedWords(text);
          const keys = placed.map((one) => `${one.place} ${one.word}`);
          assert.deepEqual(
            placed.map(({ place }) => place),
            placed.map(({ place }) => place).sort((a, b) => a - b),
          );
          assert.equal(new Set(keys).size, keys.length);
          assert.ok(
            placed.every(
              (one) => one.place >= 0 && one.place < 31 && one.word !== '' && one.word.isWellFormed(),
            ),
          );
        },
      ),
    );
  });
});
