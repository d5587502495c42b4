import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from '../../src/search/cursor.js';

describe('cursor', () => {
  it('comes back as it was, and only for its query and model', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.nat(),
        fc.nat(1_000),
        fc.string(),
        (score, key, rank, query) => {
          const cursor = { score: score === 0 ? 0 : score, key, rank, mode: 'semantic' as const };
          const text = encodeCursor(cursor, { query, modelId: 'a@1' });
          assert.match(text, /^[\w-]+$/);
          assert.deepEqual(decodeCursor(text, { query, modelId: 'a@1' }), cursor);
          const others = [
            { query: `${query}!`, modelId: 'a@1' },
            { query, modelId: 'b@1' },
          ];
          for (const scope of others)
            assert.throws(() => decodeCursor(text, scope), { code: 'invalid_cursor' });
        },
      ),
    );
  });

  it('refuses whatever it did not make, without another error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((text) => Buffer.from(text).toString('base64url')),
        ),
        (text) => {
          assert.throws(() => decodeCursor(text, { query: 'q', modelId: 'a@1' }), { code: 'invalid_cursor' });
        },
      ),
    );
  });
});
