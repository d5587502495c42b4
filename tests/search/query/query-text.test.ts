import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readQueryText } from '../../../src/search/query/query-text.js';

describe('readQueryText', () => {
  it('gives NFKC, piece by piece, for whatever joins in Unicode', () => {
    const joining: string[] = [];
    for (let code = 0; code < 0x110000; code++) {
      const char = String.fromCodePoint(code);
      const parts = [...char.normalize('NFD')];
      if (parts.length > 1) joining.push(parts.join(''));
      // What is one character as typed may be the second half of another.
      if (parts[0] !== char.normalize('NFKD')) joining.push(`가${char}a${char}`);
    }
    assert.ok(joining.length > 10_000);
    for (const text of joining)
      assert.equal(readQueryText(text).chars.join(''), text.normalize('NFKC'), JSON.stringify(text));
  });

  it('gives NFKC and spans that lie within what was typed and follow one another', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), (text) => {
        const { chars, spanOf } = readQueryText(text);
        assert.equal(chars.join(''), text.normalize('NFKC'));
        const whole = spanOf(0, chars.length);
        assert.deepEqual(whole, { start: 0, end: [...text].length });
        for (let i = 1; i < chars.length; i++)
          assert.ok(spanOf(i - 1, i).start <= spanOf(i, i + 1).start && spanOf(i, i + 1).end <= whole.end);
      }),
      { numRuns: 2_000 },
    );
  });
});
