import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { heatOf, heatOn, heatParameters, type Observation, observationKinds } from '../../src/papers/heat.js';

const seeded = { seed: Number(process.env['FC_SEED'] ?? 20_240_611) };
const { halfLifeDays, weights } = heatParameters;

const dayAt = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10);
const upvotes = (...looks: [day: number, value: number][]): Observation[] =>
  looks.map(([day, value]) => ({ kind: 'upvotes', day: dayAt(day), value }));
const born = (day: number) => ({ date: dayAt(day), cameIn: dayAt(day) });

function near(found: number | null, wanted: number): void {
  assert.ok(
    found !== null && Math.abs(found - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)),
    `${found}, not ${wanted}`,
  );
}

const look = fc.record({
  kind: fc.constantFrom(...observationKinds),
  day: fc.integer({ min: -3_000, max: 400 }).map(dayAt),
  value: fc.nat(100_000),
});
const looks = fc.array(look, { maxLength: 12 });
const age = fc.record({
  date: fc.constantFrom(null, '2023', '2025-12', '2026-02-10', '2031-01-01'),
  cameIn: fc.integer({ min: -100, max: 100 }).map(dayAt),
});

describe('heat', () => {
  it('is what the formula says', () => {
    const seen: Observation[] = [
      ...upvotes([3, 25], [5, 100], [6, 90], [9, 144]),
      { kind: 'stars', day: dayAt(9), value: 400 },
    ];
    const sum =
      // The first looks count from the paper's own day, two days before.
      5 * 2 ** (1 / halfLifeDays) +
      (10 - 5) * 2 ** (5 / halfLifeDays) +
      (12 - 10) * 2 ** (9 / halfLifeDays) +
      weights.stars * 20 * 2 ** (1 / halfLifeDays);
    near(heatOn(heatOf(seen, born(1))!, dayAt(0)), sum);
  });

  it('is the root of the upvotes on the day itself, and half of that after a half-life', () => {
    const heat = heatOf(upvotes([0, 81]), born(0))!;
    near(heatOn(heat, dayAt(0)), 9);
    near(heatOn(heat, dayAt(halfLifeDays)), 4.5);
    near(heatOn(heat, dayAt(10 * halfLifeDays)), 9 / 1_024);
  });

  it('is nothing without a rise', () => {
    for (const seen of [[], upvotes([1, 0]), upvotes([1, 0], [4, 0])])
      assert.equal(heatOf(seen, born(0)), null);
    near(heatOf(upvotes([1, 4], [2, 3], [3, 4], [90, 4]), born(1)), heatOf(upvotes([1, 4]), born(1))!);
  });

  it('takes what had gathered before the first look to be as old as the paper', () => {
    const old = { date: '2017-06-12', cameIn: dayAt(0) };
    assert.ok(heatOn(heatOf(upvotes([0, 90_000]), old)!, dayAt(0)) < 1e-6);
    near(heatOf(upvotes([0, 16], [1, 25]), old), heatOf(upvotes([1, 1]), born(1))!);
    const undated = { date: null, cameIn: dayAt(2) };
    near(heatOf(upvotes([6, 16]), undated), heatOf(upvotes([2, 16]), born(2))!);
    // A month or year stands for its first day; a date after the look is none.
    near(heatOf(upvotes([40, 16]), { ...undated, date: '2026-01' }), heatOf(upvotes([0, 16]), born(0))!);
    near(heatOf(upvotes([40, 16]), { ...undated, date: '2026' }), heatOf(upvotes([0, 16]), born(0))!);
    near(heatOf(upvotes([0, 16]), { ...undated, date: '2099-01-01' }), heatOf(upvotes([0, 16]), born(0))!);
  });

  it('grows with what was seen last', () => {
    fc.assert(
      fc.property(looks, age, fc.integer({ min: 1, max: 1_000 }), (seen, paper, more) => {
        const highest = Math.max(
          0,
          ...seen.filter(({ kind }) => kind === 'upvotes').map(({ value }) => value),
        );
        const last: Observation = { kind: 'upvotes', day: dayAt(500), value: highest + more };
        const before = heatOf(seen, paper) ?? Number.NEGATIVE_INFINITY;
        const after = heatOf([...seen, last], paper)!;
        const most = heatOf([...seen, { ...last, value: highest + more + 500 }], paper)!;
        // A first look may be as old as the paper, and leave no trace in 53 bits.
        assert.ok(after >= before && most >= after);
        if (seen.some(({ kind }) => kind === 'upvotes')) assert.ok(after > before && most > after);
      }),
      seeded,
    );
  });

  it('is the same in any order, and of the union of two papers', () => {
    fc.assert(
      fc.property(looks, looks, age, (one, two, paper) => {
        const union = heatOf([...one, ...two], paper);
        assert.equal(heatOf([...two, ...one].reverse(), paper) === null, union === null);
        if (union !== null) near(heatOf([...two, ...one].reverse(), paper), union);
        if (union !== null) near(heatOf([...one, ...two, ...one], paper), union);
      }),
      seeded,
    );
  });

  it('hardly depends on how often somebody looks: the roots add up', () => {
    const every = upvotes(...Array.from({ length: 8 }, (_, at): [number, number] => [10, 100 + at * 43]));
    near(heatOf([...upvotes([9, 100]), ...every], born(9)), heatOf(upvotes([9, 100], [10, 401]), born(9))!);
  });

  it('orders two papers alike on every day', () => {
    fc.assert(
      fc.property(looks, looks, age, fc.integer({ min: 0, max: 60 }), (one, two, paper, later) => {
        const [a, b] = [heatOf(one, paper), heatOf(two, paper)];
        if (a === null || b === null || Math.abs(a - b) < 1e-9) return;
        const day = dayAt(400 + later);
        const [now, then] = [heatOn(a, day), heatOn(b, day)];
        // Thousands of days are more than a number's exponent has.
        if (now > 0 || then > 0) assert.equal(now > then, a > b);
      }),
      seeded,
    );
  });

  it('is a number for the oldest paper and the largest count', () => {
    for (const date of ['1450', '9999-12-31']) {
      const heat = heatOf([{ kind: 'stars', day: '9999-12-31', value: 2 ** 31 - 1 }], { date, cameIn: date });
      assert.ok(Number.isFinite(heat) && heat! > -1e6);
    }
  });
});
