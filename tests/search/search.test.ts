import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, type ErrorCode } from '../../src/platform/errors.js';
import type { SearchRequest } from '../../src/search/request.js';
import type { SearchResult } from '../../src/search/search.js';
import { isOf } from '../support/errors.js';
import { papersOf, toySearch } from './search-fixture.js';

const papers = papersOf(
  ['Dances of bees', 'Bees dance where flowers are.'],
  ['Robots that dance', 'Robots learn how bees dance.'],
  ['On honey', 'Honey keeps for years.'],
  ['Flowers of the alps', 'Flowers in high places.'],
);

const keysOf = ({ items }: SearchResult): number[] => items.map(({ paper }) => paper.key);

describe('search', () => {
  describe('that can not be answered by meaning', () => {
    const failures: [ErrorCode, RegExp][] = [
      ['model_unavailable', /not available right now/],
      ['index_unavailable', /not available right now/],
      ['overloaded', /too much to do/],
      ['timeout', /takes too long/],
    ];
    for (const side of ['embed', 'search'] as const) {
      for (const [code, reason] of failures) {
        it(`is answered by words, and says so: ${code} of ${side}`, async () => {
          const { search, failures: now } = toySearch(papers);
          now[side] = new AppError(code, 'no');
          for (const mode of ['hybrid', 'semantic'] as const) {
            const result = await search({ query: 'bees', mode });
            assert.equal(result.mode, 'keyword');
            assert.match(result.notice!, reason);
            assert.match(result.notice!, /keyword matches/);
            assert.deepEqual(keysOf(result), [1, 2]);
          }
        });
      }
    }

    it('is answered by words while the model is not loaded', async () => {
      const { search, state } = toySearch(papers);
      state.isWarm = false;
      const { mode, notice } = await search({ query: 'bees' });
      assert.equal(mode, 'keyword');
      assert.match(notice!, /model is not loaded/);
    });

    it('is answered by words while nothing has been read', async () => {
      const { search } = toySearch(papers, [1, 2, 3, 4]);
      const { mode, notice } = await search({ query: 'bees' });
      assert.equal(mode, 'keyword');
      assert.match(notice!, /still being read \(0 of 4\)/);
    });

    it('says how many papers are missing where some are', async () => {
      const { search } = toySearch(papers, [2]);
      const result = await search({ query: 'bees' });
      assert.equal(result.mode, 'hybrid');
      assert.match(result.notice!, /^1 of 4 papers/);
      assert.ok(keysOf(result).includes(2), 'found by its words');
    });

    it('fails where there are no words to go by', async () => {
      const { search, failures: now } = toySearch(papers);
      now.search = new AppError('index_unavailable', 'no');
      await assert.rejects(search({ query: 'like:t:00000001' }), isOf('index_unavailable'));
    });

    it('fails on a later page: the scores of another mode mean something else', async () => {
      const { search, failures: now } = toySearch(papers);
      const { nextCursor } = await search({ query: 'bees', limit: 1 });
      now.embed = new AppError('overloaded', 'no');
      await assert.rejects(search({ query: 'bees', limit: 1, cursor: nextCursor! }), isOf('overloaded'));
    });

    it('goes on by words where it began so, although the model is back', async () => {
      const { search, failures: now } = toySearch(papers);
      now.embed = new AppError('overloaded', 'no');
      const first = await search({ query: 'bees', limit: 1 });
      now.embed = null;
      const second = await search({ query: 'bees', limit: 1, cursor: first.nextCursor! });
      assert.equal(second.mode, 'keyword');
      assert.deepEqual([...keysOf(first), ...keysOf(second)], [1, 2]);
      assert.equal(second.nextCursor, null);
    });

    it('fails on what is a fault of the query or of ours', async () => {
      for (const code of ['internal', 'vector_invalid', 'cancelled'] as const) {
        const { search, failures: now } = toySearch(papers);
        now.embed = new AppError(code, 'no');
        await assert.rejects(search({ query: 'bees' }), isOf(code));
      }
    });
  });

  const wrong: [string, SearchRequest, ErrorCode, RegExp][] = [
    ['nothing to search for', { query: '' }, 'invalid_input', /^q: /],
    ['nothing to order by relevance', { query: ' ', sort: 'relevance' }, 'invalid_input', /^q: /],
    ['a limit of 0', { query: 'x', limit: 0 }, 'invalid_input', /^limit: /],
    ['a limit of 101', { query: 'x', limit: 101 }, 'invalid_input', /^limit: /],
    ['half a limit', { query: 'x', limit: 1.5 }, 'invalid_input', /^limit: /],
    ['a weight below 0', { query: 'x', weight: -0.1 }, 'invalid_input', /^weight: /],
    ['a weight that is no number', { query: 'x', weight: Number.NaN }, 'invalid_input', /^weight: /],
    ['an endless score', { query: 'x', minScore: Number.POSITIVE_INFINITY }, 'invalid_input', /^minScore: /],
    ['a time that is none', { query: 'x', asOf: new Date('x') }, 'invalid_input', /^asof: /],
    ['keywords that are no words', { query: '!!!', mode: 'keyword' }, 'invalid_input', /^mode: /],
    [
      'papers that take each other back',
      {
        query:
          'like:t:00000000 like:t:00000000 -like:t:00000000 -like:t:00000000 -like:t:00000000 -like:t:00000000',
      },
      'invalid_query',
      /take each other back/,
    ],
    ['a paper that nobody knows', { query: 'bees like:t:99999999' }, 'paper_not_found', /./],
  ];
  for (const [what, request, code, message] of wrong) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(toySearch(papers).search(request), isOf(code, message));
    });
  }

  it('finds nothing in nothing', async () => {
    const { search } = toySearch([]);
    for (const mode of ['hybrid', 'semantic', 'keyword'] as const) {
      const { items, total, nextCursor, notice } = await search({ query: 'bees', mode, facets: true });
      assert.deepEqual([items, total, nextCursor, notice], [[], { value: 0, isExact: true }, null, null]);
    }
    assert.deepEqual((await search({ query: '', sort: 'newest' })).items, []);
  });

  it('leaves no gap in its pages where a paper has just gone', async () => {
    const { search, lose } = toySearch(papers);
    lose(1);
    const first = await search({ query: 'bees dance flowers', mode: 'keyword', limit: 2 });
    const second = await search({
      query: 'bees dance flowers',
      mode: 'keyword',
      limit: 2,
      cursor: first.nextCursor!,
    });
    assert.deepEqual([...keysOf(first), ...keysOf(second)].sort(), [2, 4]);
  });

  it('takes a text of any length in which nothing is an operator, among some papers alone', async () => {
    const text = `bees dance "and -where OR category: ${'flowers '.repeat(2_000)}`;
    const result = await toySearch(papers).search({ query: '', text, within: [1, 3, 99] });
    assert.deepEqual(keysOf(result), [1, 3]);
    assert.equal(result.total.value, 2);
  });

  it('goes no deeper than a thousand, and says how many there are', async () => {
    const many = papersOf(
      ...Array.from({ length: 1_150 }, (_, n): [string, string] => [`Bees ${n}`, 'Bees and flowers.']),
    );
    const { search } = toySearch(many);
    for (const mode of ['hybrid', 'keyword'] as const) {
      const seen = new Set<number>();
      let cursor: string | undefined;
      for (;;) {
        const page = await search({ query: 'flowers', mode, limit: 100, ...(cursor ? { cursor } : {}) });
        for (const key of keysOf(page)) seen.add(key);
        assert.deepEqual(page.total, { value: 1_150, isExact: true });
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      assert.equal(seen.size, 1_000, mode);
    }
  });

  it('counts at least what it has looked at where a score is asked for', async () => {
    const { search } = toySearch(papers);
    const whole = await search({ query: 'bees dance', mode: 'keyword' });
    const least = whole.items[0]!.score;
    const cut = await search({ query: 'bees dance', mode: 'keyword', minScore: least });
    assert.deepEqual(keysOf(cut), keysOf(whole).slice(0, 1));
    assert.deepEqual(cut.total, { value: 1, isExact: true });
  });
});
