import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { withoutTokens } from '../../src/platform/log.js';

it('a path is logged without the tokens in it', () => {
  for (let n = 0; n < 50; n++) {
    const token = randomBytes(32).toString('base64url');
    assert.equal(withoutTokens(`GET /manage/${token}/end: ${token}.`), 'GET /manage/[token]/end: [token].');
  }
  assert.equal(withoutTokens('/papers/doi:10.1234%2Fabc'), '/papers/doi:10.1234%2Fabc');
});
