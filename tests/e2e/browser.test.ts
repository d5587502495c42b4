import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser, noBrowser } from '../support/browser.js';
import { inventedPaper } from '../support/papers.js';
import { untilReady, withService } from '../support/service.js';

describe('in a browser', { skip: noBrowser }, () => {
  const service = withService();
  let browser: Browser;
  let url: string;

  before(async () => {
    const { papers, hintPapers } = service.services;
    const long = 'A title of two hundred and fifty characters '.repeat(6).trim();
    await papers.takeIn([
      ...Array.from({ length: 45 }, (_, n) => inventedPaper(n)),
      inventedPaper(60, { title: long, arxivId: '2401.00060' }),
      inventedPaper(61, {
        title: '注意力机制的研究',
        abstract: '本文研究注意力机制在长文本中的作用，并给出了实验结果。'.repeat(10),
        arxivId: '2401.00061',
      }),
      inventedPaper(62, {
        title: 'Many hands',
        arxivId: '2401.00062',
        authors: Array.from({ length: 3_000 }, (_, n) => `Author Number${n}`),
      }),
    ]);
    hintPapers();
    await untilReady(service.services);
    url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  /** A page that fails the test when anything is blocked, missing, or logged as an error. */
  async function open(
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ page: Page; context: BrowserContext; problems: string[] }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText;
      // The browser gives up on what it still loads when a link is followed.
      if (reason !== 'net::ERR_ABORTED') problems.push(`${request.url()}: ${reason}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) problems.push(`${response.url()}: ${response.status()}`);
    });
    return { page, context, problems };
  }

  it('finds a paper, opens it, goes on to a related one and back', async () => {
    const { page, context, problems } = await open();
    await page.goto(url);
    await page.getByLabel('Search papers').fill('distillation for translation');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/?q=*');
    const titles = page.locator('.results h2 a');
    assert.equal(await titles.count(), 20);
    const first = await titles.first().textContent();
    await titles.first().click();
    await page.waitForURL('**/papers/*');
    const opened = page.url();
    assert.equal(await page.locator('h1').textContent(), first);
    await titles.first().click();
    await page.waitForURL((to) => to.href !== opened);
    assert.notEqual(await page.locator('h1').textContent(), first);
    await page.goBack();
    await page.goBack();
    assert.equal(await page.getByLabel('Search papers').inputValue(), 'distillation for translation');
    assert.deepEqual(problems, []);
    await context.close();
  });

  it('browses the API at /docs', async () => {
    const { page, context, problems } = await open();
    await page.goto(`${url}/docs`);
    await page.getByText('/api/v1/search', { exact: true }).first().waitFor();
    assert.deepEqual(problems, []);
    await context.close();
  });

  for (const width of [320, 390, 1_280]) {
    it(`fits ${width} pixels, whatever the paper`, async () => {
      const { page, context } = await open({ viewport: { width, height: 800 } });
      for (const path of [
        '/',
        '/?q=many+hands',
        '/papers/2401.00060',
        '/papers/2401.00061',
        '/papers/2401.00062',
        '/papers/nope',
      ]) {
        await page.goto(url + path);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${path} is ${overflow} pixels too wide`);
      }
      await context.close();
    });
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`keeps its contrast in the ${colorScheme}`, async () => {
      const { page, context } = await open({ colorScheme });
      await page.goto(`${url}/?q=bees`);
      for (const [selector, least] of [
        ['.lead', 7],
        ['.results h2 a', 4.5],
        ['.facts', 4.5],
        ['button', 4.5],
      ] as const) {
        const [ink, paper] = await page
          .locator(selector)
          .first()
          .evaluate((element) => {
            const background = (of: Element | null): string => {
              const color = of ? getComputedStyle(of).backgroundColor : 'rgb(255, 255, 255)';
              return of && /rgba\(.*, 0\)|transparent/.test(color) ? background(of.parentElement) : color;
            };
            return [getComputedStyle(element).color, background(element)];
          });
        const ratio = contrast(ink!, paper!);
        assert.ok(ratio >= least, `${selector}: ${ratio.toFixed(2)} (${ink} on ${paper})`);
      }
      await context.close();
    });
  }
});

/** WCAG 2.2 contrast ratio of two `rgb(…)` colours. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
