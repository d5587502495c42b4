import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { withDatabase } from '../../support/postgres.js';
import { booksOf, type Played, withPulling } from './pulling.js';

const item = (id: string, upvotes: number) => ({
  paper: {
    id,
    title: `Paper ${id}`,
    summary: 'On birds.',
    upvotes,
    authors: [{ name: 'Ann Lee' }],
    publishedAt: '2026-11-10T00:00:00.000Z',
  },
  title: `Paper ${id}`,
});

describe('daily papers of Hugging Face', () => {
  const pulling = withPulling(withDatabase(), { now: '2026-11-18T12:00:00Z' });

  /** Days with their papers, ten a page, and what came in the stead of some. */
  async function huggingFace(days: Record<string, string[]>, { upvotes = (): number => 1 } = {}) {
    const broken = new Map<string, Played>();
    const host = await pulling.host((url) => {
      const day = url.searchParams.get('date') ?? '';
      const page = Number(url.searchParams.get('p'));
      const played = broken.get(day);
      if (played !== undefined) return played;
      const ids = (days[day] ?? []).slice(page * 10, page * 10 + 10);
      const hasMore = (days[day] ?? []).length > page * 10 + 10;
      return {
        body: JSON.stringify(ids.map((id) => item(id, upvotes()))),
        headers: hasMore ? { link: `<http://host/api/daily_papers?p=${page + 1}>; rel="next"` } : {},
      };
    });
    return { host, broken };
  }

  it('reads on from the present day where a clock that was ahead has read days to come', async () => {
    const days: Record<string, string[]> = { '2026-11-18': ['2611.20100'] };
    const { host } = await huggingFace(days);
    const source = await pulling.source({ kind: 'huggingface', base: host.url, since: '2026-11-17' });
    pulling.clock.set('2026-11-25T12:00:00Z');
    assert.equal((await pulling.pull(source)).added, 1);
    assert.deepEqual((await pulling.store().findById(source.id))?.cursor, { day: '2026-11-24' });
    pulling.clock.set('2026-11-18T12:00:00Z');
    days['2026-11-18']!.push('2611.20101');
    const back = await pulling.pull(source);
    assert.deepEqual([back.added, back.unchanged], [1, 1]);
    assert.match(back.note ?? '', /a clock that was ahead/);
  });

  it('reads each day to its last page, then what is new and the days whose upvotes rise', async () => {
    let votes = 5;
    const ids = Array.from({ length: 25 }, (_, at) => `2611.100${10 + at}`);
    const { host } = await huggingFace(
      { '2026-11-16': ids, '2026-11-17': ['2611.10100'] },
      { upvotes: () => votes },
    );
    const source = await pulling.source({ kind: 'huggingface', base: host.url, since: '2026-11-15' });
    const first = await pulling.pull(source);
    assert.deepEqual(booksOf(first), {
      ...{ announced: 26, added: 26, updated: 0, unchanged: 0, failed: 0, waiting: 0, outcome: 'done' },
    });
    const asked = host.requests.map((path) => new URL(path, 'http://host').searchParams);
    assert.deepEqual(
      asked.map((query) => `${query.get('date')} ${query.get('p')}`),
      ['2026-11-15 0', '2026-11-16 0', '2026-11-16 1', '2026-11-16 2', '2026-11-17 0', '2026-11-18 0'],
    );
    // Today isn't over.
    assert.deepEqual((await pulling.store().findById(source.id))?.cursor, { day: '2026-11-17' });
    votes = 9;
    const second = await pulling.pull(source);
    assert.deepEqual([second.added, second.updated, second.announced], [0, 26, 26]);
    assert.equal((await pulling.papers().getByRef('2611.10100')).upvotes, 9);
  });

  it('goes on where it was after days of silence, and says so', async () => {
    const { host } = await huggingFace({ '2026-11-20': ['2611.10200'] });
    const source = await pulling.source({ kind: 'huggingface', base: host.url, since: '2026-11-17' });
    await pulling.pull(source);
    pulling.clock.set('2026-11-23T12:00:00Z');
    const run = await pulling.pull(source);
    assert.deepEqual([run.added, run.note], [1, 'days since 2026-11-17 are caught up with']);
    pulling.clock.set('2026-11-18T12:00:00Z');
  });

  it('keeps the days before one that can not be read, and tries that one again', async () => {
    const { host, broken } = await huggingFace({
      '2026-11-15': ['2611.10300'],
      '2026-11-16': ['2611.10301'],
    });
    const source = await pulling.source({ kind: 'huggingface', base: host.url, since: '2026-11-15' });
    const cases: [Played, string, RegExp][] = [
      ['<html>Sorry</html>', 'later', /expected a JSON array of papers, got “<html>Sorry/],
      ['[{"paper": {"id": "2611.1', 'later', /expected a JSON array/],
      ['{"error": "gone"}', 'failed', /expected a JSON array of papers, got “\{"error"/],
      ['', 'later', /got nothing/],
      [`[${'[],'.repeat(2_700_000)}[]]`, 'failed', /larger than 8000000 bytes/],
      // PostgreSQL takes no zeros in a text.
      [{ body: gzipSync('[]') }, 'later', /expected a JSON array/],
    ];
    for (const [played, outcome, why] of cases) {
      broken.set('2026-11-16', played);
      const run = await pulling.pull(source);
      assert.equal(run.outcome, outcome);
      assert.match(run.problem ?? '', why);
      assert.deepEqual((await pulling.store().findById(source.id))?.cursor, { day: '2026-11-15' });
    }
    broken.clear();
    assert.equal((await pulling.pull(source)).added, 1);
  });

  it('takes a day without a list for one without papers yet, if it is today', async () => {
    const { host, broken } = await huggingFace({});
    const source = await pulling.source({ kind: 'huggingface', base: host.url, since: '2026-11-17' });
    broken.set('2026-11-18', { status: 404, body: '{"error":"no such day"}' });
    const run = await pulling.pull(source);
    assert.deepEqual([run.outcome, run.announced, run.note], ['done', 0, 'no papers of these days']);
    for (const status of [403, 204]) {
      broken.set('2026-11-18', { status });
      const refused = await pulling.pull(source);
      assert.deepEqual([refused.outcome, refused.problem], ['failed', `the server answered ${status}`]);
    }
    broken.clear();
    broken.set('2026-11-17', { status: 404 });
    assert.equal((await pulling.pull(source)).outcome, 'failed');
  });
});
