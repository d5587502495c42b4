import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readNameList, readSingleName } from '../../../src/ingest/parsers/names.js';

const lists: [text: string, names: string[], more?: number | null][] = [
  // Separators.
  ['Ann Lee, Bob Ray, Cy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee']],
  ['Ann Lee, Bob Ray and Cy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee']],
  ['Ann Lee, Bob Ray, & Cy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee']],
  ['Ann Lee; Bob Ray; and Cy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee']],
  ['Ann Lee und Bob Ray', ['Ann Lee', 'Bob Ray']],
  ['Anne Lée et Bob Ray', ['Anne Lée', 'Bob Ray']],
  ['Ann Lee\nBob Ray\nCy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee']],
  ['Lee, Ann\nRay, Bob', ['Ann Lee', 'Bob Ray']],
  ['Ann Lee, Bob\n  Ray,\n  Cy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee']],
  ['Ann Lee | Bob Ray', ['Ann Lee', 'Bob Ray']],
  ['By Ann Lee and Bob Ray', ['Ann Lee', 'Bob Ray']],
  ['Andy Sand, Fernand Und', ['Andy Sand', 'Fernand Und']],
  // Family names first.
  ['Lee, Ann', ['Ann Lee']],
  ['Lee, Ann Maria', ['Ann Maria Lee']],
  ['Lee, Ann and Ray, Bob', ['Ann Lee', 'Bob Ray']],
  ['Lee, Ann; van der Berg, Cy', ['Ann Lee', 'Cy van der Berg']],
  ['Lee, Ann, Ray, Bob', ['Ann Lee', 'Bob Ray']],
  ['Lee, Ann, Ray, Bob, and Dee, Cy', ['Ann Lee', 'Bob Ray', 'Cy Dee']],
  ['Lee, A., Ray, B. C., & van Dee, D.-E.', ['A. Lee', 'B. C. Ray', 'D.-E. van Dee']],
  ['Ruiz Mora, A., Lee, B.', ['A. Ruiz Mora', 'B. Lee']],
  ['Lee, A, Ray, BC', ['A Lee', 'BC Ray']],
  ['Lee A, Ray BC, van Dee D', ['A Lee', 'BC Ray', 'D van Dee']],
  ['Lee, A., Bob Ray', ['A. Lee', 'Bob Ray']],
  // Others.
  ['Ann Lee et al.', ['Ann Lee'], null],
  ['Lee, A., Ray, B., et al', ['A. Lee', 'B. Ray'], null],
  ['Ann Lee, Bob Ray and others', ['Ann Lee', 'Bob Ray'], null],
  ['Ann Lee, Bob Ray, …, Cy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee'], null],
  ['Ann Lee, Bob Ray, ... Cy Dee', ['Ann Lee', 'Bob Ray', 'Cy Dee'], null],
  ['Ann Lee, Bob Ray, +3 authors', ['Ann Lee', 'Bob Ray'], 3],
  ['Ann Lee, Bob Ray and 12 others', ['Ann Lee', 'Bob Ray'], 12],
  ['Ann Lee (+4 more)', ['Ann Lee'], 4],
  // Affiliations, marks, addresses.
  ['Ann Lee (MIT), Bob Ray (University of Oslo, Norway)', ['Ann Lee', 'Bob Ray']],
  ['Ann Lee [1], Bob Ray [1,2]', ['Ann Lee', 'Bob Ray']],
  ['A. Lee (1), B. Ray (1 and 2) ((1) Univ. of Oslo, (2) Rome)', ['A. Lee', 'B. Ray']],
  ['A. Lee (1), B. Ray (2', ['A. Lee', 'B. Ray']],
  ['Ann Lee¹†, Bob Ray²*', ['Ann Lee', 'Bob Ray']],
  ['Ann Lee1,2, Bob Ray3', ['Ann Lee', 'Bob Ray']],
  ['Ann Lee 1, Bob Ray 2', ['Ann Lee', 'Bob Ray']],
  ['Ann Lee<sup>1,2</sup>, Bob Ray<sup>†</sup>', ['Ann Lee', 'Bob Ray']],
  ['Ann Lee$^{1,2}$, Bob Ray$^\\dagger$', ['Ann Lee', 'Bob Ray']],
  ['Ann Lee, University of Oslo, Norway; Bob Ray, MIT', ['Ann Lee', 'Bob Ray']],
  ['Ann Lee <ann@example.org>, Bob Ray (bob@example.org)', ['Ann Lee', 'Bob Ray']],
  ['Ann Lee https://orcid.org/0000-0001-2345-678X, Bob Ray', ['Ann Lee', 'Bob Ray']],
  ['Xin (Luna) Dee, Bob Ray', ['Xin (Luna) Dee', 'Bob Ray']],
  // Suffixes and degrees.
  ['King, Jr., Martin Luther', ['Martin Luther King Jr.']],
  ['King, Jr.', ['King Jr.']],
  ['John Doe, Jr., Jane Roe', ['John Doe Jr.', 'Jane Roe']],
  ['Doe, J., III, Roe, A.', ['J. Doe III', 'A. Roe']],
  ['Ann Lee, Ph.D., Bob Ray, MD', ['Ann Lee', 'Bob Ray']],
  ['Dr. Ann Lee and Prof. Bob Ray', ['Ann Lee', 'Bob Ray']],
  // Letters.
  ['G{\\"o}del, Kurt and \\v{C}ech, \\\'Etienne', ['Kurt Gödel', 'Étienne Čech']],
  ['M&uuml;ller, J&#246;rg; Ray, Bob', ['Jörg Müller', 'Bob Ray']],
  ['J.R.R. Tolkien, Flann O’Brien, Jean-Luc Lee', ['J.R.R. Tolkien', 'Flann O’Brien', 'Jean-Luc Lee']],
  ['Ann\u00a0Lee,\u200bBob\u2009Ray', ['Ann Lee', 'Bob Ray']],
  ['王小明、李雷', ['王小明', '李雷']],
  ['山田 太郎, 李 雷', ['山田 太郎', '李 雷']],
  ['LEE, ANN; RAY, BOB', ['ANN LEE', 'BOB RAY']],
  // Groups.
  ['The ATLAS Collaboration', ['The ATLAS Collaboration']],
  ['The Feather Collaboration: A. Lee, B. Ray', ['The Feather Collaboration', 'A. Lee', 'B. Ray']],
  ['{Barnes and Noble} and Lee, Ann', ['Barnes and Noble', 'Ann Lee']],
  ['Ann Lee on behalf of the Feather Consortium', ['Ann Lee', 'the Feather Consortium']],
  ['Ann Lee for the Feather Collaboration', ['Ann Lee', 'the Feather Collaboration']],
  ['Institute of Birds and Feathers', ['Institute of Birds and Feathers']],
  ['Ann Lee, The Feather Team', ['Ann Lee', 'The Feather Team']],
  ['Plato', ['Plato']],
  ['', []],
  [' , ; and ', []],
  ['12; (3)', []],
];

describe('readNameList', () => {
  for (const [text, names, more = 0] of lists)
    it(JSON.stringify(text), () => assert.deepEqual(readNameList(text), { names, more }));

  it('never turns names round where they are known to be in reading order', () => {
    const { names } = readNameList('OpenBirds, Ann Lee, Feather, Bob Ray', { givenFirst: true });
    assert.deepEqual(names, ['OpenBirds', 'Ann Lee', 'Feather', 'Bob Ray']);
  });

  it('keeps at most 10,000 names of at most 300 characters', () => {
    const { names, more } = readNameList(
      Array.from({ length: 10_002 }, (_, n) => `A${'b'.repeat(n % 9)} Cd`).join('; '),
    );
    assert.deepEqual([names.length, more], [10_000, null]);
    assert.ok(readNameList('Ab '.repeat(500)).names.every(({ length }) => length <= 300));
  });
});

describe('readSingleName', () => {
  const single: [string, string][] = [
    ['Lee, Ann', 'Ann Lee'],
    ['van der Berg, Jr., Cy', 'Cy van der Berg Jr.'],
    ['Waals, J. D. van der', 'J. D. van der Waals'],
    ['Ann Lee*', 'Ann Lee'],
    ['Ann Lee (CAPES)', 'Ann Lee'],
    ['Ann Lee 0003', 'Ann Lee'],
    ['Sonya~Lee', 'Sonya Lee'],
    ['Ann Lee (李安)', 'Ann Lee (李安)'],
    ['Birds, Inc.', 'Birds, Inc.'],
    ['Feather Corp.', 'Feather Corp.'],
    ['BICEP2 Collaboration', 'BICEP2 Collaboration'],
    ['Group 12', 'Group 12'],
    ['Smith and Sons', 'Smith and Sons'],
    ['Katharina GÃ¶tz', 'Katharina GÃ¶tz'],
    ['et al.', ''],
    ['others', ''],
    [':', ''],
    ['?', ''],
  ];
  for (const [text, name] of single) it(text, () => assert.equal(readSingleName(text), name));
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...[
      'Ann',
      'Lee',
      'B.',
      'van',
      'Jr.',
      'et al.',
      ',',
      ';',
      ' and ',
      '(',
      ')',
      '[1]',
      '{',
      '}',
      '\\"',
      '\n',
      ' ',
      '¹',
      '…',
      '+3',
      '王',
    ],
  );
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 30 }).map((list) => list.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );

  it('gives names that can be stored and are read again as they are', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const name of readNameList(text).names) {
          assert.ok(
            name.isWellFormed() && name === name.trim() && /\p{L}/u.test(name) && name.length <= 300,
            name,
          );
          assert.doesNotMatch(name, /[\n\0\ue000-\ue002]/);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read in linear time', () => {
    for (const piece of [
      ',',
      ' ',
      ', ',
      '(',
      '( )',
      '[',
      '{',
      '{a b}',
      'and ',
      ' & ',
      '+1 ',
      '… ',
      'a@',
      'http://',
      'Lee, A., ',
      '\n',
      '$^',
      '<sup>',
      ':',
      '\\',
    ]) {
      const timeOf = (times: number): number => {
        const text = piece.repeat(times);
        const start = performance.now();
        readNameList(text);
        readSingleName(text);
        return performance.now() - start;
      };
      timeOf(1_000);
      const [short, long] = [timeOf(5_000), timeOf(40_000)];
      assert.ok(
        long < 40 * short + 200,
        `${JSON.stringify(piece)}: ${short.toFixed()} and ${long.toFixed()} ms`,
      );
    }
  });
});
