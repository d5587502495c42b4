import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createInt8Kernels, KERNEL_WIDTH, plainInt8Kernels } from '../../src/vectors/copies/int8-kernel.js';
import { createQuantisedVectors } from '../../src/vectors/copies/quantised.js';
import { createSlotTable } from '../../src/vectors/copies/slot-table.js';
import { dot, MAX_LABEL } from '../../src/vectors/vector.js';
import { normalized, randomNumbers, randomVector, seeded } from './vectors-fixture.js';

test('the kernel gives the same integers as a plain loop, at every width and at the bounds', () => {
  const random = randomNumbers(1);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { dot: fast } = createInt8Kernels(memory);
  const { dot: plain } = plainInt8Kernels(memory);
  assert.notEqual(fast.toString(), plain.toString(), 'this processor runs the kernel');
  for (let width = KERNEL_WIDTH; width <= 512; width += KERNEL_WIDTH) {
    const row = width * 2 + 8;
    const query = new Int16Array(memory.buffer, 0, width);
    const codes = new Int8Array(memory.buffer, row, width);
    for (const extreme of [false, true]) {
      for (let i = 0; i < width; i++) {
        query[i] = extreme ? -32_767 : (random() - 0.5) * 65_000;
        codes[i] = extreme ? 127 : (random() - 0.5) * 254;
      }
      assert.equal(fast(row, 0, row + width), plain(row, 0, row + width), `width ${width}`);
    }
    assert.equal(fast(row, 0, row + width), -32_767 * 127 * width);
  }
});

test('the kernel makes the same rows as a plain loop', () => {
  const random = randomNumbers(2);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { encode: fast } = createInt8Kernels(memory);
  const { encode: plain } = plainInt8Kernels(memory);
  for (let width = KERNEL_WIDTH; width <= 1_024; width += KERNEL_WIDTH) {
    const numbers = new Float32Array(memory.buffer, 0, width);
    const [first, second] = [width * 4, width * 5];
    for (let i = 0; i < width; i++) numbers[i] = random() * 2 - 1;
    // Both bounds, a half on either side, zero.
    numbers.set([1, -1, 0.5 / 127, -1.5 / 127, 0]);
    fast(first, 0, width * 4, 127);
    plain(second, 0, width * 4, 127);
    const rowAt = (at: number) => Array.from(new Int8Array(memory.buffer, at, width));
    assert.deepEqual(rowAt(first), rowAt(second), `width ${width}`);
    assert.deepEqual(rowAt(first).slice(0, 2), [127, -127]);
  }
});

test('the table of slots agrees with a map, whatever the labels', () => {
  const label = fc.oneof(
    fc.nat(40),
    fc.nat(MAX_LABEL),
    // Multiples of a large power of two have the same first bits once multiplied.
    fc.nat(40).map((n) => n * 2 ** 26),
  );
  const step = fc.record({ isAddition: fc.boolean(), label });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const labels: number[] = [];
      const table = createSlotTable((slot) => labels[slot]!);
      const expected = new Map<number, number>();
      for (const { isAddition, label: one } of steps) {
        if (isAddition && !expected.has(one)) {
          labels.push(one);
          table.add(one, labels.length - 1);
          expected.set(one, labels.length - 1);
        } else if (!isAddition && expected.delete(one)) {
          table.remove(one);
        }
        assert.equal(table.slotOf(one), expected.get(one) ?? -1);
      }
      for (const [one, slot] of expected) assert.equal(table.slotOf(one), slot);
    }),
    seeded,
  );
});

for (const dimension of [2, 16, 50, 384, 1_024]) {
  test(`approximate scores are within the stated error at ${dimension} numbers`, () => {
    const random = randomNumbers(dimension);
    const copies = createQuantisedVectors(dimension);
    const vectors = Array.from({ length: 500 }, (_, i) =>
      i % 5 === 0
        ? normalized(Array.from({ length: dimension }, (_, j) => (j === i % dimension ? 1 : 0.001)))
        : randomVector(dimension, random),
    );
    for (const [label, vector] of vectors.entries()) copies.add(label, vector);
    let worst = 0;
    for (const query of vectors.slice(0, 50)) {
      const seen = new Set<number>();
      copies.score(copies.code(query), { chosen: null, from: 0, to: copies.slots }, (label, score) => {
        seen.add(label);
        worst = Math.max(worst, Math.abs(score - dot(query, vectors[label]!)));
      });
      assert.equal(seen.size, 500);
    }
    assert.ok(worst > 0 && worst <= copies.scoreError, `${worst}, stated ${copies.scoreError}`);
    assert.ok(copies.scoreError < 0.02);
  });
}

test('rows come and go in any order, and never move', () => {
  const dimension = 16;
  const random = randomNumbers(2);
  const pool = Array.from({ length: 60 }, () => randomVector(dimension, random));
  const step = fc.record({ isAddition: fc.boolean(), label: fc.nat(59) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const copies = createQuantisedVectors(dimension);
      const slots = new Map<number, number>();
      for (const { isAddition, label } of steps) {
        if (isAddition && !slots.has(label)) {
          copies.add(label, pool[label]!);
          slots.set(label, copies.slotOf(label));
        } else if (!isAddition) {
          assert.equal(copies.remove(label), slots.delete(label));
        }
        assert.equal(copies.size, slots.size);
        assert.equal(copies.has(label), slots.has(label));
      }
      for (const [label, slot] of slots) assert.equal(copies.slotOf(label), slot);
      const scored: number[] = [];
      const all = { chosen: null, from: 0, to: copies.slots };
      copies.score(copies.code(pool[0]!), all, (label) => scored.push(label));
      assert.deepEqual(
        scored.sort((a, b) => a - b),
        [...slots.keys()].sort((a, b) => a - b),
      );
    }),
    seeded,
  );
});

test('it grows over many pages and stays right', () => {
  const dimension = 384;
  const random = randomNumbers(3);
  const pool = Array.from({ length: 97 }, () => randomVector(dimension, random));
  const copies = createQuantisedVectors(dimension);
  for (let label = 0; label < 20_000; label++) copies.add(label * 7, pool[label % 97]!);
  assert.equal(copies.size, 20_000);
  assert.ok(copies.bytes / 20_000 < 410, `${copies.bytes / 20_000} bytes a vector`);
  const chosen = Uint32Array.of(copies.slotOf(7 * 12_345), copies.slotOf(0));
  const found: [number, number][] = [];
  copies.score(copies.code(pool[12_345 % 97]!), { chosen, from: 0, to: 2 }, (label, score) =>
    found.push([label, score]),
  );
  assert.deepEqual(
    found.map(([label]) => label),
    [7 * 12_345, 0],
  );
  assert.ok(Math.abs(found[0]![1] - 1) < copies.scoreError);
});
