import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePartialDate, readListingDate, resolveListingDate } from '../../../src/ingest/parsers/dates.js';

test('readListingDate: what stands behind the date is given back', () => {
  assert.deepEqual(readListingDate('May 31, 2024'), { date: { year: 2024, month: 5, day: 31 }, rest: '' });
  assert.deepEqual(readListingDate('Jul 19 1'), { date: { month: 7, day: 19 }, rest: '1' });
  assert.deepEqual(readListingDate('Jul 19 2023 4'), { date: { year: 2023, month: 7, day: 19 }, rest: '4' });
  assert.deepEqual(readListingDate('October 2026'), { date: { year: 2026, month: 10 }, rest: '' });
  assert.deepEqual(readListingDate('2024-05-31'), { date: { year: 2024, month: 5, day: 31 }, rest: '' });
  assert.deepEqual(readListingDate('Feb 29'), { date: { month: 2, day: 29 }, rest: '' });
});

test('readListingDate: no dates', () => {
  for (const text of [
    'Feb 30',
    'Feb 29, 2023',
    'Maybe 3',
    'Mayflower 12',
    'Jan 0',
    'Dec 32',
    '12',
    'May',
    'Marching 4',
  ])
    assert.equal(readListingDate(text), null, text);
});

test('resolveListingDate: never after the day of saving, and less than a year before it but for 29 February', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1990-01-01'), max: new Date('2090-12-31'), noInvalidDate: true }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 28 }),
      (saved, month, day) => {
        const asOf = saved.toISOString().slice(0, 10);
        const resolved = resolveListingDate({ month, day }, asOf);
        const before = (Date.parse(asOf) - Date.parse(resolved)) / 86_400_000;
        assert.ok(before >= 0 && before < 366, `${resolved} at ${asOf}`);
      },
    ),
    { seed: 7 },
  );
  assert.equal(resolveListingDate({ month: 2, day: 29 }, '2025-01-01'), '2024-02-29');
  assert.equal(resolveListingDate({ month: 2, day: 29 }, '1903-01-01'), '1896-02-29');
  assert.equal(resolveListingDate({ year: 2030, month: 1, day: 2 }, '2025-01-01'), '2030-01-02');
});

test('parsePartialDate: as exact as it was said', () => {
  for (const [given, wanted] of [
    ['2024', '2024'],
    [2024, '2024'],
    ['2024-3', '2024-03'],
    ['2024-03-01', '2024-03-01'],
    ['2024/03/01', '2024-03-01'],
    ['2024-03-01T23:30:00Z', '2024-03-01'],
    ['2024-03-01T23:30:00.123+02:00', '2024-03-01'],
    ['2024-03-01 23:30:00', '2024-03-01'],
    ['Fri, 1 Mar 2024 10:00:00 GMT', '2024-03-01'],
    ['March 2024', '2024-03'],
    ['Mar 1, 2024', '2024-03-01'],
    ['soon', null],
    ['', null],
    ['2024-13', null],
    ['2023-02-29', null],
    ['0024', null],
    ['20240301', null],
    [1_709_251_200, null],
    [20.24, null],
    ['2024 or so', null],
    ['May 3', null],
  ] as const)
    assert.equal(parsePartialDate(given), wanted, String(given));
});
