import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isNearTitle, titleWords } from '../../src/papers/near-title.js';

const near = (a: string, b: string): boolean => isNearTitle(titleWords(a), titleWords(b));

describe('titles that are nearly one', () => {
  for (const [a, b] of [
    ['Hives and Hashes (Panel Session)', 'Hives and hashes'],
    ['Tutorial: Counting Bees at Night', 'Counting Bees at Night'],
    ['Counting Bees at Night (extended abstract)', 'Counting bees at night'],
    ['A Tuning Wizard for Bee Servers', 'A turning wizard for bee servers'],
    ['Foraging Protocols for Replicated Databates', 'Foraging protocols for replicated databases'],
    ['Waggle-Dance Retrieval of Similar Flowers', 'Waggledance retrieval of similar flowers'],
    ['Maintenance of Summary Combs', 'Maintenance of cube summary combs'],
    ['Honey Quality Over Time: A Study of Ten Towns', 'Honey quality over time, a study of ten towns'],
  ] as const)
    it(`“${a}” and “${b}”`, () => {
      assert.ok(near(a, b));
      assert.ok(near(b, a));
    });

  for (const [a, b] of [
    ['Counting Bees (Part I)', 'Counting Bees (Part II)'],
    ['Bee Server 7.0 Explained', 'Bee Server 8.0 Explained'],
    ['Erratum: Counting Bees at Night', 'Counting Bees at Night'],
    ['Counting Bees at Night', 'Counting Moths by Moonlight'],
    ['Bee', 'Beet'],
    ['', 'Counting Bees'],
    ['(panel)', '(abstract)'],
  ] as const)
    it(`not “${a}” and “${b}”`, () => {
      assert.ok(!near(a, b));
      assert.ok(!near(b, a));
    });
});
