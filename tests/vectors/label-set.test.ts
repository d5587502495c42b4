import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLabelSet } from '../../src/vectors/label-set.js';
import { MAX_LABEL } from '../../src/vectors/vector.js';
import { seeded } from './vectors-fixture.js';

test('the bitmap is the set of the labels added, in ascending order', () => {
  const label = fc.oneof(
    fc.nat(200),
    fc.nat(MAX_LABEL),
    fc.constantFrom(31, 32, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, MAX_LABEL),
  );
  fc.assert(
    fc.property(fc.array(label), fc.array(label), (added, others) => {
      const set = createLabelSet();
      const model = new Set<number>();
      for (const one of added) {
        assert.equal(set.add(one), !model.has(one));
        model.add(one);
      }
      assert.equal(set.size, model.size);
      assert.deepEqual(
        [...set],
        [...model].sort((a, b) => a - b),
      );
      for (const one of [...added, ...others]) assert.equal(set.has(one), model.has(one));
    }),
    seeded,
  );
});
