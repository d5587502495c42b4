import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser } from '../support/browser.js';
import { inventedPaper } from '../support/papers.js';
import { takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';

const path = '/subscribe/preview?kind=daily&days=1&days=2&days=3&days=4&days=5&days=6&days=7';

describe('a preview in a browser', { skip: noBrowser }, () => {
  const service = withService({ clock: { now: () => new Date('2024-03-20T12:00:00Z') } });
  let browser: Browser;
  let url: string;

  before(async () => {
    await takeIn(
      service,
      Array.from({ length: 40 }, (_, n) => inventedPaper(n)),
    );
    await service.database.db.pool.query(
      `UPDATE papers SET created_at = timestamptz '2024-03-10 06:00Z' + make_interval(days => ((id - 1) % 40) / 4)`,
    );
    url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  it('shows other settings as they are changed, at the field what is wrong, and the address of what is shown', async () => {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('domcontentloaded', () => problems.push('a page was loaded'));
    await page.goto(url + path);
    problems.length = 0;
    const status = page.getByRole('status');
    assert.equal(await status.textContent(), '40 papers in 10 of 14 digests.');
    await page.getByText('The same as a table').click();
    await page.getByLabel('Papers at most').fill('1');
    await status.getByText('10 papers in 10 of 14 digests.').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('cap'), '1');
    assert.ok(await page.locator('#preview table').isVisible(), 'what was unfolded stays so');
    await page.getByLabel('30 days').check();
    await status.getByText('of 30 digests').waitFor();
    const zone = page.getByLabel('Time zone');
    await zone.fill('Mars/Base');
    const said = page.locator('#timeZone-problem');
    await said.getByText('an IANA time zone').waitFor();
    assert.equal(await zone.getAttribute('aria-invalid'), 'true');
    await zone.fill('Europe/Berlin');
    await status.getByText('10 papers in 10 of 30 digests.').waitFor();
    assert.equal(await said.textContent(), '');
    assert.equal(await zone.getAttribute('aria-invalid'), null);
    assert.equal(await page.locator(':focus').getAttribute('name'), 'timeZone', 'who types goes on typing');
    assert.deepEqual(problems, []);
    await page.goto(page.url());
    assert.equal(await page.getByLabel('Papers at most').inputValue(), '1');
    assert.equal(await status.textContent(), '10 papers in 10 of 30 digests.');
    await page.close();
  });

  it('gives up what is asked for no more', async () => {
    const page = await browser.newPage();
    await page.goto(url + path);
    const held: string[] = [];
    const given: string[] = [];
    await page.route('**/subscribe/preview?*', async (route) => {
      const cap = new URL(route.request().url()).searchParams.get('cap')!;
      // The first is never answered.
      if (held.push(cap) > 1) await route.continue();
    });
    page.on('requestfailed', (request) => given.push(new URL(request.url()).searchParams.get('cap')!));
    const cap = page.getByLabel('Papers at most');
    await cap.fill('1');
    await page.waitForRequest('**/subscribe/preview?*');
    await cap.fill('2');
    await page.getByRole('status').getByText('20 papers').waitFor();
    assert.deepEqual([held, given], [['1', '2'], ['1']]);
    await page.close();
  });

  it('says that the service is busy, and asks again by itself', async () => {
    const page = await browser.newPage();
    await page.goto(url + path);
    let asked = 0;
    await page.route('**/subscribe/preview?*', async (route) => {
      if (++asked > 1) return route.continue();
      const body = '<p id="preview-said">Not shown just now.</p><section id="preview">Wait.</section>';
      const headers = { 'content-type': 'text/html', 'retry-after': '1' };
      await route.fulfill({ status: 503, headers, body });
    });
    await page.getByLabel('Papers at most').fill('1');
    await page.getByText('Wait.').waitFor();
    await page.getByRole('status').getByText('10 papers').waitFor();
    assert.equal(asked, 2);
    await page.close();
  });

  it('comes without a script by the button', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${url}/subscribe?kind=daily`);
    await page.getByLabel('Your address').fill('reader@home.example');
    await page.getByRole('button', { name: 'See what it would have sent' }).click();
    assert.equal(new URL(page.url()).pathname, '/subscribe/preview');
    assert.doesNotMatch(page.url(), /reader/);
    await page.getByLabel('Papers at most').fill('2');
    await page.getByRole('button', { name: 'Show' }).click();
    assert.equal(new URL(page.url()).searchParams.get('cap'), '2');
    await page.getByRole('link', { name: 'Subscribe to this' }).click();
    assert.equal(new URL(page.url()).pathname, '/subscribe');
    await context.close();
  });

  describe('has a least score that', () => {
    const fits = `/subscribe/preview?q=graphs&minScore=0.1&${path.split('&').slice(1).join('&')}`;
    /** Where the line stands in the chart, from 0 below to 1 above. */
    const lineAt = (page: Page) =>
      page
        .locator('#scores .least-score')
        .evaluate((line) => 1 - Number.parseFloat(line.getAttribute('y1')!) / 100);
    const isNear = (value: number, expected: number, what: string) =>
      assert.ok(Math.abs(value - expected) < 0.02, `${what}: ${value}, not ${expected}`);

    it('is drawn, and follows the slider and the field', async () => {
      const page = await browser.newPage();
      await page.goto(url + fits);
      isNear(await lineAt(page), 0.1, 'as asked for');
      const field = page.locator('[name=minScore]');
      const slider = page.getByRole('slider', { name: 'Least score' });
      await slider.fill('0.9');
      isNear(await lineAt(page), 0.9, 'at once');
      assert.equal(await field.inputValue(), '0.90');
      await page
        .getByRole('status')
        .getByText('None of the 40 papers that came in for the last 14 digests.')
        .waitFor();
      assert.equal(new URL(page.url()).searchParams.get('minScore'), '0.90');
      isNear(await lineAt(page), 0.9, 'after it was shown anew');
      await field.fill('0.3');
      isNear(Number(await slider.inputValue()), 0.3, 'the slider');
      isNear(await lineAt(page), 0.3, 'the line');
      assert.equal(await slider.getAttribute('aria-valuetext'), '0.30, lets in more than usual');
      await field.fill('');
      assert.equal(await slider.getAttribute('aria-valuetext'), 'as usual (0.35)');
      isNear(await lineAt(page), 0.35, 'the usual one');
      isNear(Number(await slider.inputValue()), 0.35, 'what a drag begins from');
      await slider.press('ArrowRight');
      assert.equal(await field.inputValue(), '0.36', 'higher than the usual one, not lower');
      await slider.press('ArrowLeft');
      assert.equal(await field.inputValue(), '', 'back to the usual one');
      await slider.fill('0');
      assert.equal(await field.inputValue(), '0.00', 'none at all is another thing');
      assert.equal(await slider.getAttribute('aria-valuetext'), '0.00, lets in more than usual');
      await page.close();
    });

    it('is none where every paper is sent', async () => {
      const page = await browser.newPage();
      await page.goto(url + path);
      isNear(await lineAt(page), 0, 'the line');
      const slider = page.getByRole('slider', { name: 'Least score' });
      assert.equal(await slider.getAttribute('aria-valuetext'), 'none');
      await page.close();
    });

    it('is dragged in the chart, while it is shown anew as well', async () => {
      const page = await browser.newPage();
      await page.goto(url + fits);
      const ground = page.locator('#scores .ground');
      await ground.scrollIntoViewIfNeeded();
      const { x, y, width, height } = (await ground.boundingBox())!;
      const at = (score: number) => [x + width / 2, y + height * (1 - score)] as const;
      await page.mouse.move(...at(0.1));
      await page.mouse.down();
      const shown = page.waitForResponse('**/subscribe/preview?*minScore=0.50*');
      await page.mouse.move(...at(0.5), { steps: 4 });
      isNear(await lineAt(page), 0.5, 'under the pointer');
      await (await shown).finished();
      await page.locator('#preview:not([aria-busy])').waitFor();
      const box = (await ground.boundingBox())!;
      await page.mouse.move(x + width / 2, box.y + box.height * 0.2);
      isNear(await lineAt(page), 0.8, 'in the chart that came meanwhile');
      await page.mouse.up();
      await page.mouse.move(...at(0.3));
      isNear(Number(await page.locator('[name=minScore]').inputValue()), 0.8, 'let go');
      await page.close();
    });

    it('is a field like any other without a script', async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(url + fits);
      assert.ok(await page.locator('#least-control').isHidden());
      await page.locator('[name=minScore]').fill('0.6');
      await page.getByRole('button', { name: 'Show' }).click();
      isNear(await lineAt(page), 0.6, 'the line');
      await context.close();
    });
  });

  for (const width of [320, 360, 1_200]) {
    it(`fits ${width} pixels`, async () => {
      const page = await browser.newPage({ viewport: { width, height: 800 } });
      for (const one of [path, `${path}&back=30`, `${path}&timeZone=Mars`]) {
        await page.goto(url + one);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${one} is ${overflow} pixels too wide`);
      }
      await page.close();
    });
  }
});
