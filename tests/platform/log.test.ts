import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { withoutAddresses, withoutTokens } from '../../src/platform/log.js';

it('a path is logged without the tokens in it', () => {
  for (let n = 0; n < 50; n++) {
    const token = randomBytes(32).toString('base64url');
    assert.equal(withoutTokens(`GET /manage/${token}/end: ${token}.`), 'GET /manage/[token]/end: [token].');
    assert.equal(withoutTokens(`/feeds/subscriptions/${token}.atom`), '/feeds/subscriptions/[token].atom');
  }
  assert.equal(withoutTokens('/papers/doi:10.1234%2Fabc'), '/papers/doi:10.1234%2Fabc');
});

it('what a server answers is shown without the addresses in it', () => {
  assert.equal(
    withoutAddresses('550 5.1.1 <ada+x@mail.example>: gone (ask "post@b.example", or c@d)'),
    '550 5.1.1 <[address]>: gone (ask "[address]", or [address])',
  );
  assert.equal(withoutAddresses('421 too many connections'), '421 too many connections');
});
