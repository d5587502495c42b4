import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseQuery } from '../../src/search/query/parse.js';
import { hybridParameters, rankHybrid } from '../../src/search/ranking/hybrid.js';
import { planQuery } from '../../src/search/ranking/plan.js';
import { createStages } from '../../src/search/stages.js';
import { papersOf, toyEngine, toyLexical, toyVector } from './search-fixture.js';

const words = ['bees', 'dance', 'robots', 'honey', 'flowers', 'wax', 'wings', 'hives'];

function rankerOf(texts: readonly string[], unread: readonly number[] = []) {
  const papers = papersOf(...texts.map((text, at): [string, string] => [`Paper ${at}`, text]));
  const read = papers.filter(({ key }) => !unread.includes(key));
  const { engine, asked } = toyEngine(
    new Map(read.map(({ key, title, abstract }) => [key, toyVector(`${title} ${abstract}`)])),
  );
  const lexical = toyLexical(papers);
  const rank = (query: string, options: { weight?: number; pool?: number } = {}) => {
    const plan = planQuery(parseQuery(query), new Date(0));
    return rankHybrid(engine, lexical, {
      plan,
      vector: toyVector(plan.text),
      weight: options.weight ?? hybridParameters.weight,
      pool: options.pool ?? hybridParameters.pool,
      subset: null,
      stages: createStages(),
    });
  };
  return { rank, asked };
}

const sentence = fc
  .array(fc.constantFrom(...words), { minLength: 1, maxLength: 8 })
  .map((all) => all.join(' '));

describe('the hybrid ranking', () => {
  it('scores every candidate on both sides, best first, each once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sentence, { minLength: 1, maxLength: 20 }),
        sentence,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (texts, query, weight) => {
          const { ranked, isAll } = await rankerOf(texts).rank(query, { weight });
          assert.equal(isAll, true);
          assert.equal(new Set(ranked.map(({ key }) => key)).size, texts.length);
          ranked.forEach((one, at) => {
            assert.ok(one.dense !== null && one.denseAsked !== null);
            assert.ok(one.score >= -1 && one.score <= 1 + 1e-6, `${one.score}`);
            const next = ranked[at + 1];
            if (next) assert.ok(one.score > next.score || (one.score === next.score && one.key < next.key));
          });
        },
      ),
      { seed: 20251207, numRuns: 60 },
    );
  });

  it('follows meaning alone at 1, and words alone at 0', async () => {
    const { rank } = rankerOf(['bees dance', 'bees bees bees honey', 'robots dance', 'wax and wings']);
    const byMeaning = (await rank('bees dance', { weight: 1 })).ranked;
    assert.ok(byMeaning.every(({ score, dense }) => Math.abs(score - dense!) < 1e-6));
    const byWords = (await rank('bees dance', { weight: 0 })).ranked;
    const lexical = byWords.map((one) => one.lexical);
    assert.deepEqual(
      lexical,
      lexical.toSorted((a, b) => b - a),
    );
    assert.equal(byWords.at(-1)!.score, 0);
  });

  it('gives a paper without a vector no more for meaning than the farthest has', async () => {
    const texts = ['bees dance', 'robots', 'honey', 'bees dance'];
    const { ranked } = await rankerOf(texts, [4]).rank('bees dance');
    const unread = ranked.find(({ key }) => key === 4)!;
    assert.deepEqual([unread.dense, unread.denseAsked, unread.denseRank], [null, null, null]);
    assert.ok(unread.lexical > 0);
    assert.ok(unread.score < ranked.find(({ key }) => key === 1)!.score);
    const { ranked: none } = await rankerOf(texts, [1, 2, 3, 4]).rank('bees dance');
    assert.deepEqual(none.map(({ key }) => key).sort(), [1, 4]);
  });

  it('scores a candidate the same however many candidates there are', async () => {
    const texts = Array.from(
      { length: 40 },
      (_, n) => `${words[n % 8]} ${words[(n * 3) % 8]} ${words[(n >> 3) % 8]}`,
    );
    const { rank } = rankerOf(texts);
    const all = new Map(
      (await rank('bees dance honey', { pool: 40 })).ranked.map((one) => [one.key, one.score]),
    );
    const few = await rank('bees dance honey', { pool: 12 });
    assert.equal(few.isAll, false);
    assert.ok(few.ranked.length < 40);
    for (const { key, score } of few.ranked) assert.equal(score, all.get(key));
  });

  it('says where a candidate stood on each side', async () => {
    const { ranked, words: found } = await rankerOf(['bees dance', 'bees', 'robots']).rank('bees dance');
    assert.deepEqual([ranked[0]!.denseRank, ranked[0]!.lexicalRank], [1, 1]);
    assert.equal(ranked.find(({ key }) => key === 3)!.lexicalRank, null);
    assert.deepEqual([found.matching, found.passing], [2, 3]);
  });

  it('does not move towards a hit for that hit itself', async () => {
    const { ranked } = await rankerOf(['bees dance']).rank('bees');
    // The only one: nothing is left to move towards.
    assert.equal(ranked[0]!.dense, ranked[0]!.denseAsked);
  });
});
