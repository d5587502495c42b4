import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { runQueryFuzz } from '../../../scripts/campaign/query-fuzz.js';
import type { Query } from '../../../src/search/query/ast.js';
import { parseQuery } from '../../../src/search/query/parse.js';
import { printQuery } from '../../../src/search/query/print.js';

const plain = fc.constantFrom(
  'attention',
  'C++',
  '注意',
  'e\u0301',
  'O’Brien',
  '5"',
  'foo:bar',
  'or',
  '🙂1',
  'ﬁ',
);
const space = fc.constantFrom(' ', '  ', '\t', '\u00a0', '\0', '\u3000');
const quoted = fc
  .tuple(
    fc.constantFrom(['"', '"'], ['“', '”'], ['„', '“'], ['«', '»']),
    fc.array(plain, { minLength: 1, maxLength: 3 }),
    space,
  )
  .map(([[open, close], words, between]) => `${open}${words.join(between).replaceAll('"', '')}${close}`);
const condition = fc.oneof(
  plain,
  quoted,
  fc
    .tuple(fc.constantFrom('title', 'Author', 'VENUE'), fc.oneof(plain, quoted))
    .map(([name, value]) => `${name}:${value}`),
  fc.constantFrom('category:cs.LG', 'CATEGORY:"hep-th"', 'source:Jsonl', 'has:code', 'upvotes:010'),
);
const term = fc.oneof(
  condition,
  condition.map((text) => `-${text}`),
  fc.array(condition, { minLength: 2, maxLength: 4 }).map((texts) => texts.join(' OR ')),
  fc.constantFrom(
    'from:2024',
    'to:2024-02-29',
    'since:030D',
    'like:"a b"',
    'like:x',
    '-like:10.1/x',
    '-',
    '--a',
  ),
);
const queries = fc
  .array(fc.tuple(term, space), { maxLength: 6 })
  .map((parts) => parts.map(([text, after]) => text + after).join(''));

function withoutSpans(query: Query): string {
  return JSON.stringify(query, (key, value: unknown) => (key === 'span' ? undefined : value));
}

describe('printQuery', () => {
  it('gives a text that means the same and stays as it is', () => {
    fc.assert(
      fc.property(queries, (text) => {
        const query = parseQuery(text);
        const canonical = printQuery(query);
        const again = parseQuery(canonical);
        assert.equal(withoutSpans(again), withoutSpans(query));
        assert.equal(printQuery(again), canonical);
        assert.doesNotMatch(canonical, / {2}|^ | $|[“”„«»\p{Cc}]/u);
      }),
      { numRuns: 3_000 },
    );
  });

  it('holds for texts that nobody types', () => {
    const { problems, read, refused } = runQueryFuzz({ count: 3_000, seed: 7 });
    assert.deepEqual(problems, []);
    assert.ok(read > 500 && refused > 500, `${read} read, ${refused} refused`);
  });
});
