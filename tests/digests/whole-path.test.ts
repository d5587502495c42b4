import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Email } from 'postal-mime';
import { transportTo, withMailServer } from '../support/mail-server.js';
import { inventedPaper } from '../support/papers.js';
import { settle } from '../support/search-service.js';
import { withService } from '../support/service.js';
import { settableClock } from '../support/subscribing.js';

const publicUrl = 'https://quire.example';

describe('from a subscription to its end', () => {
  const clock = settableClock('2026-03-02T12:00:00Z');
  const server = withMailServer();
  const mail = transportTo(server);
  const service = withService({ clock, mail, env: { PUBLIC_URL: publicUrl } });

  const post = (url: string, payload: object | string, type = 'application/json') =>
    service.app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });
  const linkIn = ({ text = '' }: Email, path: string): string => {
    const found = new RegExp(`${publicUrl}(/${path}/[\\w-]{43}[^\\s>]*)`).exec(text)?.[1];
    assert.ok(found, `no link to ${path} in: ${text}`);
    return found;
  };
  const nextMail = async (count: number): Promise<Email> => {
    const started = performance.now();
    while (server.mails.length < count) {
      if (performance.now() - started > 10_000) throw new Error(`only ${server.mails.length} mails`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return server.mails[count - 1]!;
  };
  const takeIn = async (from: number, count: number): Promise<void> => {
    const records = Array.from({ length: count }, (_, n) =>
      inventedPaper(from + n, { arxivId: `2603.${String(from + n).padStart(5, '0')}` }),
    );
    await service.services.papers.takeIn(records);
    await settle(service);
  };

  it('asks first, sends a digest a day with what is new, and stops at one click', async () => {
    const asked = await post('/api/v1/subscriptions', {
      ...{ email: 'ada@example.org', kind: 'daily', days: [1, 2, 3, 4, 5, 6, 7], hour: 7 },
      ...{ timeZone: 'Europe/Berlin', cap: 5 },
    });
    assert.equal(asked.statusCode, 202, asked.body);
    const confirm = linkIn(await nextMail(1), 'confirm');
    await takeIn(1, 3);
    assert.equal((await service.services.digests.runOnce())?.prepared, 0, 'nothing before it is confirmed');
    assert.equal((await service.app.inject({ url: confirm })).statusCode, 200);
    clock.set('2026-03-03T06:00:00Z');
    assert.equal(
      (await service.services.digests.runOnce())?.prepared,
      0,
      'looking at the page confirms nothing',
    );
    assert.equal((await post(confirm, '', 'application/x-www-form-urlencoded')).statusCode, 200);

    await takeIn(10, 4);
    clock.set('2026-03-04T06:00:00Z');
    const books = await service.services.digests.runOnce();
    assert.deepEqual([books?.prepared, books?.sent, books?.problem], [1, 1, null]);
    const first = await nextMail(2);
    assert.equal(first.to?.[0]?.address, 'ada@example.org');
    assert.match(first.subject ?? '', /4|5|7/);
    assert.ok(first.html && first.text);
    const header = (name: string) => first.headers.find(({ key }) => key === name)?.value ?? '';
    assert.match(header('list-unsubscribe'), /^<https:\/\/quire\.example\/unsubscribe\/[\w-]{43}>$/);
    assert.equal(header('list-unsubscribe-post'), 'List-Unsubscribe=One-Click');
    assert.equal(header('auto-submitted'), 'auto-generated');
    assert.match(first.messageId ?? '', /^<digest\.2026-03-04\.[0-9a-f]{32}@/);
    assert.equal((await service.services.digests.runOnce())?.prepared, 0, 'once a day');

    await takeIn(20, 1);
    clock.set('2026-03-05T06:00:00Z');
    await service.services.digests.runOnce();
    const second = await nextMail(3);
    const titles = (text: string): string[] => text.match(/case \d+/g) ?? [];
    const repeated = titles(second.text ?? '').filter((one) => titles(first.text ?? '').includes(one));
    assert.deepEqual(repeated, [], 'no paper twice');

    for (const link of new Set(`${first.text}${first.html}`.match(/https:\/\/quire\.example[^\s"<>]*/g)))
      for (const method of ['GET', 'HEAD'] as const)
        await service.app.inject({ method, url: link.slice(publicUrl.length).replaceAll('&amp;', '&') });
    const unsubscribe = linkIn(first, 'unsubscribe');
    const clicked = await post(
      unsubscribe,
      'List-Unsubscribe=One-Click',
      'application/x-www-form-urlencoded',
    );
    assert.deepEqual(
      [clicked.statusCode, clicked.headers['location'], clicked.headers['set-cookie']],
      [200, undefined, undefined],
    );
    await takeIn(30, 2);
    clock.set('2026-03-06T06:00:00Z');
    assert.deepEqual((await service.services.digests.runOnce())?.due, 0);
    assert.equal(server.mails.length, 3);
  });
});
