import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAppError } from '../../src/platform/errors.js';
import { type Cursor, decodeCursor, encodeCursor, MAX_CURSOR_LENGTH } from '../../src/search/cursor.js';

const scope = { query: 'graph networks', order: 'relevance', model: 'tiny@1' };

function assertInvalid(text: string, reason: RegExp): void {
  assert.throws(
    () => decodeCursor(text, scope),
    (error) =>
      isAppError(error, 'invalid_cursor') &&
      error.details['field'] === 'cursor' &&
      reason.test(error.message),
  );
}

describe('cursor', () => {
  it('comes back as it was, served papers in ascending order', () => {
    const keys = fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 31 }), { maxLength: 300 });
    fc.assert(
      fc.property(keys, (served) => {
        const text = encodeCursor({ order: 'relevance', mode: 'hybrid', served }, scope);
        assert.match(text, /^[\w-]+$/);
        const expected = { order: 'relevance', mode: 'hybrid', served: served.toSorted((a, b) => a - b) };
        assert.deepEqual(decodeCursor(text, scope), expected);
      }),
    );
    const place: Cursor = { order: 'newest', after: { value: 20_240_301, key: 12 }, rank: 40 };
    assert.deepEqual(decodeCursor(encodeCursor(place, scope), scope), place);
    const hot: Cursor = { order: 'trending', after: { value: 5_187.123456789012, key: 3 }, rank: 1 };
    assert.deepEqual(decodeCursor(encodeCursor(hot, scope), scope), hot);
    const last: Cursor = { order: 'upvoted', after: { value: -1, key: 1 }, rank: 0 };
    assert.deepEqual(decodeCursor(encodeCursor(last, scope), scope), last);
  });

  it('stays within its bound for a thousand papers of ten million', () => {
    const served = Array.from({ length: 1_000 }, (_, at) => at * 9_999 + 1);
    const text = encodeCursor({ order: 'relevance', mode: 'semantic', served }, scope);
    assert.ok(text.length <= MAX_CURSOR_LENGTH, `${text.length}`);
  });

  it('belongs to one search', () => {
    const text = encodeCursor(
      { order: 'relevance', mode: 'hybrid', served: [1] },
      { ...scope, query: 'other' },
    );
    assertInvalid(text, /belongs to another search/);
  });

  it('is refused where it is none', () => {
    for (const text of ['', 'x', 'e30', Buffer.from('[1]').toString('base64url')])
      assertInvalid(text, /cursor: /);
    const whole = encodeCursor({ order: 'relevance', mode: 'hybrid', served: [1, 2, 3] }, scope);
    for (let cut = 1; cut < whole.length; cut++) assertInvalid(whole.slice(0, cut), /cursor: /);
    fc.assert(fc.property(fc.string(), (text) => assertInvalid(text, /cursor: /)));
  });
});
