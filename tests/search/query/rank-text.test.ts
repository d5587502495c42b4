import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseQuery } from '../../../src/search/query/parse.js';
import { likeRefs, rankingText } from '../../../src/search/query/rank-text.js';

describe('rankingText', () => {
  const examples: [string, string][] = [
    ['', ''],
    ['graph "neural nets" title:survey title:"of us"', 'graph neural nets survey of us'],
    ['a -b -"c d" -title:e f', 'a f'],
    ['a OR "b c" OR title:d OR author:e OR has:code x', 'a b c d x'],
    ['author:a venue:b category:cs source:jsonl since:1d from:2024 to:2025 has:code upvotes:1 like:x', ''],
  ];
  for (const [text, expected] of examples)
    it(`takes ${JSON.stringify(expected)} of ${text}`, () => {
      assert.equal(rankingText(parseQuery(text)), expected);
    });
});

describe('likeRefs', () => {
  it('gives both kinds in the order typed', () => {
    assert.deepEqual(likeRefs(parseQuery('like:a -like:b x like:"c d" -like:e')), {
      positive: ['a', 'c d'],
      negative: ['b', 'e'],
    });
    assert.deepEqual(likeRefs(parseQuery('x')), { positive: [], negative: [] });
  });
});
