import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mathsSpans } from '../../src/papers/maths.js';

const formulas = (text: string) => mathsSpans(text).map(({ start, end }) => text.slice(start, end));

describe('mathsSpans', () => {
  it('finds formulas in all four delimiters', () => {
    assert.deepEqual(formulas('a $x$, $$y$$, \\(z\\), \\[w\\] b'), ['$x$', '$$y$$', '\\(z\\)', '\\[w\\]']);
    assert.deepEqual(formulas('$a\\$b$ and $ n = 1 $ and $H_2$0'), ['$a\\$b$', '$ n = 1 $', '$H_2$']);
  });

  it('takes money for money, and stray signs for signs', () => {
    for (const text of ['$5 to $10', '5$ or 6$', '\\$x\\$', '$$', '$$ $', '\\(x\\\\)', '\\(x', '$x\n\ny$'])
      assert.deepEqual(formulas(text), [], text);
  });

  it('joins no signs that are far apart', () => {
    assert.deepEqual(formulas(`$x_${'y'.repeat(2_000)}$`), []);
  });
});
