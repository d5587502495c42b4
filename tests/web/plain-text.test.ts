import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainText } from '../../src/web/plain-text.js';

describe('plain text', () => {
  it('has formulas without their delimiters, and money as it is', () => {
    for (const [text, plain] of [
      ['A $k$-means of $$x^2$$ and \\(y\\)', 'A k-means of x^2 and y'],
      ['$O(n)$', 'O(n)'],
      ['From $5 to $10', 'From $5 to $10'],
      ['From \\$5 up', 'From $5 up'],
      ['No formula', 'No formula'],
      ['', ''],
    ] as const)
      assert.equal(plainText(text), plain);
  });
});
