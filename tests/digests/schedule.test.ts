import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Temporal } from 'temporal-polyfill';
import {
  comesNext,
  dueAt,
  dueNext,
  dueNow,
  isTimeZone,
  localDate,
  type Timetable,
} from '../../src/digests/schedule.js';

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const long = new Date('2000-01-01T00:00:00Z');
const at = (time: string): Date => new Date(time);
const berlin: Timetable = { days: everyDay, hour: 7, timeZone: 'Europe/Berlin' };

describe('when a digest is due', () => {
  it('comes next: what is due already, or the next one behind now and behind a pause', () => {
    const next = (now: string, since: string, last: string | null = null) =>
      comesNext(berlin, { now: at(now), last, since: at(since) }).localDate;
    assert.equal(next('2026-03-02T05:00:00Z', '2026-03-01T12:00:00Z'), '2026-03-02');
    assert.equal(next('2026-03-02T06:00:10Z', '2026-03-01T12:00:00Z'), '2026-03-02', 'due and not made yet');
    assert.equal(next('2026-03-02T06:00:10Z', '2026-03-01T12:00:00Z', '2026-03-02'), '2026-03-03');
    assert.equal(next('2026-03-02T09:00:00Z', '2026-03-02T08:00:00Z'), '2026-03-03', 'confirmed after it');
    assert.equal(next('2026-03-02T05:00:00Z', '2026-03-09T23:00:00Z'), '2026-03-10', 'a pause');
    assert.equal(next('2026-03-02T05:00:00Z', '2026-03-10T06:00:00Z'), '2026-03-10', 'due as it ends');
    assert.equal(next('2026-03-02T05:00:00Z', '2026-03-10T06:00:01Z'), '2026-03-11');
  });

  it('is at its hour as the clocks there show it, summer and winter', () => {
    assert.equal(dueAt('2026-01-15', berlin)?.toISOString(), '2026-01-15T06:00:00.000Z');
    assert.equal(dueAt('2026-07-15', berlin)?.toISOString(), '2026-07-15T05:00:00.000Z');
    assert.equal(localDate(at('2026-01-15T23:30:00Z'), 'Europe/Berlin'), '2026-01-16');
  });

  it('is after the change where clocks are put forward over it, and at its first occurrence where they are put back', () => {
    const two = { ...berlin, hour: 2 };
    assert.equal(dueAt('2026-03-29', two)?.toISOString(), '2026-03-29T01:00:00.000Z');
    assert.equal(dueAt('2026-10-25', two)?.toISOString(), '2026-10-25T00:00:00.000Z');
  });

  it('is never on a day that a zone left out', () => {
    const apia = { ...berlin, timeZone: 'Pacific/Apia' };
    assert.equal(dueAt('2011-12-30', apia), null);
    assert.ok(dueAt('2011-12-31', apia));
  });

  it('is once a day: from its hour until it was sent', () => {
    const now = (time: string, last: string | null) => dueNow(berlin, { now: at(time), last, since: long });
    assert.equal(now('2026-01-15T05:59:59Z', '2026-01-14'), null);
    assert.equal(now('2026-01-15T06:00:00Z', '2026-01-14')?.localDate, '2026-01-15');
    assert.equal(now('2026-01-15T22:00:00Z', '2026-01-15'), null);
    assert.equal(
      now('2026-01-16T05:00:00Z', '2026-01-14')?.localDate,
      '2026-01-15',
      'late is better than never',
    );
  });

  it('is one digest after days of silence, not one for each', () => {
    const due = dueNow(berlin, { now: at('2026-01-20T12:00:00Z'), last: '2026-01-10', since: long });
    assert.equal(due?.localDate, '2026-01-20');
    assert.equal(dueNow(berlin, { now: at('2026-01-20T12:00:00Z'), last: '2026-01-20', since: long }), null);
  });

  it('keeps to its days of the week', () => {
    const mondays = { ...berlin, days: [1] };
    assert.equal(
      dueNow(mondays, { now: at('2026-01-20T12:00:00Z'), last: null, since: long })?.localDate,
      '2026-01-19',
    );
    assert.equal(dueNow(mondays, { now: at('2026-01-20T12:00:00Z'), last: '2026-01-19', since: long }), null);
    assert.equal(dueNext(mondays, { now: at('2026-01-20T12:00:00Z'), last: null }).localDate, '2026-01-26');
  });

  it('is not from before it was confirmed', () => {
    const confirmed = at('2026-01-15T09:00:00Z');
    assert.equal(dueNow(berlin, { now: at('2026-01-15T10:00:00Z'), last: null, since: confirmed }), null);
    assert.equal(
      dueNow(berlin, { now: at('2026-01-16T06:00:00Z'), last: null, since: confirmed })?.localDate,
      '2026-01-16',
    );
  });

  it('goes by a changed zone without a second digest of one day', () => {
    const auckland = { ...berlin, timeZone: 'Pacific/Auckland' };
    const now = at('2026-01-15T06:30:00Z');
    assert.equal(dueNow(berlin, { now, last: null, since: long })?.localDate, '2026-01-15');
    assert.equal(dueNow(auckland, { now, last: '2026-01-15', since: long }), null);
  });

  it('knows the zones that there are', () => {
    assert.deepEqual(['Europe/Berlin', 'UTC', 'Mars/Olympus', '', '+02:00'].map(isTimeZone), [
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  // Half hours, both hemispheres, changes at midnight, Ramadan, none at all; all zones: npm run campaign:zones.
  for (const timeZone of [
    'America/New_York',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'America/Santiago',
    'Asia/Beirut',
    'Africa/Cairo',
    'America/Nuuk',
    'Pacific/Apia',
    'Antarctica/Troll',
  ]) {
    it(`is once on each local day of two years: ${timeZone}`, () => {
      for (const hour of [0, 2, 23]) {
        const timetable = { days: everyDay, hour, timeZone };
        let last: string | null = null;
        let now = at('2024-12-31T00:00:00Z');
        const days: string[] = [];
        while (days.length < 730) {
          const next = dueNext(timetable, { now, last });
          const before = new Date(next.at.getTime() - 1);
          assert.equal(
            dueNow(timetable, { now: before, last, since: long })?.localDate === next.localDate,
            false,
          );
          const due = dueNow(timetable, { now: next.at, last: days.at(-1) ?? null, since: long });
          assert.equal(due?.localDate, next.localDate);
          days.push(next.localDate);
          last = next.localDate;
          now = next.at;
        }
        const first = Temporal.PlainDate.from(days[0]!);
        assert.deepEqual(
          days,
          days.map((_, n) => first.add({ days: n }).toString()),
        );
      }
    });
  }
});
