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
  const token = 'Ab0-_'.repeat(9).slice(0, 43);
  for (const written of [
    `${token}x`,
    `3D${token}`,
    `=3D${token}`,
    token.slice(0, 40),
    token.slice(2),
    `%41${token.slice(1)}`,
    `${token.slice(0, 20)}%2541${token.slice(21)}`,
    `${token.slice(0, 20)}%0D%0A${token.slice(20)}`,
    [...token].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(''),
  ])
    assert.equal(withoutTokens(`/manage/${written}/`), '/manage/[token]/', written);
  for (const id of ['649def34f8be52c8b66281af98ae884c09aef38b', '123e4567-e89b-12d3-a456-426614174000'])
    assert.equal(withoutTokens(`/papers/ss:${id}`), `/papers/ss:${id}`);
  assert.equal(withoutTokens('/papers/doi:10.1234%2Fabc'), '/papers/doi:10.1234%2Fabc');
});

it('what a server answers is shown without the addresses in it', () => {
  assert.equal(
    withoutAddresses('550 5.1.1 <ada+x@mail.example>: gone (ask "post@b.example", or c@d)'),
    '550 5.1.1 <[address]>: gone (ask "[address]", or [address])',
  );
  assert.equal(withoutAddresses('421 too many connections'), '421 too many connections');
});
