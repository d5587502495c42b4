import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { groupVectors, interleave } from '../../src/search/ranking/interests.js';

const at = (degrees: number): Float32Array =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

describe('groupVectors', () => {
  it('puts together what is alike, the largest group first', () => {
    const vectors = [0, 90, 5, 95, 10].map(at);
    assert.deepEqual(groupVectors(vectors, { least: 0.5, most: 9 }), [
      [0, 2, 4],
      [1, 3],
    ]);
  });

  it('goes by the mean of all pairs: a chain is no group', () => {
    // Neighbours are 40 degrees apart (.77), the ends 160.
    const chain = [0, 40, 80, 120, 160].map(at);
    assert.ok(groupVectors(chain, { least: 0.7, most: 9 }).length > 1);
  });

  it('makes no more groups than asked for', () => {
    const vectors = [0, 90, 180, 270].map(at);
    assert.equal(groupVectors(vectors, { least: 0.9, most: 9 }).length, 4);
    assert.equal(groupVectors(vectors, { least: 0.9, most: 2 }).length, 2);
  });

  it('has each vector in one group, for any vectors', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 359 }), { maxLength: 30 }), (angles) => {
        const groups = groupVectors(angles.map(at), { least: 0.6, most: 5 });
        assert.ok(groups.length <= Math.max(5, 0));
        assert.deepEqual(
          groups.flat().sort((a, b) => a - b),
          angles.map((_, n) => n),
        );
      }),
    );
  });
});

describe('interleave', () => {
  it('gives each list its share of every beginning', () => {
    const merged = interleave([
      { items: [...'aaaaaaaa'], size: 4 },
      { items: [...'bbbb'], size: 1 },
    ]).join('');
    // Square roots, so two to one.
    assert.equal(merged, 'abaabaabaaba');
  });

  it('loses nothing and keeps each order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer(), { maxLength: 8 }), { maxLength: 5 }), (lists) => {
        const tagged = lists.map((items, list) => ({
          items: items.map((_, n) => ({ list, n })),
          size: list + 1,
        }));
        const merged = interleave(tagged);
        lists.forEach((items, list) => {
          const own = merged.filter((one) => one.list === list).map(({ n }) => n);
          assert.deepEqual(own, [...items.keys()]);
        });
      }),
    );
  });
});
