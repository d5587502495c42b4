import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { titleDistance } from '../../src/search/text/title-match.js';

const runs = { seed: 20251203, numRuns: 500 };

const letters = [...'abdegiknoprsuvy'];
const letter = fc.constantFrom(...letters);
const words = (shortest: number) =>
  fc
    .array(fc.string({ unit: letter, minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 7 })
    .filter((all) => all.join('').length >= shortest);

type Slip = 'insert' | 'remove' | 'replace' | 'swap';
const slip = fc.record({
  kind: fc.constantFrom<Slip>('insert', 'remove', 'replace', 'swap'),
  at: fc.nat(),
  letter,
});

/** The title with one wrong letter; spaces stay where they are. */
function withSlip(title: string, one: { kind: Slip; at: number; letter: string }): string {
  const places = [...title].flatMap((sign, at) => (sign === ' ' ? [] : [at]));
  const at = places[one.at % places.length]!;
  const next = title[at + 1];
  switch (one.kind) {
    case 'insert':
      return title.slice(0, at) + one.letter + title.slice(at);
    case 'remove':
      return title.slice(0, at) + title.slice(at + 1);
    case 'replace':
      return title.slice(0, at) + one.letter + title.slice(at + 1);
    case 'swap':
      return next === undefined || next === ' '
        ? title
        : title.slice(0, at) + next + title[at]! + title.slice(at + 2);
  }
}

describe('titleDistance', () => {
  it('is nothing between a title and itself, whatever its case, accents, spaces and signs', () => {
    fc.assert(
      fc.property(words(1), (title) => {
        const text = title.join(' ');
        assert.equal(titleDistance(text, text), 0);
        assert.equal(titleDistance(title.join('-').toUpperCase(), text), 0);
        assert.equal(titleDistance(`“${title.join('')}”!`, text), 0);
      }),
      runs,
    );
    assert.equal(titleDistance('etude de l ecole polytechnique', 'Étude de l’École Polytechnique'), 0);
    assert.equal(titleDistance('Ｗｉｄｅ nets', 'Wide Nets'), 0);
    assert.equal(titleDistance('alpha divergence', '$\\alpha$-divergence'), 0);
  });

  it('is at most 1 with one slip in a title of six letters or more', () => {
    fc.assert(
      fc.property(words(6), slip, (title, one) => {
        const text = title.join(' ');
        const distance = titleDistance(withSlip(text, one), text);
        assert.ok(distance !== null && distance <= 1, `${withSlip(text, one)} for ${text}: ${distance}`);
      }),
      runs,
    );
  });

  it('grows with the slips, and ends where the text is another', () => {
    const title = 'Learning to Sort Pebbles by Their Colour';
    assert.equal(titleDistance('Learning to Sort Pebles by Their Colour', title), 1);
    assert.equal(titleDistance('Lerning to Sort Pebles by Their Color', title), 3);
    assert.equal(titleDistance('Learning to Sort Shells by Their Weight', title), null);
    assert.equal(titleDistance('sort pebbles', title), null);
  });

  const others: [string, string][] = [
    ['gnat', 'Goat'],
    ['c', 'C++'],
    ['', 'Anything'],
    ['...', '...'],
    ['anything', ''],
  ];
  for (const [text, title] of others) {
    it(`takes “${text}” for no title “${title}”`, () => assert.equal(titleDistance(text, title), null));
  }

  it('does without a subtitle, at half a letter', () => {
    for (const title of [
      'Pebbler: Sorting at Scale',
      'Pebbler? A Question of Scale',
      'Pebbler - Sorting at Scale',
      'Pebbler – Sorting at Scale',
      'Pebbler. Sorting at Scale',
    ]) {
      assert.equal(titleDistance('pebbler', title), 0.5, title);
      assert.equal(titleDistance('pebler', title), 1.5, title);
      assert.equal(titleDistance(title, title), 0, title);
    }
  });

  it('takes no stub of two letters for a main title', () => {
    assert.equal(titleDistance('ab', 'AB: Two Letters'), null);
    assert.equal(titleDistance('abc', 'ABC: Three Letters'), 0.5);
  });

  it('puts the paper itself before those with the same main title', () => {
    const whole = titleDistance('Pebbler', 'Pebbler')!;
    const main = titleDistance('Pebbler', 'Pebbler: A Second Look')!;
    assert.ok(whole < main);
  });

  it('forgives no more than six slips, however long the title', () => {
    const title = 'sorting pebbles '.repeat(20);
    const slips = (count: number) =>
      `${'sorting pebles '.repeat(count)}${'sorting pebbles '.repeat(20 - count)}`;
    assert.equal(titleDistance(slips(6), title), 6);
    assert.equal(titleDistance(slips(7), title), null);
  });
});
