import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createListingStore, type PlacesQuery, placesStatement } from '../../src/papers/listing-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { listedDay, onePeriod } from '../../src/papers/period.js';
import { createListings, type ListingWindow } from '../../src/search/listings.js';
import { inventedPaper } from '../support/papers.js';
import { withDatabase } from '../support/postgres.js';

const orders = ['newest', 'upvoted', 'trending'] as const;

describe('windows of the listings', () => {
  const database = withDatabase();
  const listings = () =>
    createListings({
      store: createListingStore(database.db),
      papers: createPaperStore(database.db),
      latestIntake: async () => null,
      clock: { now: () => new Date('2024-08-20T12:00:00Z') },
    });
  const list = async (asked: Partial<ListingWindow>) => {
    const defaults = { days: null, sort: 'newest', source: null, offset: 0, limit: 50 } as const;
    const { papers, more } = await listings().window({ ...defaults, ...asked });
    return { numbers: papers.map(({ id }) => Number(id.slice(5))), more, papers };
  };

  /** Number, date, when it came in, upvotes, when they were counted. */
  const rows: [number, string | undefined, string, number | undefined, string?][] = [
    [1, '2024-08-01', '2024-08-19T00:00:00Z', 5, '2024-08-02'],
    [2, '2024-08-01', '2024-08-19T01:00:00Z', undefined],
    [3, '2024-08-01', '2024-08-19T02:00:00Z', 50, '2024-08-02'],
    // No day of their own: the UTC day on which they came in, to its last moment.
    [4, undefined, '2024-08-01T23:59:59.999Z', 7],
    [5, '2024-08', '2024-08-02T00:00:00Z', 70, '2024-08-19'],
    [6, '2024', '2024-07-31T23:59:59.999Z', 1, '2024-08-19'],
    [7, '2024-07-15', '2024-08-19T03:00:00Z', 900, '2024-07-20'],
    [8, '2031-01-01', '2024-08-19T04:00:00Z', 999, '2024-01-01'],
    // Old ones that came in last.
    [9, '2020-01-02', '2024-08-19T05:00:00Z', 2],
    [10, '2020-01-01', '2024-08-19T06:00:00Z', 2],
    // Came in outside of what is known of their date.
    [11, '2023-05', '2024-08-19T07:00:00Z', undefined],
    [12, '2019', '2024-08-01T00:00:00Z', undefined],
  ];
  const newest = [8, 5, 1, 2, 3, 4, 6, 7, 11, 9, 10, 12];

  before(async () => {
    await createPaperStore(database.db).takeIn(
      rows.map(([n, date, , upvotes, asOf = '2024-08-19']) =>
        inventedPaper(n, {
          arxivId: `2401.${String(n).padStart(5, '0')}`,
          source: n === 3 || n === 9 ? 'listing' : 'jsonl',
          asOf,
          ...(date === undefined ? {} : { date }),
          ...(upvotes === undefined ? {} : { upvotes }),
        }),
      ),
    );
    for (const [n, , createdAt] of rows)
      await database.db.pool.query('UPDATE papers SET created_at = $2 WHERE public_id = $1', [
        `2401.${String(n).padStart(5, '0')}`,
        createdAt,
      ]);
  });

  it('are in the order of upvotes within a period', async () => {
    const of = async (period: Parameters<typeof onePeriod>[0]) =>
      (await list({ days: onePeriod(period), sort: 'upvoted' })).numbers;
    assert.deepEqual(await of({ date: '2024-08-01' }), [3, 4, 1, 2]);
    assert.deepEqual(await of({ date: '2024-08-02' }), [5]);
    assert.deepEqual(await of({ month: '2024-07' }), [7, 6]);
    assert.deepEqual(await of({ date: '1999-01-01' }), []);
  });

  it('are the newest of all days, and neither repeat nor skip', async () => {
    assert.deepEqual((await list({})).numbers, newest);
    for (const sort of orders) {
      const all = (await list({ sort })).numbers;
      for (const limit of [1, 3, all.length]) {
        const paged: number[] = [];
        for (let offset = 0; offset < all.length; offset += limit) {
          const { numbers, more } = await list({ sort, offset, limit });
          assert.equal(more, offset + limit < all.length);
          paged.push(...numbers);
        }
        assert.deepEqual(paged, all, sort);
      }
    }
    assert.deepEqual(await list({ offset: 5_000_000 }), { numbers: [], more: false, papers: [] });
  });

  it('list papers under the day that they say', async () => {
    const { papers } = await list({});
    const days = papers.map(listedDay);
    assert.deepEqual(days, days.toSorted().reverse());
    const store = createListingStore(database.db);
    for (const day of new Set(days)) {
      const places = await store.listPlaces({ days: { from: day, to: day }, sort: 'newest', limit: 50 });
      assert.equal(places.length, days.filter((one) => one === day).length, day);
    }
  });

  it('are those that are talked about, the hottest first, and none of which nothing is counted', async () => {
    // log2(√upvotes) + days since 1 August / 4, of the paper's own day where it is the earlier one:
    // 5.9, 3.1, 2.8, 1.2, 0.7, and the others long ago.
    const { numbers } = await list({ sort: 'trending' });
    assert.deepEqual(numbers, [4, 5, 3, 1, 7, 8, 6, 9, 10]);
    assert.deepEqual(
      (await list({ sort: 'trending', days: onePeriod({ date: '2024-08-01' }) })).numbers,
      [4, 3, 1, 2],
    );
  });

  it('are those of one source where it is named', async () => {
    assert.deepEqual((await list({ source: 'listing' })).numbers, [3, 9]);
    assert.deepEqual((await list({ source: 'ris' })).numbers, []);
    assert.equal((await list({ source: 'jsonl' })).numbers.length, 10);
    assert.deepEqual(
      (await list({ source: 'listing', sort: 'upvoted', days: onePeriod({ date: '2024-08-01' }) })).numbers,
      [3],
    );
    assert.deepEqual((await list({ source: 'listing', sort: 'trending', limit: 1 })).more, true);
  });

  it('go on behind a place, and an offset counts from there', async () => {
    const store = createListingStore(database.db);
    for (const sort of orders) {
      const all = await store.listPlaces({ days: null, sort, limit: 50 });
      for (const [at, after] of all.entries()) {
        const rest = await store.listPlaces({ days: null, sort, after, offset: 1, limit: 50 });
        assert.deepEqual(rest, all.slice(at + 2), sort);
      }
    }
  });

  it('take any number for a place: cursors come from outside', async () => {
    const store = createListingStore(database.db);
    for (const sort of orders)
      for (const value of [1e300, -1e300, 0.5])
        for (const key of [0, Number.MAX_SAFE_INTEGER])
          assert.ok(await store.listPlaces({ days: null, sort, after: { value, key }, limit: 1 }));
  });

  describe('the plans of their pages', () => {
    before(() => database.db.pool.query('VACUUM ANALYZE papers'));

    /** What the store asks, as PostgreSQL would do it on a table that is too large to be read and sorted. */
    async function planOf(query: Omit<PlacesQuery, 'limit'>): Promise<string> {
      const { text, values } = placesStatement({ limit: 51, ...query });
      const client = await database.db.pool.connect();
      try {
        await client.query('BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off');
        await client.query('SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off');
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    }

    const days = { from: '2024-08-01', to: '2024-08-31' };
    const after = { value: 20240801, key: 3 };
    const ordered: [string, Omit<PlacesQuery, 'limit'>, string][] = [
      ['all days, the newest', { days: null, sort: 'newest' }, 'Index Only Scan using papers_day'],
      ['the same behind a place', { days: null, sort: 'newest', after }, 'Index Only Scan using papers_day'],
      ['a month, the newest', { days, sort: 'newest' }, 'Index Only Scan using papers_day'],
      ['all days, the hottest', { days: null, sort: 'trending' }, 'Index Only Scan using papers_heat'],
      ['one source, the newest', { days: null, sort: 'newest', source: 'ris' }, 'using papers_source_day'],
    ];
    for (const [name, query, scan] of ordered)
      it(`${name}: no further than the page`, async () => {
        const plan = await planOf(query);
        assert.ok(plan.includes(scan), plan);
        assert.doesNotMatch(plan, /Sort/);
      });

    for (const sort of ['upvoted', 'trending'] as const)
      it(`a month, ${sort}: sorted without the table`, async () => {
        const plan = await planOf({ days, sort });
        assert.ok(plan.includes('Index Only Scan using papers_day'), plan);
      });
  });
});
