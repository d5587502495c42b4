import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withService } from '../support/service.js';
import { captureMail, settableClock } from '../support/subscribing.js';

for (const [env, outcome] of [
  [{ TRUST_PROXY: '1' }, 'a budget of his own'],
  [{}, 'one of all, whatever is said of him'],
] as const)
  describe(`with ${JSON.stringify(env)} a visitor behind a proxy has ${outcome}`, () => {
    const mail = captureMail();
    const clock = settableClock('2026-03-02T10:00:00Z');
    const service = withService({ mail, clock, env });
    let people = 0;
    const ask = async (forwardedFor: string, times: number) => {
      const before = mail.mails.length;
      for (let n = 0; n < times; n++) {
        const answer = await service.app.inject({
          method: 'POST',
          url: '/api/v1/subscriptions',
          remoteAddress: '172.18.0.1',
          headers: { 'x-forwarded-for': forwardedFor },
          payload: { email: `p@d${++people}.example`, kind: 'daily' },
        });
        assert.equal(answer.statusCode, 202);
      }
      await service.services.subscriptions.idle();
      return mail.mails.length - before;
    };

    it('by X-Forwarded-For', async () => {
      const isTold = 'TRUST_PROXY' in env;
      assert.equal(await ask('203.0.113.7', 12), isTold ? 10 : 12);
      // What the visitor himself wrote stands before what the proxy knows.
      assert.equal(await ask('198.51.100.1, 203.0.113.7', 1), isTold ? 0 : 1);
      assert.equal(await ask('198.51.100.1', 1), 1);
      if (!isTold) assert.equal(await ask('198.51.100.2', 60), 46);
    });
  });
