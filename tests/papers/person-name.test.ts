import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { displayName, familyOf, readName } from '../../src/papers/person-name.js';

describe('readName', () => {
  const people: [name: string, family: string, given: string, suffix?: string][] = [
    ['Ada Lovelace', 'Lovelace', 'Ada'],
    ['Grace B. M. Hopper', 'Hopper', 'Grace B. M.'],
    ['Anna van der Berg', 'van der Berg', 'Anna'],
    ['Joris Van Dijck', 'Van Dijck', 'Joris'],
    ['Van Johnson', 'Johnson', 'Van'],
    ['Minh Van Nguyen', 'Nguyen', 'Minh Van'],
    ['Karl von der Tann', 'von der Tann', 'Karl'],
    ['Paula de la Cruz Soto', 'de la Cruz Soto', 'Paula'],
    ['van Houten', 'van Houten', ''],
    ['Omar bin Rashid', 'bin Rashid', 'Omar'],
    ['Seon Bin Park', 'Park', 'Seon Bin'],
    ['Musa al-Razi', 'al-Razi', 'Musa'],
    ['Huda Al Sabah', 'Al Sabah', 'Huda'],
    ['Luis Mora y Vega', 'Mora y Vega', 'Luis'],
    ['Marta D’ Souza', 'D’ Souza', 'Marta'],
    ['Rui Lima Filho', 'Lima Filho', 'Rui'],
    ['John Doe Jr.', 'Doe', 'John', 'Jr.'],
    ['John Doe, Jr.', 'Doe', 'John', 'Jr.'],
    ['Jr., John Doe', 'Doe', 'John', 'Jr.'],
    ['James van Loo III', 'van Loo', 'James', 'III'],
    ['Doe, Jane', 'Doe', 'Jane'],
    ['Doe, Jr., John', 'Doe', 'John', 'Jr.'],
    ['Doe, John, Jr.', 'Doe', 'John', 'Jr.'],
    ['Plato', 'Plato', ''],
    ['王小明', '王小明', ''],
    ['王 小明', '王', '小明'],
    ['김 철수', '김', '철수'],
    ['  Ada \t Lovelace ', 'Lovelace', 'Ada'],
  ];
  for (const [name, family, given, suffix = ''] of people) {
    it(`splits ${name}`, () => {
      const read = readName(name);
      assert.deepEqual(
        { family: familyOf(read), given: read.given, suffix: read.suffix, isWhole: read.isWhole },
        { family, given, suffix, isWhole: false },
      );
    });
  }

  for (const name of [
    'The ATLAS Collaboration',
    'Example AI Team',
    'Institute of Invented Results',
    'A. One and B. Two',
    'One, Two, Three, Four',
    'Ann Example (Annie)',
    'others',
  ]) {
    it(`leaves ${name} whole`, () =>
      assert.deepEqual(readName(name), { given: '', particle: '', family: name, suffix: '', isWhole: true }));
  }

  it('loses no letter', () => {
    const lettersOf = (text: string) => [...text.replace(/[\s,]/g, '')].sort().join('');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (name) => {
        assert.equal(lettersOf(displayName(readName(name))), lettersOf(name));
      }),
    );
  });
});
