import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chanceOf } from '../../scripts/campaign/random.js';
import { createKeySet } from '../../src/ingest/key-set.js';

describe('key set', () => {
  it('holds what a Set holds', () => {
    const chance = chanceOf(7);
    const [keys, known] = [createKeySet(), new Set<number>()];
    const numbers = [0, 7, 8, 32_767, 32_768, 2 ** 31 - 1];
    for (let n = 0; n < 5_000; n++) numbers.push(chance.between(0, 100_000));
    for (const number of numbers) {
      assert.equal(keys.has(number), known.has(number));
      assert.equal(keys.add(number), !known.has(number), `${number}`);
      known.add(number);
      assert.ok(keys.has(number));
    }
    assert.equal(keys.size(), known.size);
  });
});
