import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createDaily, type DailyRequest, dayRange, listedDay } from '../../src/papers/daily.js';
import { createDailyStore } from '../../src/papers/daily-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { isAppError } from '../../src/platform/errors.js';
import { inventedPaper, storedPaper } from '../support/papers.js';
import { withDatabase } from '../support/postgres.js';

describe('the days of a period', () => {
  const periods: [Parameters<typeof dayRange>[0], [string, string]][] = [
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
    it(`of ${JSON.stringify(period)}`, () => assert.deepEqual(dayRange(period), { from, to }));

  it('are none where no period is given', () => assert.equal(dayRange({}), null));

  const refused: [Parameters<typeof dayRange>[0], string][] = [
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
        () => dayRange(period),
        (error) => isAppError(error, 'invalid_input') && error.message.startsWith(`${field}: expected `),
      ));
});

describe('papers by day', () => {
  const database = withDatabase();
  const now = new Date('2024-08-20T12:00:00Z');
  const daily = () =>
    createDaily({
      store: createDailyStore(database.db),
      papers: createPaperStore(database.db),
      clock: { now: () => now },
    });
  const list = async (request: Partial<DailyRequest>) => {
    const defaults = { range: null, sort: 'publishedAt', offset: 0, limit: 50 } as const;
    const { papers, more } = await daily().list({ ...defaults, ...request });
    return { ids: papers.map(({ id }) => id.slice(5)), more, papers };
  };

  /** Number, date, when it came in, upvotes. */
  const rows: [number, string | undefined, string, number | undefined][] = [
    [1, '2024-08-01', '2024-08-19T00:00:00Z', 5],
    [2, '2024-08-01', '2024-08-19T01:00:00Z', undefined],
    [3, '2024-08-01', '2024-08-19T02:00:00Z', 50],
    // No day of their own: the UTC day on which they came in, to its last moment.
    [4, undefined, '2024-08-01T23:59:59.999Z', 7],
    [5, '2024-08', '2024-08-02T00:00:00Z', 70],
    [6, '2024', '2024-07-31T23:59:59.999Z', 1],
    [7, '2024-07-15', '2024-08-19T03:00:00Z', 900],
    [8, '2031-01-01', '2024-08-19T04:00:00Z', 999],
    // Old ones that came in last.
    [9, '2020-01-02', '2024-08-19T05:00:00Z', 2],
    [0, '2020-01-01', '2024-08-19T06:00:00Z', 2],
  ];

  before(async () => {
    await createPaperStore(database.db).takeIn(
      rows.map(([n, date, , upvotes]) =>
        inventedPaper(n, {
          arxivId: `2401.0000${n}`,
          source: n === 3 ? 'listing' : 'jsonl',
          ...(date === undefined ? {} : { date }),
          ...(upvotes === undefined ? {} : { upvotes }),
        }),
      ),
    );
    for (const [n, , createdAt] of rows)
      await database.db.pool.query('UPDATE papers SET created_at = $2 WHERE public_id = $1', [
        `2401.0000${n}`,
        createdAt,
      ]);
  });

  it('stand in the order of upvotes within a period', async () => {
    assert.deepEqual((await list({ range: dayRange({ date: '2024-08-01' }) })).ids, [
      '00003',
      '00004',
      '00001',
      '00002',
    ]);
    assert.deepEqual((await list({ range: dayRange({ date: '2024-08-02' }) })).ids, ['00005']);
    assert.deepEqual((await list({ range: dayRange({ month: '2024-07' }) })).ids, ['00007', '00006']);
    assert.deepEqual((await list({ range: dayRange({ date: '1999-01-01' }) })).ids, []);
  });

  it('stand newest first without one, and page without repeating or skipping', async () => {
    const all = (await list({})).ids;
    assert.deepEqual(all, [
      '00008',
      '00005',
      '00003',
      '00002',
      '00001',
      '00004',
      '00006',
      '00007',
      '00009',
      '00000',
    ]);
    for (const limit of [1, 3, 10]) {
      const paged: string[] = [];
      for (let offset = 0; offset < rows.length; offset += limit) {
        const { ids, more } = await list({ offset, limit });
        assert.equal(more, offset + limit < rows.length);
        paged.push(...ids);
      }
      assert.deepEqual(paged, all);
    }
    assert.deepEqual(await list({ offset: 5_000_000 }), { ids: [], more: false, papers: [] });
  });

  it('are listed under the day that they say', async () => {
    const { papers } = await list({});
    const days = papers.map(listedDay);
    assert.deepEqual(days, days.toSorted().reverse());
    assert.equal(listedDay(storedPaper({ date: '2024-03', createdAt: now })), '2024-08-20');
  });

  it('trend by upvotes within the newest fourteen days, not from the future', async () => {
    // The newest day that is past is 2 August; 15 July lies before the fourteen days, 31 July within.
    assert.deepEqual((await list({ sort: 'trending' })).ids, [
      '00005',
      '00003',
      '00004',
      '00001',
      '00006',
      '00002',
    ]);
  });

  it('are those of one source where it is named', async () => {
    assert.deepEqual((await list({ submitter: 'listing' })).ids, ['00003']);
    assert.deepEqual((await list({ submitter: 'akhaliq\0' })).ids, []);
    assert.equal((await list({ submitter: 'jsonl' })).ids.length, 9);
  });
});
