import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser } from '../support/browser.js';
import { inventedPaper } from '../support/papers.js';
import { takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';

describe('the search page in a browser', { skip: noBrowser }, () => {
  const service = withService();
  let browser: Browser;
  let url: string;

  before(async () => {
    await takeIn(
      service,
      Array.from({ length: 65 }, (_, n) =>
        inventedPaper(n, {
          arxivId: `2401.${String(n).padStart(5, '0')}`,
          authors: n % 2 === 0 ? ['Ada Björk'] : ['Lin Briain'],
          categories: n % 2 === 0 ? ['cs.LG'] : ['cs.CL'],
          date: `20${10 + (n % 12)}-03-01`,
        }),
      ),
    );
    url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  /** A page that must log no error and be refused nothing. */
  async function open(path: string, options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage({ viewport: { width: 1_280, height: 800 }, ...options });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(url + path);
    return { page, problems };
  }

  const titles = (page: Page) => page.locator('.results h2 a');
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? null);

  describe('completes what is typed', () => {
    it('to an author by keyboard, and moves nothing for it', async () => {
      const { page, problems } = await open('/?q=bees');
      const box = page.getByRole('combobox', { name: 'Search papers' });
      const top = (await titles(page).first().boundingBox())!.y;
      await box.fill('');
      await box.pressSequentially('"case" bjo');
      const options = page.getByRole('option');
      await options.getByText('Ada Björk').waitFor();
      assert.equal(await box.getAttribute('aria-expanded'), 'true');
      assert.equal((await titles(page).first().boundingBox())!.y, top);
      await page.keyboard.press('ArrowDown');
      const active = await box.getAttribute('aria-activedescendant');
      assert.equal(await page.locator(`#${active}`).getAttribute('aria-selected'), 'true');
      await page.keyboard.press('Enter');
      assert.equal(await box.inputValue(), '"case" author:"Ada Björk" ');
      assert.equal(await box.getAttribute('aria-expanded'), 'false');
      assert.equal(new URL(page.url()).searchParams.get('q'), 'bees', 'nothing was sent yet');
      await page.keyboard.press('Enter');
      await page.waitForURL((to) => to.searchParams.get('q')!.includes('Ada'));
      assert.ok((await titles(page).count()) > 0);
      assert.deepEqual(problems, []);
      await page.close();
    });

    it('to a paper, which it opens, and to a category', async () => {
      const { page } = await open('/');
      const box = page.getByRole('combobox', { name: 'Search papers' });
      await box.pressSequentially('attention for ker');
      const options = page.getByRole('option');
      await options.first().waitFor();
      const title = await options.first().locator('.what').textContent();
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/papers/*');
      assert.equal(await page.locator('h1').textContent(), title);
      await box.pressSequentially('category:cs.');
      await options.first().waitFor();
      await options.getByText('cs.CL').click();
      assert.equal(await box.inputValue(), 'category:cs.CL ');
      await page.close();
    });

    it('until Escape, which leaves the text, and searches for what was typed where nothing is chosen', async () => {
      const { page } = await open('/');
      const box = page.getByRole('combobox', { name: 'Search papers' });
      await box.pressSequentially('attention');
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Escape');
      assert.equal(await page.getByRole('listbox').count(), 0);
      assert.equal(await box.inputValue(), 'attention');
      await page.keyboard.press('ArrowDown');
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL('**/?q=attention');
      await page.close();
    });

    it('no more where that fails, and never to an older text', async () => {
      const { page } = await open('/');
      const asked: string[] = [];
      await page.route('**/api/v1/suggest?*', async (route) => {
        asked.push(new URL(route.request().url()).searchParams.get('q')!);
        // The first is never answered, the second refused.
        if (asked.length === 2) await route.fulfill({ status: 503, body: '{}' });
        if (asked.length > 2) await route.continue();
      });
      const box = page.getByRole('combobox', { name: 'Search papers' });
      const given = page.waitForEvent('requestfailed');
      await box.fill('attention');
      await page.waitForRequest('**/api/v1/suggest?*');
      const refused = page.waitForResponse('**/api/v1/suggest?*');
      await box.fill('attention f');
      assert.match((await given).url(), /q=attention&/);
      assert.equal((await refused).status(), 503);
      assert.equal(await page.getByRole('listbox').count(), 0);
      await box.fill('attention fo');
      await page.getByRole('option').first().waitFor();
      assert.deepEqual(asked, ['attention', 'attention f', 'attention fo']);
      await page.close();
    });
  });

  describe('goes on in place', () => {
    it('and is there again, place and all, on the way back and after a reload', async () => {
      const { page, problems } = await open('/?q=benchmarks');
      const address = page.url();
      const more = page.getByRole('link', { name: 'More results' });
      for (const shown of [40, 60]) {
        await more.click();
        await page.getByText(`${shown} shown`).waitFor();
        assert.equal(await titles(page).count(), shown);
        assert.equal(
          await focused(page),
          await titles(page)
            .nth(shown - 20)
            .textContent(),
        );
      }
      assert.equal(page.url(), address);
      const all = await titles(page).allTextContents();
      assert.equal(new Set(all).size, 60);
      await titles(page).nth(50).click();
      await page.waitForURL('**/papers/*');
      await page.goBack();
      await titles(page).nth(59).waitFor();
      assert.deepEqual(await titles(page).allTextContents(), all);
      await page.waitForFunction(
        (title) => document.activeElement?.textContent === title,
        await titles(page).nth(50).textContent(),
      );
      assert.ok(await inView(page, 50), 'the opened paper is in sight');
      await page.reload();
      await titles(page).nth(59).waitFor();
      await more.click();
      await page.getByText('65 shown').waitFor();
      assert.equal(await more.count(), 0, 'that was the last page');
      assert.deepEqual(problems, []);
      await page.close();
    });

    it('and keeps what it has where that fails', async () => {
      const { page } = await open('/?q=benchmarks');
      await page.route('**/?*cursor=*', (route) => route.fulfill({ status: 503, body: '' }));
      const more = page.getByRole('link', { name: 'More results' });
      await more.click();
      await page.getByText('could not be loaded').waitFor();
      assert.equal(await titles(page).count(), 20);
      await page.unroute('**/?*cursor=*');
      await more.click();
      await page.getByText('40 shown').waitFor();
      await page.close();
    });

    it('or on a page of its own without a script', async () => {
      const { page } = await open('/?q=benchmarks', { javaScriptEnabled: false });
      const first = await titles(page).first().textContent();
      await page.getByRole('link', { name: 'More results' }).click();
      await page.waitForURL('**cursor=*');
      assert.notEqual(await titles(page).first().textContent(), first);
      await page.getByRole('button', { name: 'Why' }).last().click();
      await page.waitForURL('**why=*');
      assert.ok(await page.locator('section.because').isVisible());
      assert.equal(new URL(page.url()).hash, '#why');
      await page.getByRole('link', { name: 'Back to the first' }).click();
      assert.equal(await titles(page).first().textContent(), first);
      await page.close();
    });

    const inView = (page: Page, at: number) =>
      titles(page)
        .nth(at)
        .evaluate((title) => {
          const { top, bottom } = title.getBoundingClientRect();
          return top >= 0 && bottom <= innerHeight;
        });
  });

  it('says why in place, of a paper that came later too', async () => {
    const { page, problems } = await open('/?q=benchmarks+of+bees');
    const address = page.url();
    await page.getByRole('link', { name: 'More results' }).click();
    await page.getByText('40 shown').waitFor();
    for (const at of [1, 39]) {
      const paper = page.locator('.results > li').nth(at);
      const why = paper.getByRole('button', { name: 'Why' });
      await why.click();
      await paper.locator('.because').waitFor();
      assert.equal(await why.getAttribute('aria-expanded'), 'true');
      await paper.getByRole('link', { name: 'Hide' }).click();
      assert.equal(await paper.locator('.because').count(), 0);
    }
    assert.equal(page.url(), address);
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('goes by / j k o and shows its keys by ?', async () => {
    const { page } = await open('/?q=benchmarks');
    await page.keyboard.press('j');
    const [first, second] = await titles(page).allTextContents();
    assert.equal(await focused(page), first);
    await page.keyboard.press('j');
    assert.equal(await focused(page), second);
    await page.keyboard.press('k');
    assert.equal(await focused(page), first);
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'q');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keys' });
    await help.waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
    await page.keyboard.press('o');
    await page.waitForURL('**/papers/*');
    assert.equal(await page.locator('h1').textContent(), first);
    await page.close();
  });

  it('has its facets beside the results where there is room, and folded away where there is none', async () => {
    for (const [width, isBeside] of [
      [1_280, true],
      [390, false],
    ] as const) {
      const { page } = await open('/?q=benchmarks', { viewport: { width, height: 800 } });
      const year = page.locator('.facets li').getByText('2015');
      assert.equal(await year.isVisible(), isBeside);
      if (!isBeside) await page.getByText('Narrow down').click();
      assert.ok(await year.isVisible());
      await page.getByText('How to ask').click();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${width}: ${overflow} pixels too wide`);
      await page.close();
    }
  });
});
