import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inventedPaper } from '../support/papers.js';
import { withService } from '../support/service.js';
import { settableClock } from '../support/subscribing.js';

const pages = ['/health', '/sources'];
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe("the operator's pages", () => {
  const service = withService({ clock: settableClock('2026-03-30T12:00:00Z') });
  const ask = (url: string, authorization?: string) =>
    service.app.inject({
      url,
      headers: { accept: 'text/html', ...(authorization ? { authorization } : {}) },
    });

  it('are open where there is no key, and say what closes them', async () => {
    for (const url of pages) {
      const { statusCode, body } = await ask(url);
      assert.equal(statusCode, 200, url);
      assert.match(body, /Anybody can read this page.*quire key create/s, url);
    }
  });

  it('show the papers of the last days, drawn and told', async () => {
    await service.services.papers.takeIn([1, 2, 3, 4].map((n) => inventedPaper(n)));
    await service.database.db.pool.query(
      `UPDATE papers SET created_at = CASE public_id WHEN $1 THEN timestamptz '2026-02-28 23:59Z'
         WHEN $2 THEN timestamptz '2026-03-01 00:00Z' ELSE timestamptz '2026-03-30 11:00Z' END`,
      (await service.services.catalog.newest(2)).map(({ id }) => id),
    );
    const { body } = await ask('/health');
    const figure = /<figure class="bars">.*?<\/figure>/s.exec(body)![0];
    assert.match(
      figure,
      /3 in 30 days, at most 2 a day; 28 days without any\./,
      'the day before is not of them',
    );
    assert.equal(figure.match(/class="solid"/g)?.length, 2);
    assert.equal(figure.match(/class="due"/g)?.length, 30);
    assert.match(figure, /2026-03-01<\/th><td>1<.*2026-03-30<\/th><td>2</s);
  });

  describe('with a key', () => {
    let key: string;
    before(async () => {
      key = await service.services.apiKeys.create('operator');
    });

    it('ask for it, and nothing else does', async () => {
      for (const url of pages) {
        const { statusCode, headers, body } = await ask(url);
        assert.equal(statusCode, 401, url);
        assert.match(String(headers['www-authenticate']), /^Basic realm="[^"]+", charset="UTF-8"$/);
        assert.equal(headers['cache-control'], 'no-store');
        assert.match(body, /A key is needed.*quire key create.*href="\/listings"/s);
        assert.doesNotMatch(body, /not valid|Searchable|No papers are pulled/);
      }
      for (const url of ['/', '/listings', '/trending', '/subscribe', '/api/v1/sources', '/readyz'])
        assert.notEqual((await ask(url)).statusCode, 401, url);
    });

    it('take it as the password of any name', async () => {
      for (const url of pages)
        for (const name of ['', 'ada', 'Añá']) {
          const { statusCode, headers, body } = await ask(url, basic(`${name}:${key}`));
          assert.equal(statusCode, 200, `${url} ${name}`);
          assert.equal(headers['cache-control'], 'no-store');
          assert.doesNotMatch(body, /Anybody can read/);
        }
      const lower = basic(`:${key}`).replace('Basic', 'basic');
      assert.equal((await ask('/health', lower)).statusCode, 200, 'schemes have no case');
    });

    it('refuse anything else', async () => {
      const wrong = [
        basic(`ada:${key}x`),
        basic(key),
        basic(`${key}:`),
        basic(':'),
        'Basic',
        'Basic !',
        `Bearer ${key}`,
      ];
      for (const authorization of wrong)
        assert.equal((await ask('/health', authorization)).statusCode, 401, authorization);
      assert.match((await ask('/sources', wrong[0])).body, /role="alert">This key is not valid/);
    });
  });
});
