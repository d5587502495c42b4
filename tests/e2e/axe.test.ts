import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser } from '../support/browser.js';
import { everyPage, type KindOfPage } from '../support/every-page.js';
import { takeIn, variedPapers } from '../support/search-service.js';
import { withService } from '../support/service.js';
import { captureMail, settableClock } from '../support/subscribing.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

declare global {
  interface Window {
    /** In the page, once its source ran there. */
    axe: { run(options: object): Promise<AxeResults> };
  }
}

const day = '2026-03-02';
/** Each layout once and each colour scheme once: neither changes what the other does. */
const views = [
  { width: 1_280, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const;

describe('for everybody', { skip: noBrowser }, () => {
  const clock = settableClock(`${day}T12:00:00Z`);
  const mail = captureMail();
  const service = withService({ clock, mail, env: { PUBLIC_URL: 'http://quire.example' } });
  let browser: Browser;
  let url: string;
  let pages: KindOfPage[];

  before(async () => {
    await takeIn(service, variedPapers(60));
    await service.services.db.pool.query(`UPDATE papers SET created_at = '${day} 06:00Z'`);
    const query = 'attention for bees';
    pages = await everyPage({
      services: service.services,
      mails: mail.mails,
      clock,
      query,
      paper: '2401.00007',
      day,
    });
    url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  async function faultsOf(page: Page): Promise<string[]> {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, impact, nodes }) =>
          `${id} (${impact}), ${nodes.length} times, ${nodes[0]!.html.slice(0, 160)}`,
      );
  }

  for (const { width, colorScheme } of views)
    it(`has no serious fault at ${width} pixels, ${colorScheme}`, async () => {
      const viewport = { width, height: 900 };
      const context = await browser.newContext({ viewport, colorScheme, bypassCSP: true });
      const page = await context.newPage();
      const faults: string[] = [];
      for (const { name, path, status = 200, act } of pages) {
        const answer = await page.goto(url + path);
        assert.equal(
          answer?.status(),
          status,
          `${name} is another page: ${await page.locator('main').innerText()}`,
        );
        await act?.(page);
        faults.push(...(await faultsOf(page)).map((fault) => `${name}: ${fault}`));
      }
      assert.deepEqual(faults, []);
      await context.close();
    });

  it('would be told of a fault', async () => {
    const page = await browser.newPage({ bypassCSP: true });
    await page.goto(url);
    await page.evaluate(() => {
      document.querySelector('main')!.innerHTML =
        '<img src="/x"><p style="color:#bbb;background:#ccc">Hardly seen</p>';
    });
    assert.match((await faultsOf(page)).join('\n'), /color-contrast[\s\S]*image-alt/);
    await page.close();
  });
});
