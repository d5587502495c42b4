import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { siteScript } from '../../src/web/assets.js';
import { inventedPaper } from '../support/papers.js';
import { untilReady, withService } from '../support/service.js';

const hostile = '<script>alert(1)</script> & "quotes"';

describe('pages', () => {
  const service = withService();
  const page = async (url: string) => {
    const answer = await service.app.inject({ method: 'GET', url, headers: { accept: 'text/html' } });
    return { status: answer.statusCode, body: answer.body, headers: answer.headers };
  };

  it('say so when there is nothing yet', async () => {
    const { status, body } = await page('/');
    assert.equal(status, 200);
    assert.match(body, /No papers yet/);
  });

  describe('with papers', () => {
    before(async () => {
      await service.services.papers.takeIn([
        ...Array.from({ length: 30 }, (_, n) => inventedPaper(n)),
        inventedPaper(50, { title: hostile, authors: [hostile], venue: hostile, arxivId: '2401.00050' }),
        inventedPaper(51, {
          title: 'Very many hands',
          authors: Array.from({ length: 3_000 }, (_, n) => `Author ${n}`),
        }),
      ]);
      service.services.hintPapers();
      await untilReady(service.services);
    });

    it('list results, keep the query, and lead on', async () => {
      const { body } = await page('/?q=attention+for+kernels');
      assert.match(body, /value="attention for kernels"/);
      assert.equal(body.match(/<article>/g)?.length, 20);
      const next = /href="([^"]+)"[^>]*>More results|rel="next"[^>]*href="([^"]+)"/.exec(body);
      const url = (next?.[1] ?? next?.[2] ?? '').replaceAll('&amp;', '&');
      const second = await page(url);
      assert.equal(second.status, 200);
      assert.equal(second.body.match(/<article>/g)?.length, 12);
    });

    it('escape whatever papers and people write', async () => {
      for (const url of [
        '/papers/2401.00050',
        `/?q=${encodeURIComponent(hostile)}`,
        `/papers/${encodeURIComponent(hostile)}`,
      ]) {
        const { body, headers } = await page(url);
        assert.deepEqual(body.match(/<script[^>]*>/g), [`<script src="${siteScript.path}" defer>`], url);
        assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      }
    });

    it('show one paper with its related ones, and redirect its other names', async () => {
      const { body, status } = await page('/papers/2401.00050');
      assert.equal(status, 200);
      assert.match(body, /href="https:\/\/arxiv.org\/abs\/2401.00050"/);
      assert.ok((body.match(/<article>/g)?.length ?? 0) >= 10);
      const other = await page('/papers/arXiv%3A2401.00050v3');
      assert.equal(other.status, 301);
      assert.equal(other.headers.location, '/papers/2401.00050');
    });

    it('fold three thousand authors away', async () => {
      const { body } = await page('/?q=very+many+hands');
      assert.match(body.replaceAll(/<\/?a\b[^>]*>/g, ''), /Author 0, Author 1, Author 2 \+ 2997/);
    });

    it('answer errors as pages that keep what was typed', async () => {
      const missing = await page('/papers/nope');
      assert.equal(missing.status, 404);
      assert.match(missing.body, /No paper is known as/);
      const wrong = await page('/?q=bees&cursor=rubbish');
      assert.equal(wrong.status, 400);
      assert.match(wrong.body, /value="bees"/);
    });

    it('are light: style and all within 60 kB', async () => {
      const { body } = await page('/?q=bees');
      const href = /rel="stylesheet" href="([^"]+)"/.exec(body)?.[1] ?? '';
      const style = await page(href);
      assert.equal(style.status, 200);
      assert.match(String(style.headers['cache-control']), /immutable/);
      assert.ok(Buffer.byteLength(body) + Buffer.byteLength(style.body) < 60_000);
    });
  });
});
