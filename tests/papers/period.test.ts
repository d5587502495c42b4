import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { listedDay, onePeriod, periodNames, periodOf, readPeriod } from '../../src/papers/period.js';
import { isAppError } from '../../src/platform/errors.js';
import { storedPaper } from '../support/papers.js';

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

describe('a period in fields of its own', () => {
  const periods: [Parameters<typeof onePeriod>[0], [string, string]][] = [
    [{ date: '2024-02-29' }, ['2024-02-29', '2024-02-29']],
    [{ month: '2024-02' }, ['2024-02-01', '2024-02-29']],
    [{ month: '2023-12' }, ['2023-12-01', '2023-12-31']],
    [{ week: '2024-W31' }, ['2024-07-29', '2024-08-04']],
    // Week 1 begins in the year before, week 53 ends in the year after.
    [{ week: '2020-W01' }, ['2019-12-30', '2020-01-05']],
    [{ week: '2020-W53' }, ['2020-12-28', '2021-01-03']],
    [{ week: '2021-W01' }, ['2021-01-04', '2021-01-10']],
    [{ date: '9999-12-31' }, ['9999-12-31', '9999-12-31']],
  ];
  for (const [period, [from, to]] of periods)
    it(`is that of ${JSON.stringify(period)}`, () => {
      const found = onePeriod(period);
      assert.deepEqual([found?.from, found?.to], [from, to]);
    });

  it('is none where none is given', () => assert.equal(onePeriod({}), null));

  const refused: [Parameters<typeof onePeriod>[0], string][] = [
    [{ date: '2023-02-29' }, 'date'],
    [{ date: '2024-1-01' }, 'date'],
    [{ date: '' }, 'date'],
    [{ date: '0000-01-01' }, 'date'],
    [{ month: '2024-13' }, 'month'],
    [{ month: '2024-00' }, 'month'],
    [{ month: '2024-02-01' }, 'month'],
    [{ week: '2024-W00' }, 'week'],
    [{ week: '2021-W53' }, 'week'],
    [{ week: '2024-31' }, 'week'],
    [{ date: '2024-01-01', month: '2024-01' }, 'date'],
  ];
  for (const [period, field] of refused)
    it(`refuses ${JSON.stringify(period)}`, () =>
      assert.throws(
        () => onePeriod(period),
        (error) => isAppError(error, 'invalid_input') && error.message.startsWith(`${field}: expected `),
      ));
});

describe('the day of a paper', () => {
  const createdAt = new Date('2024-08-20T23:59:59.999Z');
  it('is its own, that on which it came in, or the first of its month or year', () => {
    assert.equal(listedDay(storedPaper({ date: '2024-03-01', createdAt })), '2024-03-01');
    for (const date of ['2024-08', '2024', null])
      assert.equal(listedDay(storedPaper({ date, createdAt })), '2024-08-20');
    assert.equal(listedDay(storedPaper({ date: '2024-03', createdAt })), '2024-03-01');
    assert.equal(listedDay(storedPaper({ date: '2023', createdAt })), '2023-01-01');
  });
});
