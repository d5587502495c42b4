import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { periodNames, periodOf, readPeriod } from '../../src/papers/period.js';

const days = fc
  .integer({ min: Date.UTC(1000, 0, 6) / 86_400_000, max: Date.UTC(9999, 11, 31) / 86_400_000 })
  .map((n) => new Date(n * 86_400_000).toISOString().slice(0, 10));

describe('periods', () => {
  it('are read as the calendar has them', () => {
    const wanted: [Parameters<typeof readPeriod>[0], string, string, string][] = [
      ['day', '2024-02-29', '2024-02-29', '2024-02-29'],
      ['month', '2024-02', '2024-02-01', '2024-02-29'],
      ['month', '2026-11', '2026-11-01', '2026-11-30'],
      ['month', '2026-12', '2026-12-01', '2026-12-31'],
      ['week', '2026-W47', '2026-11-16', '2026-11-22'],
      // ISO 8601: the first week has the first Thursday.
      ['week', '2026-W01', '2025-12-29', '2026-01-04'],
      ['week', '2026-W53', '2026-12-28', '2027-01-03'],
      ['week', '2021-W01', '2021-01-04', '2021-01-10'],
      ['week', '9999-W52', '9999-12-27', '9999-12-31'],
    ];
    for (const [period, date, from, to] of wanted)
      assert.deepEqual(readPeriod(period, date), { period, date, from, to });
  });

  it('are none where the calendar has none', () => {
    const wrong = {
      day: [
        '2023-02-29',
        '2026-13-01',
        '2026-1-01',
        '2026-11',
        '2026-W47',
        '',
        'today',
        '0999-01-01',
        '2026-11-20T00',
      ],
      week: ['2026-W54', '2025-W53', '2026-W00', '2026-W7', '2026W47', '2026-w47', '2026-11-20'],
      month: ['2026-00', '2026-13', '2026-1', '2026', '2026-11-20', '0000-01'],
    };
    for (const period of periodNames)
      for (const date of wrong[period]) assert.equal(readPeriod(period, date), null, `${period} ${date}`);
  });

  it('hold the day that they are of, and are found by their names', () => {
    fc.assert(
      fc.property(days, (day) => {
        for (const name of periodNames) {
          const period = periodOf(name, day);
          assert.ok(period.from <= day && day <= period.to);
          assert.deepEqual(readPeriod(name, period.date), period);
          for (const edge of [period.from, period.to]) assert.deepEqual(periodOf(name, edge), period);
        }
      }),
      { seed: 20_240_611, numRuns: 500 },
    );
  });
});
