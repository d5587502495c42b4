import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser } from '../support/browser.js';
import { inventedPaper } from '../support/papers.js';
import { takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';

const path = '/papers/2401.00050';
const title = `Steps of $O(n \\log n)$ and ${'very long words on narrow pages, '.repeat(6)}`.trim();

describe('a paper in a browser', { skip: noBrowser }, () => {
  const service = withService();
  let browser: Browser;
  let url: string;

  before(async () => {
    await takeIn(service, [
      ...Array.from({ length: 30 }, (_, n) => inventedPaper(n, { arxivId: `2101.000${10 + n}` })),
      inventedPaper(40, { title, arxivId: '2401.00050', arxivVersion: 2, authors: ['Ada Early'] }),
      { source: 'crossref', title, abstract: '', doi: '10.1000/1', arxivId: '2401.00050' },
    ]);
    url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  const selected = (page: Page) => page.evaluate(() => String(getSelection()));
  const bibtex = (page: Page) => page.getByLabel('The paper as BibTeX');

  it('sets formulas', async () => {
    const page = await browser.newPage();
    await page.goto(url + path);
    const heading = page.getByRole('heading', { level: 1 });
    const box = await heading.locator('math').boundingBox();
    assert.ok(box && box.width > 20 && box.height > 8, JSON.stringify(box));
    assert.doesNotMatch((await heading.textContent()) ?? '', /\$/);
    await page.close();
  });

  it('has its BibTeX selected when it is unfolded, and copies it', async () => {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(url + path);
    assert.ok(await bibtex(page).isHidden());
    await page.getByRole('link', { name: 'Cite', exact: true }).first().click();
    await bibtex(page).waitFor();
    await page.waitForFunction(() => String(getSelection()).startsWith('@'));
    const shown = await bibtex(page).inputValue();
    assert.match(shown, /^@misc\{early/);
    assert.equal((await selected(page)).trim(), shown);
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), shown);
    assert.deepEqual(problems, []);
    await context.close();
  });

  it('is unfolded by its address, and copies where browsers have no clipboard for pages', async () => {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    await page.goto(url + path);
    await page.evaluate(() => navigator.clipboard.writeText('before'));
    await page.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined }),
    );
    await page.goto('about:blank');
    await page.goto(`${url}${path}#cite`);
    await page.waitForFunction(() => String(getSelection()).startsWith('@'));
    assert.equal(await page.evaluate(() => typeof navigator.clipboard), 'undefined');
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied').waitFor();
    const other = await context.newPage();
    await other.goto(url);
    assert.match(await other.evaluate(() => navigator.clipboard.readText()), /^@misc/);
    await context.close();
  });

  it('is whole without a script', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${url}${path}#cite`);
    assert.ok(await bibtex(page).isVisible(), 'browsers unfold what the address names');
    assert.ok(await page.getByRole('button', { name: 'Copy' }).isHidden());
    await page.getByRole('link', { name: 'high' }).click();
    assert.equal(new URL(page.url()).search, '?diversity=high');
    await page.getByRole('link', { name: 'newest' }).click();
    assert.equal(new URL(page.url()).search, '?diversity=high&sort=newest');
    await page.getByRole('link', { name: '30 days' }).click();
    await page.getByRole('link', { name: 'Look at any time' }).click();
    assert.equal(new URL(page.url()).search, '?diversity=high&sort=newest');
    await context.close();
  });

  it('goes on in the list, and back to the same place in it', async () => {
    const page = await browser.newPage({ viewport: { width: 1_280, height: 700 } });
    await page.goto(url + path);
    await page.getByRole('link', { name: 'More related papers' }).click();
    await page.locator('#related-11').waitFor();
    const place = () => page.evaluate(() => Math.round(scrollY));
    assert.ok((await place()) > 700);
    await page.locator('#related-14 h2 a').scrollIntoViewIfNeeded();
    const before = await place();
    await page.locator('#related-14 h2 a').click();
    await page.waitForURL(/2101/);
    await page.goBack();
    await page.locator('#related-14').waitFor();
    await page.waitForFunction((wanted) => Math.abs(scrollY - wanted) < 5, before);
    await page.close();
  });

  for (const width of [320, 390, 1_280]) {
    it(`fits ${width} pixels, all unfolded`, async () => {
      const page = await browser.newPage({ viewport: { width, height: 800 } });
      await page.goto(url + path);
      for (const summary of await page.locator('details.fold > summary').all()) await summary.click();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${overflow} pixels too wide`);
      await page.close();
    });
  }
});
