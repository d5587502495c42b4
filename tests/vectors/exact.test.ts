import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAppError } from '../../src/platform/errors.js';
import { byRank, createExactIndex, createTopK } from '../../src/vectors/exact.js';
import { dot, MAX_K, MAX_LABEL } from '../../src/vectors/vector.js';
import { normalized, randomNumbers, randomVector, seeded } from './vectors-fixture.js';

const score = fc.oneof(fc.constantFrom(-1, 0, 0.5, 1), fc.double({ min: -1, max: 1, noNaN: true }));

test('the k best of a stream are those of sorting it all', () => {
  const candidates = fc.uniqueArray(
    fc.record({ label: fc.nat(MAX_LABEL), score }, { noNullPrototype: true }),
    {
      selector: (hit) => hit.label,
    },
  );
  fc.assert(
    fc.property(candidates, fc.integer({ min: 1, max: 12 }), (hits, k) => {
      const best = createTopK(k);
      for (const hit of hits) best.offer(hit.label, hit.score);
      assert.deepEqual(best.hits(), [...hits].sort(byRank).slice(0, k));
    }),
    seeded,
  );
});

test('a score that is not a number is refused', () => {
  const best = createTopK(1);
  best.offer(1, 0.5);
  assert.throws(
    () => best.offer(2, Number.NaN),
    (error) => isAppError(error, 'vector_invalid'),
  );
});

test('k is an integer from 1 to the bound', () => {
  for (const k of [0, -1, 1.5, MAX_K + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(
      () => createTopK(k),
      (error) => isAppError(error, 'invalid_input'),
      `k ${k}`,
    );
  }
  assert.deepEqual(createTopK(MAX_K).hits(), []);
});

test('the inner product is the sum of products at every length', () => {
  const random = randomNumbers(1);
  for (let length = 1; length <= 19; length++) {
    const a = Float32Array.from({ length }, () => random() - 0.5);
    const rows = Float32Array.from({ length: 3 * length }, () => random() - 0.5);
    const expected = a.reduce((sum, value, i) => sum + value * rows[length + i]!, 0);
    assert.ok(Math.abs(dot(a, rows, length) - expected) < 1e-12);
  }
});

test('ties come by ascending label, and scores stay within 1', () => {
  const index = createExactIndex(16);
  const vector = normalized(Array.from({ length: 16 }, () => 1));
  for (const label of [7, 3, MAX_LABEL, 0]) index.add(label, vector);
  const hits = index.search(vector, 3);
  assert.deepEqual(
    hits.map((hit) => hit.label),
    [0, 3, 7],
  );
  assert.ok(hits.every((hit) => hit.score <= 1));
});

test('adding, removing and searching agree with a plain list', () => {
  const random = randomNumbers(7);
  const pool = Array.from({ length: 40 }, () => randomVector(16, random));
  const step = fc.oneof(
    fc.record({ op: fc.constant('add' as const), label: fc.nat(39) }),
    fc.record({ op: fc.constant('remove' as const), label: fc.nat(39) }),
    fc.record({ op: fc.constant('search' as const), label: fc.nat(39) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const index = createExactIndex(16);
      const model = new Map<number, Float32Array>();
      for (const { op, label } of steps) {
        const vector = pool[label]!;
        if (op === 'add' && !model.has(label)) {
          index.add(label, vector);
          model.set(label, vector);
        } else if (op === 'remove') {
          assert.equal(index.remove(label), model.delete(label));
        } else if (op === 'search') {
          const all = [...model].map(([key, row]) => ({ label: key, score: dot(vector, row) })).sort(byRank);
          const found = index.search(vector, 5);
          assert.deepEqual(
            found.map((hit) => hit.label),
            all.slice(0, 5).map((hit) => hit.label),
          );
        }
        assert.equal(index.size, model.size);
        assert.deepEqual(
          [...index.labels()],
          [...model.keys()].sort((a, b) => a - b),
        );
        assert.equal(index.has(label), model.has(label));
        assert.deepEqual(index.vector(label), model.get(label));
      }
    }),
    seeded,
  );
});

test('an index of several blocks grows and shrinks', () => {
  const random = randomNumbers(3);
  const dimension = 1_024;
  const vectors = Array.from({ length: 600 }, () => randomVector(dimension, random));
  const index = createExactIndex(dimension);
  for (const [label, vector] of vectors.entries()) index.add(label, vector);
  for (let label = 0; label < 600; label += 2) index.remove(label);
  for (let label = 1; label < 600; label += 2) {
    assert.equal(index.search(vectors[label]!, 1)[0]?.label, label);
  }
  for (let label = 1; label < 600; label += 2) index.remove(label);
  assert.equal(index.size, 0);
  assert.deepEqual(index.search(vectors[0]!, 5), []);
});

test('what can not be indexed is refused with its reason', () => {
  const index = createExactIndex(4);
  const good = normalized([1, 2, 3, 4]);
  index.add(1, good);
  const cases: [string, () => void, RegExp][] = [
    ['too short', () => index.add(2, normalized([1, 2, 3])), /has 3 numbers, expected 4/],
    ['NaN', () => index.add(2, Float32Array.of(Number.NaN, 0, 0, 1)), /number 0 is NaN/],
    [
      'infinite',
      () => index.add(2, Float32Array.of(0, Number.POSITIVE_INFINITY, 0, 1)),
      /number 1 is Infinity/,
    ],
    ['zero', () => index.add(2, new Float32Array(4)), /norm is 0\.0*, expected 1/],
    ['not normalised', () => index.add(2, Float32Array.of(1, 1, 0, 0)), /norm is 1\.41421, expected 1/],
    ['known label', () => index.add(1, good), /label 1 is already/],
    ['negative label', () => index.add(-1, good), /label -1/],
    ['large label', () => index.add(2 ** 32, good), /label 4294967296/],
    ['fractional label', () => index.add(0.5, good), /label 0\.5/],
    [
      'bad query',
      () => void index.search(new Float32Array(4), 1),
      /the query vector can't be used: its norm/,
    ],
  ];
  for (const [name, act, message] of cases) {
    assert.throws(act, (error) => isAppError(error, 'vector_invalid') && message.test(error.message), name);
  }
  assert.equal(index.size, 1);
});
