import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Query } from '../../../src/search/query/ast.js';
import { NOT_TYPED, type QueryFilters, withFilters } from '../../../src/search/query/filters.js';
import { parseQuery } from '../../../src/search/query/parse.js';
import { printQuery } from '../../../src/search/query/print.js';

const examples: [QueryFilters, string][] = [
  [{}, ''],
  [{ from: undefined, category: undefined, hasCode: undefined, author: [] }, ''],
  [{ to: '2024-03', from: '2024-02-29', since: '30D' }, 'from:2024-02-29 to:2024-03 since:30d'],
  [{ category: ['cs.LG'] }, 'category:cs.LG'],
  [{ category: ['cs.LG', 'cs', 'cs.LG'] }, 'category:cs.LG OR category:cs'],
  [{ excludeCategory: ['cs.LG', 'hep-th'] }, '-category:cs.LG -category:hep-th'],
  [{ source: ['jsonl', 'Listing'] }, 'source:jsonl OR source:listing'],
  [
    { author: [' lecun ', 'yann\n lecun', 'O"Brien'] },
    'author:lecun OR author:"yann lecun" OR author:O"Brien',
  ],
  [{ venue: ['"ICML" 2024'] }, 'venue:"ICML 2024"'],
  [{ venue: ['“ICML”', '\ud800a'] }, 'venue:"ICML" OR venue:\ufffda'],
  [{ author: ['ﬁ'] }, 'author:fi'],
  [{ hasCode: true, minUpvotes: 0 }, 'has:code upvotes:0'],
  [{ hasCode: false }, '-has:code'],
];

const mistakes: [QueryFilters, string, string][] = [
  [{ from: 'foo' }, 'from', 'from: expected a date such as 2024, 2024-03 or 2024-03-01, not “foo”.'],
  [{ to: '2024-02-30' }, 'to', 'to: expected a date such as 2024, 2024-03 or 2024-03-01, not “2024-02-30”.'],
  [{ since: '' }, 'since', 'since: expected a number from 1 to 9999 and d, w, m or y, such as 30d, not “”.'],
  [
    { category: ['cs', 'a b'] },
    'category',
    'category: expected a category such as cs.LG, hep-th or cs, not “a b”.',
  ],
  [
    { excludeCategory: [''] },
    'excludeCategory',
    'excludeCategory: expected a category such as cs.LG, hep-th or cs, not “”.',
  ],
  [
    { source: ['x'] },
    'source',
    'source: expected one of sample, bibtex, ris, csl, csv, feed, listing, jsonl, openalex, semantic-scholar, huggingface, crossref, arxiv, not “x”.',
  ],
  [
    { author: ['""'] },
    'author',
    'author: expected a word or a quoted phrase, with a letter or digit, not “""”.',
  ],
  [{ venue: ['&'] }, 'venue', 'venue: expected a word or a quoted phrase, with a letter or digit, not “&”.'],
  [{ venue: ['a'.repeat(513)] }, 'venue', 'venue: longer than 512 characters.'],
  ...[-1, 1.5, 1e9 + 1, 1e21, Number.NaN].map((minUpvotes): [QueryFilters, string, string] => [
    { minUpvotes },
    'minUpvotes',
    `minUpvotes: expected a whole number from 0 to 1,000,000,000, not “${minUpvotes}”.`,
  ]),
];

function withoutSpans(query: Query): string {
  return JSON.stringify(query, (key, value: unknown) => (key === 'span' ? undefined : value));
}

describe('withFilters', () => {
  for (const [filters, text] of examples)
    it(`makes terms of ${JSON.stringify(filters)}`, () => {
      const query = withFilters({ terms: [] }, filters);
      assert.equal(printQuery(query), text);
      assert.equal(withoutSpans(parseQuery(text)), withoutSpans(query));
      for (const { span } of query.terms) assert.deepEqual(span, NOT_TYPED);
    });

  for (const [filters, field, message] of mistakes)
    it(`refuses ${JSON.stringify(filters).slice(0, 60)}`, () => {
      assert.throws(() => withFilters({ terms: [] }, filters), {
        code: 'invalid_query',
        message,
        details: { field },
      });
    });

  it('leaves the query as it was and adds behind it', () => {
    const query = parseQuery('a OR b');
    const before = structuredClone(query);
    assert.equal(
      printQuery(withFilters(query, { category: ['cs', 'math'] })),
      'a OR b category:cs OR category:math',
    );
    assert.deepEqual(query, before);
  });
});
