import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { PaperRecord } from '../../src/papers/paper.js';
import { inventedPaper, jsonLines } from '../support/papers.js';
import { get, takeIn } from '../support/search-service.js';
import { bytesOf, withService } from '../support/service.js';

interface Listing {
  period: string;
  date: string;
  from: string;
  to: string;
  sort: string;
  previous: string | null;
  next: string | null;
  items: { paper: { id: string; date: string | null; upvotes: number | null }; heat: number | null }[];
  count: number;
  nextCursor: string | null;
  intake: { startedAt: string; finishedAt: string | null; entries: number; added: number } | null;
}

const idOf = (n: number): string => `2401.${String(n).padStart(5, '0')}`;

/** Of a week and the month around it: Monday is 18 March 2024. */
const dated: [date: string, upvotes: number | undefined, asOf: string][] = [
  ['2024-02-29', 900, '2024-03-01'],
  ['2024-03-01', 3, '2024-03-01'],
  ['2024-03-17', 40, '2024-03-18'],
  ['2024-03-18', 5, '2024-03-18'],
  ['2024-03-18', 50, '2024-03-18'],
  ['2024-03-18', undefined, '2024-03-18'],
  ['2024-03-18', 5, '2024-03-18'],
  ['2024-03-20', 20, '2024-03-20'],
  ['2024-03-24', 1, '2024-03-20'],
];

describe('the listings of the API', () => {
  let now = new Date('2024-03-21T12:00:00Z');
  const service = withService({ clock: { now: () => now } });
  const paper = (n: number, fields: Partial<PaperRecord>): PaperRecord =>
    inventedPaper(n, { arxivId: idOf(n), ...fields });

  const ask = (params: Parameters<typeof get>[2], headers: Record<string, string> = {}) =>
    get(service, '/api/v1/listings', params, headers);

  async function listing(params: Parameters<typeof get>[2], path = '/api/v1/listings'): Promise<Listing> {
    const answer = await get(service, path, params);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<Listing>();
  }

  const numbersOf = ({ items }: Pick<Listing, 'items'>): number[] =>
    items.map((item) => Number(item.paper.id.slice(5)));

  /** All pages, two papers each. */
  async function allPages(
    params: Record<string, string>,
    path?: string,
    between = async () => {},
  ): Promise<number[]> {
    const all: number[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 50; page++) {
      const answer = await listing({ ...params, limit: 2, cursor }, path);
      all.push(...numbersOf(answer));
      if (answer.nextCursor === null) return all;
      cursor = answer.nextCursor;
      await between();
    }
    throw new Error('a listing without an end');
  }

  before(() =>
    takeIn(
      service,
      dated.map(([date, upvotes, asOf], n) =>
        paper(n, { date, asOf, ...(upvotes === undefined ? {} : { upvotes }) }),
      ),
    ),
  );

  it('are of a day, with the days around it that have papers', async () => {
    const { items, intake, ...day } = await listing({ date: '2024-03-18' });
    assert.deepEqual(day, {
      period: 'day',
      date: '2024-03-18',
      from: '2024-03-18',
      to: '2024-03-18',
      sort: 'upvoted',
      previous: '2024-03-17',
      next: '2024-03-20',
      count: 4,
      nextCursor: null,
    });
    assert.deepEqual(numbersOf({ items }), [4, 3, 6, 5], 'by upvotes, unknown ones last');
    assert.equal(intake, null, 'nothing came by way of an intake');
    const empty = await listing({ date: '2024-03-19' });
    assert.deepEqual(
      [empty.count, empty.items, empty.previous, empty.next],
      [0, [], '2024-03-18', '2024-03-20'],
    );
  });

  it('are of a week and of a month', async () => {
    const week = await listing({ period: 'week', date: '2024-W12' });
    assert.deepEqual(await listing({ date: '2024-W12' }), week, 'as the date is written');
    assert.deepEqual(numbersOf(week), [4, 7, 3, 6, 8, 5]);
    assert.deepEqual([week.from, week.to, week.count], ['2024-03-18', '2024-03-24', 6]);
    assert.deepEqual([week.previous, week.next], ['2024-W11', null]);
    const month = await listing({ period: 'month', date: '2024-03', sort: 'newest' });
    assert.deepEqual(numbersOf(month), [8, 7, 3, 4, 5, 6, 2, 1]);
    assert.deepEqual([month.previous, month.next, month.count], ['2024-02', null, 8]);
  });

  it('are of the last period up to today where none is named', async () => {
    assert.equal((await listing({})).date, '2024-03-20');
    assert.equal((await listing({ period: 'week' })).date, '2024-W12');
    now = new Date('2024-03-19T12:00:00Z');
    assert.equal((await listing({})).date, '2024-03-18');
    now = new Date('2001-01-01T12:00:00Z');
    assert.deepEqual(
      await listing({ period: 'month' }).then(({ date, count, next }) => [date, count, next]),
      ['2001-01', 0, '2024-02'],
    );
    now = new Date('2024-03-21T12:00:00Z');
  });

  it('go on page after page, in every order, and don’t repeat when papers come in', async () => {
    let more = 100;
    for (const sort of ['upvoted', 'newest', 'trending']) {
      const params = { period: 'month', date: '2024-03', sort };
      const whole = numbersOf(await listing({ ...params, limit: 100 }));
      const paged = await allPages(params, undefined, async () => {
        await service.services.papers.takeIn([
          paper(more++, { date: '2024-03-31', upvotes: 5_000, asOf: '2024-03-20' }),
        ]);
      });
      assert.equal(new Set(paged).size, paged.length, 'nothing twice');
      const known = paged.filter((n) => whole.includes(n));
      assert.deepEqual(known, whole, sort);
    }
  });

  it('bring what is talked about first', async () => {
    const { items, nextCursor } = await listing({ limit: 100 }, '/api/v1/listings/trending');
    const numbers = numbersOf({ items });
    assert.equal(nextCursor, null);
    assert.ok(!numbers.includes(5), 'of which nothing is counted');
    const heats = items.map(({ heat }) => heat!);
    assert.deepEqual(
      heats,
      heats.toSorted((a, b) => b - a),
    );
    // 50 upvotes three days ago, 20 yesterday, 900 three weeks ago, by the formula: 4.20, 3.76, 0.79.
    const own = numbers.filter((n) => n < 100);
    assert.deepEqual(own, [4, 7, 2, 3, 6, 8, 0, 1]);
    assert.equal(
      items.find((item) => item.paper.id === idOf(4))!.heat,
      Number((Math.sqrt(50) * 2 ** -0.75).toPrecision(4)),
    );
    assert.deepEqual(await allPages({}, '/api/v1/listings/trending'), numbers);
    const day = await listing({ date: '2024-03-18', sort: 'trending' });
    assert.deepEqual(numbersOf(day), [4, 3, 6, 5]);
  });

  it('put a paper without a day to the day on which it came in', async () => {
    await takeIn(service, [
      paper(50, { date: `${new Date().getUTCFullYear()}` }),
      paper(51, { title: 'Undated bees' }),
    ]);
    const { createdAt } = await service.services.papers.getByRef(idOf(50));
    now = createdAt;
    const day = await listing({});
    assert.equal(day.date, createdAt.toISOString().slice(0, 10));
    assert.deepEqual(numbersOf(day), [50, 51]);
    now = new Date('2024-03-21T12:00:00Z');
  });

  it('say when something was taken in last, also when it brought nothing new', async () => {
    const take = (records: PaperRecord[]) =>
      service.services.ingest.take({ name: 'daily.jsonl', bytes: bytesOf(jsonLines(records)) });
    const one = [paper(60, { date: '2024-01-01' })];
    await take(one);
    const first = await ask({ date: '2024-03-18' });
    const { startedAt, finishedAt, added, entries } = first.json<Listing>().intake!;
    assert.deepEqual([startedAt, finishedAt, added, entries], [now.toISOString(), now.toISOString(), 1, 1]);
    const tag = String(first.headers.etag);
    assert.equal((await ask({ date: '2024-03-18' }, { 'if-none-match': tag })).statusCode, 304);
    now = new Date('2024-03-21T18:00:00Z');
    await take(one);
    const second = await ask({ date: '2024-03-18' }, { 'if-none-match': tag });
    assert.equal(second.statusCode, 200);
    assert.deepEqual(
      [second.json<Listing>().intake!.startedAt, second.json<Listing>().intake!.added],
      [now.toISOString(), 0],
    );
    assert.ok(!second.body.includes('daily.jsonl'));
  });

  it('are files of citations too', async () => {
    for (const path of ['/api/v1/listings', '/api/v1/listings/trending']) {
      const answer = await get(service, path, { format: 'csv', limit: 3 });
      assert.match(String(answer.headers['content-type']), /^text\/csv/);
      assert.ok(answer.body.split('\n').length >= 3);
    }
  });

  it('name what can’t be read', async () => {
    const refused: [Record<string, string>, RegExp, string][] = [
      [{ date: '2024-02-30' }, /^date: expected a day such as /, 'invalid_input'],
      [{ period: 'week', date: '2024-03-18' }, /^date: expected a week such as /, 'invalid_input'],
      [{ period: 'month', date: '2024-13' }, /^date: expected a month such as /, 'invalid_input'],
      [{ period: 'year' }, /^period/, 'invalid_input'],
      [{ sort: 'relevance' }, /^sort/, 'invalid_input'],
      [{ limit: '101' }, /^limit/, 'invalid_input'],
      [{ cursor: 'x' }, /^cursor: /, 'invalid_cursor'],
    ];
    for (const [params, detail, code] of refused) {
      const answer = await ask(params);
      assert.equal(answer.statusCode, 400, JSON.stringify(params));
      const problem = answer.json<{ code: string; detail: string }>();
      assert.equal(problem.code, code);
      assert.match(problem.detail, detail);
    }
    const { nextCursor } = await listing({ period: 'month', date: '2024-03', limit: 2 });
    for (const other of [
      { period: 'month', date: '2024-02' },
      { period: 'month', date: '2024-03', sort: 'newest' },
    ]) {
      const answer = await ask({ ...other, cursor: nextCursor! });
      assert.equal(answer.json<{ code: string }>().code, 'invalid_cursor');
    }
  });
});
