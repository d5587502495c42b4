import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Email } from 'postal-mime';
import { launchBrowser, noBrowser } from '../support/browser.js';
import { transportTo, withMailServer } from '../support/mail-server.js';
import { inventedPaper, jsonLines } from '../support/papers.js';
import { untilReady, withService } from '../support/service.js';
import { settableClock } from '../support/subscribing.js';

const publicUrl = 'http://quire.example';
const MAIL_LIMIT_MS = 20_000;

describe('from a paper to the last mail', { skip: noBrowser }, () => {
  const clock = settableClock('2026-03-02T12:00:00Z');
  const server = withMailServer();
  const mail = transportTo(server);
  const service = withService({ clock, mail, env: { PUBLIC_URL: publicUrl } });
  let browser: Browser;
  let url: string;

  before(async () => {
    url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  /** Over HTTP, as programs do, until they are found. */
  async function takeIn(from: number, count: number): Promise<void> {
    const key = await service.services.apiKeys.create('test');
    const records = Array.from({ length: count }, (_, n) =>
      inventedPaper(from + n, { arxivId: `2603.${String(from + n).padStart(5, '0')}` }),
    );
    const taken = await fetch(`${url}/api/v1/ingest?name=papers.jsonl`, {
      ...{ method: 'POST', body: jsonLines(records), headers: { 'x-api-key': key } },
    });
    assert.equal(taken.status, 200, await taken.clone().text());
    assert.equal(((await taken.json()) as { added: number }).added, count);
    await untilReady(service.services);
  }

  async function nextMail(count: number): Promise<Email> {
    const started = performance.now();
    while (server.mails.length < count) {
      if (performance.now() - started > MAIL_LIMIT_MS) throw new Error(`only ${server.mails.length} mails`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return server.mails[count - 1]!;
  }

  const runDigests = () => service.services.digests.runOnce();

  it('searches, opens, subscribes, confirms, is sent a digest, follows its links, and ends it', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    /** What a reader clicks in a mail: the service under the address at which it is published. */
    const follow = (link: string) => page.goto(link.replace(publicUrl, url));

    await takeIn(1, 12);
    await page.goto(url);
    await page.getByRole('combobox', { name: 'Search papers' }).fill('attention for bees');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/?q=*');
    const first = page.locator('article h2 a').first();
    const title = (await first.textContent())!;
    await first.click();
    await page.waitForURL('**/papers/*');
    assert.equal(await page.locator('h1').textContent(), title);

    await page.locator('main a[href^="/subscribe?"]').first().click();
    await page.waitForURL('**/subscribe?*');
    await page.getByLabel('Your address').fill('ada@example.org');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
    const asked = await nextMail(1);
    assert.equal(asked.to?.[0]?.address, 'ada@example.org');
    await follow(linksOf(asked, 'confirm')[0]!);
    await page.getByRole('button', { name: 'Yes, send it' }).click();
    await page.waitForLoadState();

    await takeIn(40, 10);
    clock.set('2026-03-04T12:00:00Z');
    assert.deepEqual([(await runDigests())?.sent, (await runDigests())?.sent], [1, 0], 'one digest, once');
    const digest = await nextMail(2);
    assert.equal(digest.to?.[0]?.address, 'ada@example.org');
    const links = linksOf(digest, '');
    assert.ok(links.length >= 4, links.join('\n'));
    for (const link of links) {
      // To another place of the same page a browser asks nothing.
      const answer = await follow(link.split('#')[0]!);
      assert.equal(answer?.status(), 200, link);
    }
    // A scanner follows links as well: it must not end anything.
    clock.set('2026-03-05T12:00:00Z');
    await takeIn(60, 5);
    assert.equal((await runDigests())?.sent, 1, 'looking at its links ends nothing');
    await nextMail(3);

    await follow(linksOf(digest, 'unsubscribe')[0]!);
    await page.getByRole('button', { name: 'Unsubscribe' }).click();
    await page.waitForLoadState();
    await takeIn(80, 5);
    clock.set('2026-03-08T12:00:00Z');
    assert.deepEqual([(await runDigests())?.due, server.mails.length], [0, 3]);
    assert.deepEqual(problems, []);
    await context.close();
  });
});

/** Of both parts, each once. */
function linksOf({ text = '', html = '' }: Email, path: string): string[] {
  const found = `${text} ${html.replaceAll('&amp;', '&')}`.matchAll(/http:\/\/quire\.example\/[^\s"'<>]*/g);
  return [...new Set([...found].map(([link]) => link))].filter((link) => link.includes(`/${path}`));
}
