import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withService } from '../support/service.js';

describe('the colours of the pages', () => {
  const service = withService();
  const choose = async (fields: Record<string, string>) => {
    const { statusCode, headers } = await service.app.inject({
      method: 'POST',
      url: '/theme',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    });
    return { statusCode, location: headers.location, cookie: String(headers['set-cookie']) };
  };
  const page = async (url: string, cookie = '') =>
    (await service.app.inject({ method: 'GET', url, headers: { cookie, accept: 'text/html' } })).body;

  it('are the system’s until somebody chooses, and then his from the first paint on', async () => {
    assert.doesNotMatch(await page('/'), /data-theme/);
    const { statusCode, cookie } = await choose({ theme: 'dark', back: '/' });
    assert.equal(statusCode, 303);
    assert.match(cookie, /^quire-theme=dark; Path=\/; Max-Age=31536000; SameSite=Lax; HttpOnly$/);
    const dark = await page('/', cookie.split(';')[0]);
    assert.match(dark, /<html lang="en" data-theme="dark">/);
    assert.match(dark, /value="dark" aria-pressed="true"/);
    assert.match((await choose({ theme: 'auto' })).cookie, /Max-Age=0/);
    assert.doesNotMatch(await page('/', 'quire-theme=<b>'), /data-theme/);
  });

  it('are chosen on any page, and lead back to it and nowhere else', async () => {
    assert.match(await page('/subscribe?q=a&b=%22'), /name="back" value="\/subscribe\?q=a&amp;b=%22"/);
    assert.equal(
      (await choose({ theme: 'dark', back: '/?q=a+b&sort=newest' })).location,
      '/?q=a+b&sort=newest',
    );
    for (const back of [
      '//evil.example/x',
      '\\\\evil.example',
      'http://evil.example/',
      'javascript:alert(1)',
      '/..//evil.example',
    ])
      assert.match(String((await choose({ theme: 'dark', back })).location), /^\/(?![/\\])/, back);
    assert.equal((await choose({ theme: 'dark', back: '//evil.example/x' })).location, '/');
  });
});
