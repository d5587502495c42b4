import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainQuery } from '../../../src/search/query/explain.js';
import { withFilters } from '../../../src/search/query/filters.js';
import { parseQuery } from '../../../src/search/query/parse.js';

const meanings: [string, string][] = [
  ['attention', 'ranks by meaning and words'],
  ['&', 'has no letter or digit and hardly matters'],
  ['"attention is"', 'must contain the words ‘attention is’ one after the other'],
  ['"attention"', 'must contain the word ‘attention’'],
  ['title:gan', 'must have the word ‘gan’ in its title'],
  [
    'author:"yann lecun"',
    'must have the words ‘yann lecun’ in the name of one author (an initial stands for a given name)',
  ],
  ['venue:icml', 'must have the word ‘icml’ in the name of its venue'],
  ['category:cs.LG', 'must be in the category cs.LG'],
  ['category:cs', 'must be in the category cs or one below it'],
  ['source:jsonl', 'must come from the source jsonl'],
  ['has:code', 'must have code'],
  ['upvotes:1', 'must have at least 1 upvote'],
  ['upvotes:1000', 'must have at least 1,000 upvotes'],
  ['from:2024-03-01', 'published on or after 2024-03-01'],
  ['from:2024-03', 'published in 2024-03 or later'],
  ['to:2024-03-01', 'published on or before 2024-03-01'],
  ['to:2024', 'published in 2024 or earlier'],
  ['since:30d', 'published in the last 30 days'],
  ['since:1w', 'published in the last week'],
  ['since:2m', 'published in the last 2 months'],
  ['since:1000y', 'published in the last 1,000 years'],
  ['-gan', 'must not contain the word ‘gan’'],
  ['-5', 'must not contain the word ‘5’: a hyphen right before a word excludes it'],
  ['-has:code', 'must not have code'],
  ['a OR title:b OR has:code', 'must contain the word ‘a’, or have the word ‘b’ in its title, or have code'],
  ['like:2401.01234', 'ranks what is near to 2401.01234 higher and leaves that paper out'],
  ['-like:2401.01234', 'ranks what is near to 2401.01234 lower and leaves that paper out'],
];

const hints: [string, string[]][] = [
  ['a or b "AND" https://x.y arXiv:1 doi:2 Foo: bar constructor', []],
  ['foo:bar', ['“foo:bar” was read as words: there is no operator “foo:”.']],
  ['x -Foo:bar', ['“Foo:bar” was read as words: there is no operator “foo:”.']],
  ['foo:a OR b', ['“foo:a” was read as words: there is no operator “foo:”.']],
  [
    'title: x Title: y',
    [
      '“title:” was read as a word: the value of title: follows its colon without a space.',
      '“Title:” was read as a word: the value of title: follows its colon without a space.',
    ],
  ],
  ['foo:a foo:a', ['“foo:a” was read as words: there is no operator “foo:”.']],
  ['a AND b', ['“AND” was read as a word: a space alone joins conditions.']],
  ['a NOT b', ['“NOT” was read as a word: a hyphen right before a word excludes it.']],
  ['TO BE OR NOT TO BE', []],
  ['a - b', ['“-” was read as a word: an exclusion has no space behind its hyphen.']],
  ['a --b', ['“--b” was read as words: an exclusion begins with one hyphen alone.']],
  ['(a OR b) c', ['Brackets were read as parts of words: OR joins only what stands right beside it.']],
  ['f(x) OR b', ['Brackets were read as parts of words: OR joins only what stands right beside it.']],
  ['(a b) c OR d', []],
];

describe('explainQuery', () => {
  for (const [text, meaning] of meanings)
    it(`explains ${text}`, () => {
      const [part, ...others] = explainQuery(parseQuery(text)).parts;
      assert.equal(part?.meaning, meaning);
      assert.deepEqual(others, []);
    });

  for (const [text, expected] of hints)
    it(`hints at what ${text} looks like`, () => {
      assert.deepEqual(explainQuery(parseQuery(text)).hints, expected);
    });

  it('says what was typed where, and what came from parameters', () => {
    assert.deepEqual(explainQuery(withFilters(parseQuery(' 🙂  Title:«b»'), { from: '2024' })), {
      canonical: '🙂 title:"b" from:2024',
      parts: [
        { kind: 'word', text: '🙂', meaning: 'has no letter or digit and hardly matters', start: 1, end: 2 },
        {
          kind: 'text',
          text: 'title:"b"',
          meaning: 'must have the word ‘b’ in its title',
          start: 4,
          end: 13,
        },
        { kind: 'from', text: 'from:2024', meaning: 'published in 2024 or later', start: -1, end: -1 },
      ],
      hints: [],
    });
  });

  it('explains a query without terms', () => {
    assert.deepEqual(explainQuery({ terms: [] }), { canonical: '', parts: [], hints: [] });
  });
});
