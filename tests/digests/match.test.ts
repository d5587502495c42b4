import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMatcher, isRanked, type MatchSettings } from '../../src/digests/match.js';
import { AppError } from '../../src/platform/errors.js';
import type { RecommendRequest } from '../../src/recommendations/request.js';
import { parseQuery } from '../../src/search/query/parse.js';
import type { SearchRequest } from '../../src/search/request.js';
import { toyRecommend } from '../recommendations/recommend-fixture.js';
import { papersOf, toySearch } from '../search/search-fixture.js';
import { newsOf } from './digest-fixture.js';

const clock = { now: () => new Date('2024-03-20T12:00:00Z') };

const papers = papersOf(
  ['Bees that dance', 'Honey bees dance for flowers. The weather was fine.'],
  ['Robots that walk', 'Legs and gaits on gravel slopes. Robots use motors.'],
  ['Flowers and honey', 'Combs of honey. What bees do with flowers is told.'],
  ['Folds of proteins', 'Helices and residues in chains.'],
  ['Gaits of robots', 'Robots and their legs walk on slopes.'],
);
const few = papers.slice(0, 4);

const settings = (fields: Partial<MatchSettings>): MatchSettings => ({
  kind: 'query',
  query: '',
  likes: [],
  minScore: null,
  ...fields,
});

function matcherOf(unread: number[] = []) {
  const toy = toySearch(papers, unread);
  const asked: SearchRequest[] = [];
  const search = async (request: SearchRequest) => {
    asked.push(request);
    return toy.search(request);
  };
  const { recommend } = toyRecommend(papers);
  return { ...createMatcher({ search: { search }, recommend: { recommend }, clock }), toy, asked };
}

const keysOf = ({ matches }: { matches: { key: number }[] }): number[] => matches.map(({ key }) => key);

describe('what matches a subscription', () => {
  it('a ranking query: what is near, and says by which words', async () => {
    const { match } = matcherOf();
    const found = await match(settings({ query: 'honey bees' }), newsOf(few));
    assert.deepEqual(new Set(keysOf(found)), new Set([1, 3]));
    const [first] = found.matches;
    assert.match(first!.why, /^matches: (?:bees|honey)/);
    assert.equal(found.matches.find(({ key }) => key === 1)!.sentence, 'Honey bees dance for flowers.');
    const scores = found.matches.map(({ score }) => score);
    assert.ok(scores[0]! >= scores[1]! && scores[1]! > 0);
  });

  it('nothing, where no new paper is about it', async () => {
    const { match } = matcherOf();
    assert.deepEqual(keysOf(await match(settings({ query: 'tax law' }), newsOf(few))), []);
  });

  it('only what is new', async () => {
    const { match } = matcherOf();
    assert.deepEqual(keysOf(await match(settings({ query: 'robots legs' }), newsOf([papers[1]!]))), [2]);
    assert.deepEqual(keysOf(await match(settings({ query: papers[0]!.id }), newsOf([papers[1]!]))), []);
    assert.deepEqual(keysOf(await match(settings({ query: 'robots' }), newsOf([]))), []);
  });

  it('more for a lower score, and what a higher one cuts is a match still', async () => {
    const { match } = matcherOf();
    const at = async (minScore: number | null) =>
      keysOf(await match(settings({ query: 'honey bees', minScore }), newsOf(papers))).length;
    assert.equal(await at(0.99), await at(null));
    assert.equal(await at(-1), papers.length);
  });

  it('all that has the required words or passes the filters, however far away', async () => {
    const { match } = matcherOf();
    const phrase = await match(settings({ query: '"legs" quantum chromodynamics' }), newsOf(papers));
    assert.deepEqual(new Set(keysOf(phrase)), new Set([2, 5]));
    const filters = await match(settings({ query: 'to:2030' }), newsOf(papers));
    assert.equal(filters.matches.length, 0, 'none has a date');
    const without = await match(settings({ query: '-robots' }), newsOf(papers));
    assert.deepEqual(new Set(keysOf(without)), new Set([1, 3, 4]));
    assert.equal(without.matches[0]!.why, 'fulfils what is required');
  });

  it('reads every page, and says where it stopped', async () => {
    const many = papersOf(
      ...Array.from({ length: 1_150 }, (_, n): [string, string] => [`Bees ${n}`, 'Honey bees.']),
    );
    const { search } = toySearch(many);
    const { recommend } = toyRecommend(papers);
    const { match } = createMatcher({ search: { search }, recommend: { recommend }, clock });
    const some = await match(settings({ query: '"bees"' }), newsOf(many.slice(0, 950)));
    assert.equal(new Set(keysOf(some)).size, 950);
    assert.deepEqual(some.notices, []);
    const all = await match(settings({ query: '"bees"' }), newsOf(many));
    assert.equal(new Set(keysOf(all)).size, 1_000);
    assert.match(all.notices[0]!, /More than 1000/);
  });

  it('waits where only words would answer', async () => {
    const { match, toy } = matcherOf();
    toy.failures.embed = new AppError('overloaded', 'too much');
    await assert.rejects(match(settings({ query: 'honey bees' }), newsOf(papers)), {
      code: 'model_unavailable',
    });
    // Filters need no model.
    assert.equal((await match(settings({ query: '-robots' }), newsOf(papers))).matches.length, 3);
  });

  it('counts a paper without a vector by its words', async () => {
    const { match } = matcherOf([1]);
    assert.ok(keysOf(await match(settings({ query: 'bees dance' }), newsOf(few))).includes(1));
  });

  it('the day: everything, by heat, upvotes, then the newest', async () => {
    const { match } = matcherOf();
    const day = papers.map((paper, at) => ({ ...paper, upvotes: [null, 5, 5, 9, null][at]! }));
    const news = newsOf(day, { heats: [null, null, null, null, 4_955] });
    const found = await match(settings({ kind: 'daily' }), news);
    assert.deepEqual(keysOf(found), [5, 4, 3, 2, 1]);
    assert.equal(found.matches[1]!.why, 'came in, 9 upvotes');
    assert.equal(found.matches[4]!.why, 'came in');
    assert.ok(found.matches[0]!.score > 0);
  });

  it('papers like some, with the nearest and what both have', async () => {
    const { match } = matcherOf();
    const found = await match(settings({ kind: 'likes', likes: [papers[4]!.id] }), newsOf(few));
    assert.equal(found.matches[0]!.key, 2);
    assert.match(found.matches[0]!.why, /^like: Gaits of robots \(0\.\d\d\); both: /);
    assert.ok(!keysOf(found).includes(4), 'what has nothing of it');
  });

  it('says that the papers it follows are gone', async () => {
    const { match } = matcherOf();
    const all = await match(settings({ kind: 'likes', likes: ['nope'] }), newsOf(few));
    assert.deepEqual(all.matches, []);
    assert.match(all.notices[0]!, /None of the papers/);
    const one = await match(settings({ kind: 'likes', likes: ['nope', papers[4]!.id] }), newsOf(few));
    assert.match(one.notices[0]!, /1 can't be found/);
  });

  it('passes other errors on', async () => {
    const { search } = toySearch(papers);
    const recommend = async (_: RecommendRequest) => {
      throw new AppError('index_unavailable', 'starting');
    };
    const { match } = createMatcher({ search: { search }, recommend: { recommend }, clock });
    await assert.rejects(match(settings({ kind: 'likes', likes: ['x'] }), newsOf(few)), {
      code: 'index_unavailable',
    });
    await assert.rejects(match(settings({ query: 'like:nope' }), newsOf(few)), { code: 'paper_not_found' });
  });

  const floors: [score: number, cosine: number | null, minScore: number | null, isMatch: boolean][] = [
    [0.36, 0.1, null, true],
    [0.34, 0.49, null, false],
    [0.25, 0.5, null, true],
    [0.34, null, null, false],
    [0.3, 0.2, 0.3, true],
    [0.3, 0.2, 0.31, false],
    [0.36, 0.2, 0.9, true],
  ];
  for (const [score, cosine, minScore, isMatch] of floors)
    it(`a score of ${score}, ${cosine} by meaning, asked for ${minScore}: ${isMatch ? 'a match' : 'none'}`, async () => {
      const { toy } = matcherOf();
      const search = async (request: SearchRequest) => {
        const found = await toy.search(request);
        const [item] = found.items;
        const { dense, ...explanation } = item!.explanation!;
        const nearness = cosine === null ? null : { ...dense!, scoreAsked: cosine };
        return {
          ...found,
          items: [{ ...item!, score, named: null, explanation: { ...explanation, dense: nearness } }],
        };
      };
      const { recommend } = toyRecommend(papers);
      const { match } = createMatcher({ search: { search }, recommend: { recommend }, clock });
      const found = await match(settings({ query: 'honey bees', minScore }), newsOf(few));
      assert.equal(found.matches.length, Number(isMatch));
    });

  const queries: [query: string, ranked: boolean][] = [
    ['graph kernels', true],
    ['category:cs.LG kernels', true],
    ['author:hinton kernels -robots', true],
    ['like:2401.00001', true],
    ['-like:2401.00001', false],
    ['"graph kernels" fast', false],
    ['title:kernels fast', false],
    ['graphs OR kernels fast', false],
    ['category:cs.LG OR category:cs.CV fast', true],
    ['category:cs.LG', false],
    ['author:hinton since:30d', false],
  ];
  for (const [query, ranked] of queries)
    it(`${query}: ${ranked ? 'by score' : 'by what it requires'}`, () => {
      assert.equal(isRanked(parseQuery(query)), ranked);
    });
});
