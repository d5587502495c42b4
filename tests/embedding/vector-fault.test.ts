import assert from 'node:assert/strict';
import { it } from 'node:test';
import { vectorFault } from '../../src/embedding/pool/vector-fault.js';

it('takes a vector of the right size, length 1 and finite numbers, and says what is wrong with another', () => {
  assert.equal(vectorFault(Float32Array.of(0.6, 0.8), 2), null);
  assert.match(vectorFault(Float32Array.of(0.6, 0.8), 3)!, /2 numbers instead of 3/);
  assert.match(vectorFault(Float32Array.of(Number.NaN, 1), 2)!, /NaN/);
  assert.match(vectorFault(Float32Array.of(Number.POSITIVE_INFINITY, 1), 2)!, /length Infinity/);
  assert.match(vectorFault(Float32Array.of(0, 0), 2)!, /length 0 instead of 1/);
  assert.match(vectorFault(Float32Array.of(3, 4), 2)!, /length 5 instead of 1/);
  assert.match(vectorFault([0.6, 0.8], 2)!, /not a vector/);
  assert.match(vectorFault(undefined, 2)!, /not a vector/);
});
