import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { withService } from '../support/service.js';
import { captureMail } from '../support/subscribing.js';

describe('the form of a subscription', () => {
  const service = withService({ mail: captureMail() });

  const show = async (url: string, fields?: Record<string, string>) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
    const answer = await service.app.inject(
      fields
        ? { method: 'POST', url, headers: form, payload: new URLSearchParams(fields).toString() }
        : { method: 'GET', url, headers: { accept: 'text/html' } },
    );
    return { status: answer.statusCode, body: answer.body, headers: answer.headers };
  };

  it('takes the time zone of the browser where nobody has said one', async () => {
    const { body, headers } = await show('/subscribe?q=graphs');
    assert.match(body, /<input value="UTC"[^>]* data-own-zone/);
    assert.match(String(headers['content-security-policy']), /script-src 'self'/);
    const path = /<script src="(\/assets\/zone[^"]+)" defer/.exec(body)![1]!;
    const script = await show(path);
    assert.equal(script.status, 200);
    const zoneAfter = (zone: string, value = 'UTC') => {
      const options = [...body.matchAll(/<option value="([^"]+)"/g)].map(([, name]) => ({ value: name }));
      const field = { value, defaultValue: 'UTC', list: { options } };
      runInNewContext(script.body, {
        document: { querySelector: () => field },
        Intl: { DateTimeFormat: () => ({ resolvedOptions: () => ({ timeZone: zone }) }) },
      });
      return field.value;
    };
    assert.equal(zoneAfter('Asia/Tokyo'), 'Asia/Tokyo');
    assert.equal(zoneAfter('Mars/Base'), 'UTC');
    assert.equal(zoneAfter('Asia/Tokyo', 'Europe/Oslo'), 'Europe/Oslo', 'typed before');
    for (const other of [
      await show('/subscribe?timeZone=UTC'),
      await show('/subscribe', { timeZone: 'Europe/Oslo' }),
    ]) {
      assert.doesNotMatch(other.body, /data-own-zone|assets\/zone/);
    }
  });
});
