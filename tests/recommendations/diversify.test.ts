import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Diversifiable, diversify } from '../../src/recommendations/diversify.js';

const item = (score: number, ...vector: number[]): Diversifiable => ({
  score,
  vector: vector.length === 0 ? null : Float32Array.from(vector),
});

describe('diversify', () => {
  const items = [item(0.9, 1, 0), item(0.85, 1, 0), item(0.5, 0, 1), item(0.4)];

  it('keeps the order without diversity', async () => {
    assert.deepEqual(await diversify(items, { k: 4, diversity: 0 }), [0, 1, 2, 3]);
  });

  it('puts what is like one before it behind what is not', async () => {
    // Second: .5 * .85 - .5 * 1 is less than .5 * .5 - .5 * 0 and than .5 * .4.
    assert.deepEqual(await diversify(items, { k: 3, diversity: 0.5 }), [0, 2, 3]);
  });

  it('ends with what there is', async () => {
    assert.deepEqual(await diversify([], { k: 3, diversity: 1 }), []);
    assert.equal((await diversify(items, { k: 9, diversity: 1 })).length, 4);
  });
});
