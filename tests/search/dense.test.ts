import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Subset } from '../../src/search/lexical/ports.js';
import { combine, nearest, similarities, vectorsOf } from '../../src/search/ranking/dense.js';
import { dot } from '../../src/vectors/vector.js';
import { toyEngine, toyVector } from './search-fixture.js';

const words = ['bees', 'dance', 'robots', 'honey', 'flowers', 'wax', 'wings', 'hives', 'combs', 'nectar'];
const textOf = (n: number) => `${words[n % 10]} ${words[(n * 7 + 3) % 10]} ${words[(n >> 2) % 10]}`;
const vectors = (count: number) =>
  new Map(Array.from({ length: count }, (_, n): [number, Float32Array] => [n + 1, toyVector(textOf(n))]));

/** As the word index gives it: keys, or one bit a key. */
function subsetOf(keys: readonly number[], total: number, asBits: boolean): Subset {
  const sizes = { count: keys.length, total };
  if (!asBits) return { ...sizes, keys: Uint32Array.from(keys), bits: null };
  const bits = new Uint8Array((Math.max(0, ...keys) >> 3) + 1);
  for (const key of keys) bits[key >> 3]! |= 1 << (key & 7);
  return { ...sizes, keys: null, bits };
}

describe('nearest', () => {
  const all = vectors(300);
  const query = toyVector('bees dance honey');
  const expected = (keys: readonly number[], k: number) =>
    keys
      .map((key) => ({ key, score: Math.round(dot(all.get(key)!, query) * 1e6) / 1e6 }))
      .sort((a, b) => b.score - a.score || a.key - b.key)
      .slice(0, k);

  it('gives what an exact search over the subset gives, in whichever form it comes', async () => {
    const keys = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(keys, fc.integer({ min: 1, max: 40 }), fc.boolean(), async (some, k, asBits) => {
        const { engine } = toyEngine(all);
        const { hits, isAll } = await nearest(engine, query, { k, subset: subsetOf(some, 300, asBits) });
        // Of equally near ones any may be the last; scores tell.
        assert.deepEqual(
          hits.map(({ score }) => score),
          expected(some, k).map(({ score }) => score),
        );
        assert.ok(hits.every(({ key }) => some.includes(key)));
        if (some.length > k) assert.equal(isAll, false);
        if (some.length < k) assert.equal(isAll, true);
      }),
      { seed: 20251208, numRuns: 80 },
    );
  });

  it('asks the whole index where most papers pass, and those that pass where few do', async () => {
    const { engine, asked } = toyEngine(all);
    const most = Array.from({ length: 290 }, (_, at) => at + 1);
    await nearest(engine, query, { k: 5, subset: subsetOf(most, 300, true) });
    assert.deepEqual(asked.splice(0), [{ k: 16, within: null }]);
    await nearest(engine, query, { k: 5, subset: subsetOf([1, 2, 3], 300, false) });
    assert.deepEqual(asked.splice(0), [{ k: 5, within: 3 }]);
    await nearest(engine, query, { k: 5, subset: subsetOf([1, 2], 1_000_000, true) });
    assert.deepEqual(asked.splice(0), [{ k: 5, within: 2 }], 'too few for guessing');
  });

  it('scores all of a larger subset where all of it is asked for, without a search', async () => {
    const { engine, asked } = toyEngine(all);
    const some = Array.from({ length: 250 }, (_, at) => at + 20);
    const { hits, isAll } = await nearest(engine, query, { k: 250, subset: subsetOf(some, 300, false) });
    assert.deepEqual([asked, isAll], [[], true]);
    for (const [at, { score }] of expected(some, 250).entries())
      assert.ok(Math.abs(hits[at]!.score - score) < 1e-3, `place ${at}`);
  });

  it('finds nothing in an empty subset, and everything without one', async () => {
    const { engine } = toyEngine(all);
    assert.deepEqual(await nearest(engine, query, { k: 5, subset: subsetOf([], 300, false) }), {
      hits: [],
      isAll: true,
    });
    const whole = await nearest(engine, query, { k: 301, subset: null });
    assert.deepEqual([whole.hits.length, whole.isAll], [300, true]);
  });

  it('passes over papers of the subset that have no vector yet', async () => {
    const { engine } = toyEngine(vectors(3));
    const { hits, isAll } = await nearest(engine, query, {
      k: 5,
      subset: subsetOf([2, 3, 4, 900], 5, false),
    });
    assert.deepEqual(hits.map(({ key }) => key).sort(), [2, 3]);
    assert.equal(isAll, true);
  });
});

describe('similarities', () => {
  it('are of those that were asked for alone, and of all of them', async () => {
    const { engine } = toyEngine(vectors(20));
    const found = await similarities(engine, toyVector('wax'), [3, 19, 21, 5]);
    assert.deepEqual(
      [...found.keys()].sort((a, b) => a - b),
      [3, 5, 19],
    );
    assert.equal((await similarities(engine, toyVector('wax'), [21, 22])).size, 0);
    const given = await vectorsOf(engine, [3, 21]);
    assert.deepEqual([given[0] !== null, given[1]], [true, null]);
  });
});

describe('combine', () => {
  const unit = (...values: number[]) => Float32Array.from(values);

  it('adds up to length 1', () => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
    const part = fc.record({
      vector: vector.map((values) => unit(...values)),
      weight: fc.constantFrom(1, -0.5, 0.1),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const sum = combine(parts);
        if (sum !== null) assert.ok(Math.abs(Math.hypot(...sum) - 1) < 1e-5);
      }),
      { seed: 20251209, numRuns: 200 },
    );
  });

  it('is nothing where the parts take each other back, or there are none', () => {
    assert.equal(combine([]), null);
    const one = { vector: unit(0.6, 0.8), weight: 1 };
    assert.equal(combine([one, { ...one, weight: -0.5 }, { ...one, weight: -0.5 }]), null);
  });
});
