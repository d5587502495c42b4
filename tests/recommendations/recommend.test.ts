import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Paper } from '../../src/papers/paper.js';
import type { Example, RecommendRequest } from '../../src/recommendations/request.js';
import { isOf } from '../support/errors.js';
import { storedPaper } from '../support/papers.js';
import { toyRecommend } from './recommend-fixture.js';

const bees = (n: number): [string, string] => [
  `Bees dance ${n}`,
  `Honey bees dance, combs shaking, flowers described. Waggle runs counted, hive ${n}, summer, ten observers, bees marked.`,
];
const robots = (n: number): [string, string] => [
  `Robots walk ${n}`,
  `Legged robots learn gaits, slopes climbed. Controller ${n} trained, simulation, then gravel, robots filmed walking.`,
];
const long =
  'Hexagonal combs keep warmth better than round ones, because walls are shared by neighbours, and keepers who measured three seasons found that less food was eaten there.';

function papersOf(...texts: [string, string, Partial<Paper>?][]): Paper[] {
  return texts.map(([title, abstract, fields = {}], at) =>
    storedPaper({ key: at + 1, id: `t:0000000${String.fromCharCode(97 + at)}`, title, abstract, ...fields }),
  );
}

const refs = (papers: readonly Paper[], ...keys: number[]): Example[] =>
  keys.map((key) => ({ ref: papers[key - 1]!.id }));

/** Four on bees, four on robots. */
const collection = papersOf(...[1, 2, 3, 4].map(bees), ...[1, 2, 3, 4].map(robots), [
  'Wax and wings',
  'Bees build with wax. Their wings are wet.',
]);

async function keysOf(papers: readonly Paper[], request: RecommendRequest): Promise<number[]> {
  const { items } = await toyRecommend(papers).recommend(request);
  return items.map(({ paper }) => paper.key);
}

describe('recommendations', () => {
  it('are like the positives, the most similar first, and never one of them', async () => {
    const keys = await keysOf(collection, { positives: refs(collection, 1, 2), limit: 3 });
    assert.deepEqual(keys.slice(0, 2).sort(), [3, 4]);
    const { items } = await toyRecommend(collection).recommend({ positives: refs(collection, 1) });
    assert.deepEqual(
      items.map(({ score }) => score),
      items.map(({ score }) => score).sort((a, b) => b - a),
    );
  });

  it('hold no example, whatever is asked', async () => {
    const keys = fc.uniqueArray(fc.integer({ min: 1, max: collection.length }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        keys,
        keys,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (like, unlike, diversity) => {
          const found = await keysOf(collection, {
            positives: refs(collection, ...like),
            negatives: refs(collection, ...unlike),
            diversity,
            minScore: -1,
          });
          assert.equal(new Set(found).size, found.length);
          assert.ok(found.every((key) => !like.includes(key) && !unlike.includes(key)));
          assert.equal(found.length, collection.length - new Set([...like, ...unlike]).size);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keep two subjects apart: each has its share of the beginning', async () => {
    const { items, interests } = await toyRecommend(collection).recommend({
      positives: refs(collection, 1, 2, 5),
      limit: 4,
    });
    assert.deepEqual(
      interests.map(({ members }) => members.map(({ id }) => id)),
      [[collection[0]!.id, collection[1]!.id], [collection[4]!.id]],
    );
    assert.match(interests[0]!.name, /bees|dance|hive/i);
    assert.match(interests[1]!.name, /robots|gaits|slopes|legged/i);
    assert.deepEqual(new Set(items.slice(0, 2).map(({ interest }) => interest)), new Set([0, 1]));
    for (const { paper, interest } of items.slice(0, 4))
      assert.equal(interest, paper.title.startsWith('Robots') ? 1 : 0, paper.title);
  });

  it('are led away by negatives', async () => {
    const mixed = papersOf(
      bees(1),
      ['Bees and robots', 'Robots dance, legged gaits, slopes, flowers described, combs.'],
      ['Bees and flowers', 'Bees dance, flowers described, combs, summer, honey.'],
      robots(1),
    );
    const positives = refs(mixed, 1);
    const before = await keysOf(mixed, { positives });
    const after = await keysOf(mixed, { positives, negatives: refs(mixed, 4), minScore: -1 });
    assert.ok(before.indexOf(2) < before.indexOf(4));
    assert.deepEqual(after, [3, 2]);
  });

  it('take a text for a paper', async () => {
    const { items, interests } = await toyRecommend(collection).recommend({
      positives: [{ text: 'legged robots, gaits, slopes', title: 'My notes' }],
      limit: 2,
      reasons: false,
    });
    assert.ok(items.every(({ paper }) => paper.title.startsWith('Robots')));
    assert.deepEqual(interests[0]!.members, [{ id: null, title: 'My notes' }]);
    assert.equal(items[0]!.reason, null);
  });

  it('leave out copies of an example, and of one another', async () => {
    const [title, abstract] = bees(1);
    const copies = papersOf(
      [title, `${abstract} ${long}`],
      [`Dances, extended`, `${abstract} ${long} Further hives.`],
      [title.toUpperCase(), abstract],
      ['Another dance', robots(1)[1]],
      ['Another dance', `${robots(1)[1]} Again.`],
      bees(7),
    );
    const keys = await keysOf(copies, { positives: refs(copies, 1) });
    assert.ok(!keys.includes(2), 'the same text under another title');
    assert.ok(!keys.includes(3), 'the same title in other letters');
    assert.deepEqual(keys.filter((key) => key === 4 || key === 5).length, 1);
    assert.ok(keys.includes(6));
  });

  it('say why: the nearest positive, shared words as they are written, the nearest sentences', async () => {
    const { items } = await toyRecommend(collection).recommend({
      positives: refs(collection, 1, 5),
      reasons: true,
      limit: 2,
    });
    const bee = items.find(({ paper }) => paper.title.startsWith('Bees'))!;
    const { nearest, terms, sentences } = bee.reason!;
    assert.deepEqual([nearest.id, nearest.title], [collection[0]!.id, collection[0]!.title]);
    assert.ok(nearest.similarity > 0.8 && nearest.similarity <= 1);
    assert.ok(
      terms.length > 0 &&
        terms.every(({ term }) => bee.paper.abstract.concat(bee.paper.title).includes(term)),
    );
    assert.deepEqual(
      terms.map(({ weight }) => weight),
      terms.map(({ weight }) => weight).sort((a, b) => b - a),
    );
    assert.ok(
      collection[0]!.abstract.includes(sentences!.given) && bee.paper.abstract.includes(sentences!.result),
    );
  });

  it('put the most similar ones in another order, and keep to filters', async () => {
    const dated = papersOf(
      ...[1, 2, 3, 4].map((n): [string, string, Partial<Paper>] => [
        ...bees(n),
        { date: `202${n}`, upvotes: 10 - n, createdAt: new Date(`202${n}-06-01T00:00:00Z`) },
      ]),
    );
    const positives = refs(dated, 1);
    assert.deepEqual(await keysOf(dated, { positives, sort: 'newest' }), [4, 3, 2]);
    assert.deepEqual(await keysOf(dated, { positives, sort: 'upvoted' }), [2, 3, 4]);
    assert.deepEqual(await keysOf(dated, { positives, filters: { to: '2022' } }), [2]);
    assert.deepEqual(await keysOf(dated, { positives, addedSince: new Date('2024-01-01T00:00:00Z') }), [4]);
    assert.deepEqual(await keysOf(dated, { positives, minScore: 2 }), []);
  });

  it('leave out what has nothing to do with them, unless asked otherwise', async () => {
    const odd = papersOf(bees(1), bees(2), ['Zinc', 'Ore, smelting.']);
    assert.deepEqual(await keysOf(odd, { positives: refs(odd, 1) }), [2]);
    assert.deepEqual(await keysOf(odd, { positives: refs(odd, 1), minScore: -1 }), [2, 3]);
  });

  it('are those that the caller accepts, with reasons for the first of them', async () => {
    const { items } = await toyRecommend(collection).recommend({
      positives: refs(collection, 1),
      limit: 3,
      accepts: ({ similarity }) => (similarity ?? 0) < 0.5,
      reasons: 1,
    });
    assert.ok(items.length > 1 && items.every(({ similarity }) => similarity! < 0.5));
    assert.deepEqual(
      items.map(({ reason }) => reason !== null),
      items.map((_, at) => at === 0),
    );
  });

  it('are more unlike one another with diversity', async () => {
    const positives = refs(collection, 1);
    const alike = await keysOf(collection, { positives, limit: 3 });
    const diverse = await keysOf(collection, { positives, limit: 3, diversity: 0.7, minScore: -1 });
    assert.ok(alike.every((key) => key <= 4));
    assert.equal(diverse[0], alike[0]);
    assert.ok(diverse.some((key) => key > 4));
  });

  it('come before everything is read, and say so', async () => {
    const { items, notice } = await toyRecommend(collection, [2]).recommend({
      positives: refs(collection, 1),
      limit: 8,
    });
    assert.match(notice!, /^1 of 9 papers/);
    assert.equal(items.find(({ paper }) => paper.key === 2)?.similarity, null);
    const own = await toyRecommend(collection, [1]).recommend({ positives: refs(collection, 1), limit: 1 });
    assert.ok(own.items[0]!.paper.title.startsWith('Bees'));
  });

  it('name what they do not know, and need one paper that they do', async () => {
    const { recommend } = toyRecommend(collection);
    const { missing } = await recommend({ positives: [...refs(collection, 1), { ref: '2401.00001' }] });
    assert.deepEqual(missing, ['2401.00001']);
    await assert.rejects(recommend({ positives: [{ ref: '2401.00001' }] }), isOf('paper_not_found', /2401/));
  });

  const wrong: [string, Partial<RecommendRequest>, RegExp][] = [
    ['no positives', { positives: [] }, /^positives: /],
    ['too many', { positives: Array(201).fill({ ref: 'x' }) }, /^positives: .*200/],
    ['an empty text', { positives: [{ text: ' ' }] }, /^positives: /],
    ['a long text', { negatives: [{ text: 'a'.repeat(20_001) }] }, /^negatives: /],
    ['a limit of 501', { limit: 501 }, /^limit: .*500/],
    ['a diversity of 2', { diversity: 2 }, /^diversity: /],
    ['a weight of NaN', { weight: Number.NaN }, /^weight: /],
    ['an endless score', { minScore: Number.POSITIVE_INFINITY }, /^minScore: /],
    ['another order', { sort: 'best' as 'newest' }, /^sort: /],
  ];
  for (const [what, request, message] of wrong) {
    it(`refuse ${what}`, async () => {
      const { recommend } = toyRecommend(collection);
      await assert.rejects(
        recommend({ positives: refs(collection, 1), ...request }),
        isOf('invalid_input', message),
      );
    });
  }

  it('refuse a filter that cannot be read', async () => {
    const { recommend } = toyRecommend(collection);
    const asked = recommend({ positives: refs(collection, 1), filters: { from: 'yesterday' } });
    await assert.rejects(asked, isOf('invalid_query', /^from: /));
  });
});
