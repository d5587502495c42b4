import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseQuery } from '../../src/search/query/parse.js';
import { planQuery } from '../../src/search/ranking/plan.js';

const now = new Date('2025-03-31T12:00:00Z');
const plan = (query: string, more?: string) => planQuery(parseQuery(query), now, more);
const terms = (query: string) => plan(query).terms.map(({ term, weight }) => `${term} ${weight}`);
const conditions = (query: string) => plan(query).conditions;
const wordCondition = (...placed: string[]) => ({
  op: 'words',
  terms: placed.map((term, offset) => ({ term, offset })),
  titleOnly: false,
});

describe('the plan of a query', () => {
  it('ranks by stems, counts repetitions, and leaves stop words out where there are others', () => {
    assert.deepEqual(terms('the learning of graphs and graph learning'), ['learn 2', 'graph 2']);
    assert.deepEqual(terms('to be or not to be'), ['to 2', 'be 2', 'or 1', 'not 1']);
    assert.deepEqual(terms('c++ GPT-4'), ['c++ 1', 'gpt 1', '4 1', 'gpt4 1']);
    assert.deepEqual(terms('!!! ...'), []);
    assert.deepEqual(terms('category:cs.LG'), []);
  });

  it('ranks by phrases, titles and alternatives, not by names and exclusions', () => {
    assert.equal(
      plan('bees "waggle dance" title:honey wax OR comb author:frisch -robots venue:apidologie').text,
      'bees waggle dance honey wax comb',
    );
  });

  it('ranks by a further text in which nothing is an operator', () => {
    const { text, conditions: required, likes } = plan('bees', 'category:cs.LG -robots like:2401.00001');
    assert.equal(text, 'bees category:cs.LG -robots like:2401.00001');
    assert.deepEqual(required, []);
    assert.deepEqual(likes, { positive: [], negative: [] });
  });

  it('requires the words of a phrase side by side, and a compound also in one word', () => {
    assert.deepEqual(conditions('"waggle dances"'), [wordCondition('waggl', 'danc')]);
    assert.deepEqual(conditions('"pre-training"'), [
      { op: 'or', conditions: [wordCondition('pre', 'train'), wordCondition('pretrain')] },
    ]);
  });

  it('keeps the places of words between compounds', () => {
    assert.deepEqual(conditions('"large-scale bees"'), [wordCondition('larg', 'scale', 'bee')]);
  });

  it('turns exclusions and alternatives into what the index knows', () => {
    assert.deepEqual(conditions('-robots'), [{ op: 'not', condition: wordCondition('robot') }]);
    assert.deepEqual(conditions('wax OR source:jsonl'), [
      { op: 'or', conditions: [wordCondition('wax'), { op: 'source', name: 'jsonl' }] },
    ]);
    assert.deepEqual(conditions('-has:code upvotes:3'), [
      { op: 'not', condition: { op: 'code' } },
      { op: 'upvotes', min: 3 },
    ]);
  });

  it('requires nothing of what has letters and no word', () => {
    for (const query of ['venue:\\textbf', 'title:\\textbf', '"\\textbf"', '-venue:\\textbf'])
      assert.deepEqual(conditions(query), [], query);
  });

  const days: [string, number, number][] = [
    ['since:1d', 20_250_330, 99_991_231],
    ['since:2w', 20_250_317, 99_991_231],
    ['since:1m', 20_250_228, 99_991_231],
    ['since:13m', 20_240_229, 99_991_231],
    ['since:1y', 20_240_331, 99_991_231],
    ['since:9999y', 1, 99_991_231],
    ['from:2024', 20_240_000, 99_991_231],
    ['from:2024-03', 20_240_300, 99_991_231],
    ['to:2024', 1, 20_249_999],
    ['to:2024-03', 1, 20_240_399],
    ['to:2024-03-05', 1, 20_240_305],
  ];
  for (const [query, from, to] of days) {
    it(`reads ${query} as ${from} to ${to}`, () =>
      assert.deepEqual(conditions(query), [{ op: 'dates', from, to }]));
  }

  describe('in other orders', () => {
    const required = (query: string) => plan(query).required;

    it('requires every plain word once, in any form', () => {
      assert.deepEqual(required('graphs graph learning'), [wordCondition('graph'), wordCondition('learn')]);
      assert.deepEqual(required('pre-training'), [wordCondition('pre'), wordCondition('train')]);
    });

    it('requires no alternative besides the alternatives, and no phrase twice', () => {
      assert.deepEqual(required('bees OR robots'), []);
      assert.deepEqual(required('honey bees OR robots'), [wordCondition('honei')]);
      assert.deepEqual(required('"waggle dance" title:honey'), []);
    });

    it('requires stop words where there is nothing else', () => {
      assert.deepEqual(required('the bees'), [wordCondition('bee')]);
      assert.deepEqual(required('to be'), [wordCondition('to'), wordCondition('be')]);
      assert.deepEqual(required('the "waggle dance"'), []);
    });
  });

  it('can be made of any query', () => {
    const piece = fc.constantFrom(
      ...['bees', '"a b"', 'title:x', 'author:"y z"', 'venue:v', 'OR', '-', '-w', '\\textbf', 'venue:\\em'],
      ...['category:cs', 'since:3w', 'upvotes:1', 'like:t:00000000', '…', 'x-y-z', '注意力', 'author:\\em'],
    );
    const isQuery = (text: string): boolean => {
      try {
        parseQuery(text);
        return true;
      } catch {
        return false;
      }
    };
    const query = fc
      .array(piece, { maxLength: 10 })
      .map((all) => all.join(' '))
      .filter(isQuery);
    fc.assert(
      fc.property(query, (text) => {
        const { conditions: all, required } = plan(text);
        for (const condition of [...all, ...required])
          if ('words' in condition) assert.ok(condition.words.length > 0);
          else if (condition.op === 'words') assert.ok(condition.terms.length > 0);
          else if (condition.op === 'or') assert.ok(condition.conditions.length > 0);
      }),
      { seed: 20251206, numRuns: 500 },
    );
  });
});
