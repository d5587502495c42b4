import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readReply, refusal, tidyResponse } from '../../../src/platform/mail/reply.js';

describe('replies of SMTP servers', () => {
  it('are read by their grammar, and by nothing less', () => {
    assert.deepEqual(readReply('250 2.1.5 ok'), { code: 250, enhanced: '2.1.5' });
    assert.deepEqual(readReply('250'), { code: 250, enhanced: null });
    assert.deepEqual(readReply('550-5.1.1 no\r\n550 such user'), { code: 550, enhanced: '5.1.1' });
    for (const none of [
      ...['', '25', '25 ok', '2500 ok', '250ok', '250_ok', ' 250 ok', 'ok 250', '199 ok', '600 no', '270 x'],
      ...['250-ok', '250-ok\n251 ok', '250 ok\n250 ok', '250-ok\nwhat\n250 ok', '250-ok\n250-ok'],
    ])
      assert.equal(readReply(none), null, JSON.stringify(none));
    assert.equal(readReply('550 5.1.1x y')?.enhanced, null);
  });

  it('never make a permanent failure of a temporary one, nor the other way round', () => {
    const code = fc.integer({ min: 400, max: 559 });
    const steps = fc.constantFrom('MAIL', 'RCPT', 'DATA', 'dot');
    const enhanced = fc.constantFrom('', '4.7.1 ', '5.1.1 ', '5.7.26 ', '2.0.0 ');
    fc.assert(
      fc.property(code, steps, enhanced, (number, step, status) => {
        const reply = readReply(`${number} ${status}text`);
        if (reply === null) return;
        const { kind } = refusal(reply, step as 'MAIL', '');
        assert.equal(kind, number < 500 || (number === 503 && status !== '5.7.26 ') ? 'deferred' : 'failed');
      }),
    );
  });

  it('become one line of a bounded length', () => {
    assert.equal(tidyResponse('550-a\r\n550 b\u0007'), '550-a 550 b');
    assert.ok(tidyResponse('x'.repeat(100_000)).length < 600);
  });
});
