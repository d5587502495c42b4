import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inventedPaper } from '../support/papers.js';
import { takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';

const now = new Date('2024-03-20T12:00:00Z');

interface Day {
  localDate: string;
  dueAt: string;
  books: { announced: number; matched: number; sent: number; cut: Record<string, number> };
  empty: string | null;
  notices: string[];
  papers: { id: string; title: string; score: number; why: string; sentence: string | null }[];
}
interface Answer {
  days: Day[];
  announced: number;
  matched: number;
  sent: number;
  soFar: Omit<Day, 'localDate' | 'dueAt'> & { since: string };
  next: { localDate: string };
}

describe('the API of previews', () => {
  const service = withService({ clock: { now: () => now } });
  const papers = Array.from({ length: 40 }, (_, n) =>
    inventedPaper(n, {
      arxivId: `2403.${String(n).padStart(5, '0')}`,
      categories: [n % 2 ? 'cs.LG' : 'q-bio.PE'],
    }),
  );

  before(async () => {
    await takeIn(service, papers);
    // Four a day from the 10th to the 19th, at six in the morning.
    await service.database.db.pool.query(
      `UPDATE papers SET created_at = timestamptz '2024-03-10 06:00Z' + make_interval(days => ((id - 1) % 40) / 4)`,
    );
  });

  const post = (body: object) =>
    service.app.inject({ method: 'POST', url: '/api/v1/subscriptions/preview', payload: body });
  const preview = async (settings: object, days = 14): Promise<Answer> => {
    const answer = await post({ settings, days });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['cache-control'], 'no-store');
    return answer.json<Answer>();
  };
  const assertBalanced = ({ days }: Answer): void => {
    for (const { books, papers: found } of days) {
      const cut = Object.values(books.cut).reduce((sum, count) => sum + count, 0);
      assert.equal(books.matched, books.sent + cut);
      assert.equal(books.sent, found.length);
      assert.ok(books.matched <= books.announced);
    }
  };

  it('tells of each day what came in, what matched and what was cut', async () => {
    const answer = await preview({
      ...{ kind: 'daily', cap: 3, mutedCategories: ['q-bio'] },
      days: [1, 2, 3, 4, 5, 6, 7],
    });
    assert.equal(answer.days.length, 14);
    assertBalanced(answer);
    const busy = answer.days.filter(({ books }) => books.announced > 0);
    assert.deepEqual(
      busy.map(({ localDate }) => localDate),
      Array.from({ length: 10 }, (_, n) => `2024-03-${10 + n}`),
    );
    assert.ok(
      busy.every(({ books }) => books.announced === 4 && books.cut['muted'] === 2 && books.sent === 2),
    );
    const quiet = answer.days.at(-1)!;
    assert.equal(quiet.localDate, '2024-03-20');
    assert.match(quiet.notices[0]!, /^Nothing came in since 2024-03-19/);
    assert.ok(quiet.empty);
    assert.equal(answer.next.localDate, '2024-03-21');
  });

  it('has what is there for the next one', async () => {
    const { soFar, next } = await preview({ kind: 'daily', cap: 3, days: [1] });
    assert.deepEqual(
      [soFar.since, soFar.books.announced, soFar.papers.length, soFar.empty, next.localDate],
      ['2024-03-18T08:00:00.000Z', 4, 3, null, '2024-03-25'],
    );
  });

  it('matches a query by its required words, and says why', async () => {
    const answer = await preview({ kind: 'query', query: '"bees"' }, 30);
    assertBalanced(answer);
    const found = answer.days.flatMap(({ papers: some }) => some);
    assert.deepEqual(
      found.map(({ id }) => id),
      ['2403.00008', '2403.00018', '2403.00028', '2403.00038'],
    );
    assert.ok(found.every(({ why, sentence }) => /bees/.test(why) && /bees/.test(sentence ?? '')));
  });

  it('ranks by meaning and words, and cuts below a score', async () => {
    const wide = await preview({ kind: 'query', query: 'sparse coding of speech' });
    assertBalanced(wide);
    assert.ok(wide.sent > 0);
    const narrow = await preview({ kind: 'query', query: 'sparse coding of speech', minScore: 0.9 });
    assertBalanced(narrow);
    assert.equal(narrow.matched, wide.matched);
    assert.ok(narrow.sent < wide.sent);
  });

  it('follows papers', async () => {
    const answer = await preview({ kind: 'likes', likes: ['2403.00008'] });
    assertBalanced(answer);
    const found = answer.days.flatMap(({ papers: some }) => some);
    assert.ok(found.length > 0 && found.every(({ id }) => id !== '2403.00008'));
    assert.match(found[0]!.why, /^like: /);
  });

  it('stores nothing, and refuses what is wrong', async () => {
    const { rows } = await service.database.db.pool.query<{ count: number }>(
      'SELECT ((SELECT count(*) FROM subscriptions) + (SELECT count(*) FROM sent_papers))::int AS count',
    );
    assert.equal(rows[0]!.count, 0);
    const refused: [object, string][] = [
      [{}, 'invalid_input'],
      [{ settings: { kind: 'daily' }, days: 7 }, 'invalid_input'],
      [{ settings: { kind: 'weekly' }, days: 14 }, 'invalid_input'],
      [{ settings: { kind: 'query' }, days: 14 }, 'invalid_input'],
      [{ settings: { kind: 'query', query: '"open' }, days: 14 }, 'invalid_query'],
      [{ settings: { kind: 'daily', timeZone: 'Mars/Base' }, days: 14 }, 'invalid_input'],
      [{ settings: { kind: 'daily', colour: 'red' }, days: 14 }, 'invalid_input'],
    ];
    for (const [body, code] of refused) {
      const answer = await post(body);
      assert.equal(answer.statusCode, 400, `${JSON.stringify(body)} ${answer.body}`);
      assert.equal(answer.json<{ code: string }>().code, code);
    }
  });
});
