import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorKinds } from '../../src/platform/errors.js';
import { projectRoot } from '../../src/platform/paths.js';
import { inventedPaper, jsonLines } from '../support/papers.js';
import { untilReady, withService } from '../support/service.js';

const papers = Array.from({ length: 60 }, (_, n) =>
  inventedPaper(n, n % 3 === 0 ? { arxivId: `2401.${String(n).padStart(5, '0')}` } : {}),
);

interface Answer {
  items: { paper: { id: string; title: string }; score: number }[];
  mode: string;
  notice: string | null;
  nextCursor: string | null;
}

describe('HTTP API', () => {
  const service = withService({ env: { BODY_LIMIT_MB: '1' } });
  let key: string;

  let origin: string;

  interface HttpAnswer {
    statusCode: number;
    headers: Record<string, string>;
    body: string;
    json<T>(): T;
  }

  /** Over a socket: a request that is injected never closes, and hides what depends on that. */
  const call = async (url: string, init: RequestInit): Promise<HttpAnswer> => {
    const answer = await fetch(origin + url, { ...init, redirect: 'manual' });
    const body = await answer.text();
    return {
      statusCode: answer.status,
      headers: Object.fromEntries(answer.headers),
      body,
      json: <T>() => JSON.parse(body) as T,
    };
  };
  const get = (url: string, headers: Record<string, string> = {}) => call(url, { headers });
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    call('/api/v1/ingest', { method: 'POST', headers: { authorization: `Bearer ${key}`, ...headers }, body });

  before(async () => {
    origin = await service.app.listen({ host: '127.0.0.1', port: 0 });
    key = await service.services.apiKeys.create('test');
    const answer = await post(jsonLines(papers), { 'content-type': 'application/x-ndjson' });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.json<{ added: number }>().added, papers.length);
    await untilReady(service.services);
  });

  describe('search', () => {
    it('finds by meaning, best first, scores falling', async () => {
      const { items, mode, notice } = (await get('/api/v1/search?q=attention+for+kernels')).json<Answer>();
      assert.equal(mode, 'hybrid');
      assert.equal(notice, null);
      assert.match(items[0]!.paper.title, /Attention|kernels/);
      const scores = items.map(({ score }) => score);
      assert.deepEqual(
        scores,
        scores.toSorted((a, b) => b - a),
      );
    });

    it('pages without repeating or skipping, also when papers come in between', async () => {
      const seen: string[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < 20; page++) {
        const url: string = `/api/v1/search?q=sparse+coding+of+speech&limit=7${cursor === null ? '' : `&cursor=${cursor}`}`;
        const answer: Answer = (await get(url)).json<Answer>();
        seen.push(...answer.items.map(({ paper }) => paper.id));
        cursor = answer.nextCursor;
        if (page === 2) {
          // Nearer to the query than anything: it must not push a result onto the next page again.
          await service.services.papers.takeIn([
            inventedPaper(900, { title: 'Sparse coding of speech', abstract: 'Sparse coding of speech.' }),
          ]);
          service.services.hintPapers();
          await untilReady(service.services);
        }
        if (cursor === null) break;
      }
      assert.equal(new Set(seen).size, seen.length, 'nothing twice');
      assert.ok(seen.length >= papers.length, `${seen.length} of ${papers.length}`);
    });

    it('searches words when asked to', async () => {
      const { items, mode } = (await get('/api/v1/search?q=%22case+17%22&mode=keyword')).json<Answer>();
      assert.equal(mode, 'keyword');
      assert.deepEqual(
        items.map(({ paper }) => paper.title),
        [papers[17]!.title],
      );
    });

    const refused: [string, string, string][] = [
      ['/api/v1/search', 'invalid_input', 'q'],
      ['/api/v1/search?q=', 'invalid_input', 'q'],
      ['/api/v1/search?q=%00', 'invalid_input', 'q'],
      ['/api/v1/search?q=x&limit=0', 'invalid_input', 'limit'],
      ['/api/v1/search?q=x&limit=101', 'invalid_input', 'limit'],
      ['/api/v1/search?q=x&limit=many', 'invalid_input', 'limit'],
      ['/api/v1/search?q=x&mode=magic', 'invalid_input', 'mode'],
      ['/api/v1/search?q=x&colour=red', 'invalid_input', 'colour'],
      [`/api/v1/search?q=${'x'.repeat(513)}`, 'invalid_query', 'q'],
      ['/api/v1/search?q=%22open', 'invalid_query', 'q'],
      ['/api/v1/search?q=x&from=soon', 'invalid_query', 'from'],
      ['/api/v1/search?q=x&weight=2', 'invalid_input', 'weight'],
      ['/api/v1/search?q=x&asof=soon', 'invalid_input', 'asof'],
      ['/api/v1/search?q=x&cursor=rubbish', 'invalid_cursor', 'cursor'],
    ];
    for (const [url, code, field] of refused) {
      it(`answers ${url.slice(0, 60)} with a problem that names ${field}`, async () => {
        const answer = await get(url);
        assert.equal(answer.statusCode, 400);
        assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
        const problem = answer.json<{ code: string; detail: string; requestId: string }>();
        assert.equal(problem.code, code);
        assert.match(problem.detail, new RegExp(`^${field}[:,] `));
        assert.equal(problem.requestId, answer.headers['x-request-id']);
      });
    }

    it('refuses the cursor of another query', async () => {
      const { nextCursor } = (await get('/api/v1/search?q=bees&limit=5')).json<Answer>();
      const answer = await get(`/api/v1/search?q=robots&limit=5&cursor=${nextCursor}`);
      assert.equal(answer.json<{ code: string }>().code, 'invalid_cursor');
    });
  });

  describe('papers', () => {
    it('are given by id, and other spellings redirect', async () => {
      const paper = (await get('/api/v1/papers/2401.00003')).json<{
        title: string;
        origins: Record<string, string>;
      }>();
      assert.equal(paper.title, papers[3]!.title);
      assert.equal(paper.origins['title'], 'jsonl');
      for (const spelling of [
        '2401.00003v2',
        'arXiv:2401.00003',
        'https%3A%2F%2Farxiv.org%2Fabs%2F2401.00003',
      ]) {
        const answer = await get(`/api/v1/papers/${spelling}`);
        assert.equal(answer.statusCode, 301, spelling);
        assert.equal(answer.headers['location'], '/api/v1/papers/2401.00003');
      }
      const slashes = await get('/api/v1/papers/hep-th/9901001/related?limit=3');
      assert.equal(slashes.headers['location'], '/api/v1/papers/hep-th%2F9901001/related?limit=3');
    });

    it('have related papers, never themselves', async () => {
      const { items } = (await get('/api/v1/papers/2401.00003/related?limit=50&minScore=-1')).json<Answer>();
      assert.equal(items.length, 50);
      assert.ok(!items.some(({ paper }) => paper.id === '2401.00003'));
      assert.equal(new Set(items.map(({ paper }) => paper.id)).size, 50);
    });

    it('are missed by name', async () => {
      for (const url of ['/api/v1/papers/nope', '/api/v1/papers/nope/related', '/api/v1/papers/%00']) {
        const answer = await get(url);
        assert.equal(answer.statusCode, 404, url);
        assert.equal(answer.json<{ code: string }>().code, 'paper_not_found');
      }
    });
  });

  describe('ingest', () => {
    it('needs a key', async () => {
      for (const headers of [
        {},
        { authorization: 'Bearer wrong' },
        { authorization: 'Basic x' },
        { 'x-api-key': 'quire_' },
      ]) {
        const answer = await call('/api/v1/ingest', { method: 'POST', body: 'x', headers });
        assert.equal(answer.statusCode, 401);
        assert.ok(answer.headers['www-authenticate']);
      }
      await service.services.apiKeys.revoke('nobody');
      const other = await service.services.apiKeys.create('short-lived');
      await service.services.apiKeys.revoke('short-lived');
      assert.equal((await post('x', { authorization: `Bearer ${other}` })).statusCode, 401);
    });

    it('changes nothing the second time', async () => {
      const report = (await post(jsonLines(papers))).json<Record<string, number>>();
      assert.equal(report['entries'], papers.length);
      assert.equal(report['unchanged'], papers.length);
      assert.equal(report['added'], 0);
    });

    it('reports what it could not read, with its line, and takes the rest', async () => {
      const text = `${jsonLines([inventedPaper(500)])}{"title": 7}\nnot json\n${jsonLines([inventedPaper(501)])}`;
      const report = (await post(text)).json<{
        added: number;
        problems: number;
        problemList: { line: number; reason: string }[];
      }>();
      assert.equal(report.added, 2);
      assert.deepEqual(
        report.problemList.map(({ line }) => line),
        [2, 3],
      );
      assert.match(report.problemList[0]!.reason, /title/);
    });

    it('takes what it is told to be', async () => {
      const body = '@misc{a, title = {Feathers by the Pound}, year = 2019}';
      const send = (format: string) =>
        call(`/api/v1/ingest?format=${format}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}` },
          body,
        });
      const report = (await send('bibtex')).json<Record<string, unknown>>();
      assert.deepEqual([report['format'], report['added'], report['problems']], ['bibtex', 1, 0]);
      assert.equal((await send('jsonl')).json<Record<string, unknown>>()['added'], 0);
      const wrong = await send('word');
      assert.equal(wrong.statusCode, 400);
      assert.match(wrong.body, /format/);
    });

    it('takes no more than its limit', async () => {
      const line = jsonLines([inventedPaper(600)]);
      const answer = await post(line.repeat(Math.ceil((2 ** 20 + 1) / line.length)));
      assert.equal(answer.statusCode, 413);
      assert.equal(answer.json<{ code: string }>().code, 'body_too_large');
    });

    it('goes on by itself from where a client broke off', async () => {
      const before = await service.services.catalog.count();
      const lines = Array.from({ length: 1_000 }, (_, n) => jsonLines([inventedPaper(5_000 + n)]));
      const headers = { authorization: `Bearer ${key}` };
      const sending = request(`${origin}/api/v1/ingest`, { method: 'POST', headers });
      sending.on('error', () => undefined);
      sending.write(lines.slice(0, 600).join(''));
      while ((await service.services.catalog.count()) === before) await sleep(10);
      sending.destroy();
      const report = (await post(lines.join(''))).json<{ added: number; unchanged: number }>();
      assert.ok(report.unchanged >= 250, `${report.unchanged} were stored before the client left`);
      assert.equal(report.added + report.unchanged, 1_000);
    });

    it('answers an empty body with a report of nothing', async () => {
      const report = (await post('')).json<Record<string, number>>();
      assert.equal(report['entries'], 0);
    });
  });

  describe('the rest', () => {
    it('is alive and ready', async () => {
      assert.deepEqual((await get('/livez')).json(), { alive: true });
      await untilReady(service.services);
      const ready = await get('/readyz');
      assert.equal(ready.statusCode, 200, ready.body);
    });

    it('answers unknown paths as the caller likes it', async () => {
      assert.equal((await get('/api/v1/nothing')).json<{ code: string }>().code, 'route_not_found');
      const page = await get('/nothing', { accept: 'text/html' });
      assert.equal(page.statusCode, 404);
      assert.match(page.body, /^<!doctype html>/);
      assert.equal((await get('/%zz')).statusCode, 400);
      const slashed = await get('/papers/10.1234/a/related', { accept: 'text/html' });
      assert.equal(slashed.headers['location'], '/papers/10.1234%2Fa%2Frelated');
      assert.equal((await get('/papers/10.1234%2Fa%2Frelated')).statusCode, 404);
      assert.equal((await get(`/api/v1/papers/${'x'.repeat(3_000)}`)).statusCode, 404);
    });

    it('describes itself: every route, every error code', async () => {
      const document = (await get('/openapi.json')).json<{
        paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
        components: {
          schemas: Record<string, { properties: { code: { enum?: string[]; anyOf?: { const: string }[] } } }>;
        };
      }>();
      const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
      );
      assert.deepEqual(operations.sort(), [
        'delete /api/v1/sources/{name} deleteSource',
        'delete /api/v1/subscriptions/{token} unsubscribeAll',
        'delete /api/v1/subscriptions/{token}/data deleteSubscriber',
        'delete /api/v1/subscriptions/{token}/{id} unsubscribe',
        'delete /api/v1/webhooks/{id} deleteWebhook',
        'get /api/daily_papers hfDailyPapers',
        'get /api/papers/search hfSearchPapers',
        'get /api/papers/{id} hfPaper',
        'get /api/v1/listings listing',
        'get /api/v1/listings/trending trending',
        'get /api/v1/papers getPapers',
        'get /api/v1/papers/{id} getPaper',
        'get /api/v1/papers/{id}/related related',
        'get /api/v1/query explainQuery',
        'get /api/v1/search search',
        'get /api/v1/sources listSources',
        'get /api/v1/sources/{name}/runs listSourceRuns',
        'get /api/v1/subscriptions/{token} getSubscriptions',
        'get /api/v1/subscriptions/{token}/export exportSubscriber',
        'get /api/v1/suggest suggest',
        'get /api/v1/webhooks listWebhooks',
        'get /feeds/listings.{format} listingFeed',
        'get /feeds/papers/{id}/related.{format} relatedFeed',
        'get /feeds/recommendations.{format} recommendationFeed',
        'get /feeds/search.{format} searchFeed',
        'get /feeds/subscriptions/{token}.{format} subscriptionFeed',
        'get /feeds/trending.{format} trendingFeed',
        'get /graph/v1/paper/search s2Search',
        'get /graph/v1/paper/{id} s2Paper',
        'get /livez livez',
        'get /metrics metrics',
        'get /readyz readyz',
        'get /recommendations/v1/papers/forpaper/{id} s2RecommendForPaper',
        'patch /api/v1/sources/{name} changeSource',
        'patch /api/v1/subscriptions/{token}/{id} changeSubscription',
        'patch /api/v1/webhooks/{id} changeWebhook',
        'post /api/v1/ingest ingest',
        'post /api/v1/papers/batch batchPapers',
        'post /api/v1/profile profile',
        'post /api/v1/recommendations recommend',
        'post /api/v1/sources/{name}/pull pullSource',
        'post /api/v1/subscriptions subscribe',
        'post /api/v1/subscriptions/link requestManageLink',
        'post /api/v1/subscriptions/preview previewSubscription',
        'post /api/v1/subscriptions/{token}/confirm confirmSubscription',
        'post /api/v1/subscriptions/{token}/link requestFullLink',
        'post /api/v1/subscriptions/{token}/{id}/feed makeSubscriptionFeed',
        'post /api/v1/webhooks addWebhook',
        'post /graph/v1/paper/batch s2Batch',
        'post /recommendations/v1/papers/ s2RecommendForLists',
        'put /api/v1/sources/{name} putSource',
      ]);
      const { code } = document.components.schemas['Problem']!.properties;
      const codes = code.enum ?? code.anyOf?.map((one) => one.const);
      assert.deepEqual(codes?.toSorted(), Object.keys(errorKinds).sort());
      assert.ok(document.paths['/api/v1/search']!['get']!.responses['400']);
      assert.equal((await get('/docs')).statusCode, 200);
    });

    it('gives metrics of queues, runs, searches, requests and the process', async () => {
      await get('/api/v1/search?q=something+to+count');
      const answer = await get('/metrics');
      assert.match(answer.headers['content-type'] as string, /^text\/plain/);
      for (const line of [
        /^quire_embedding_run_seconds_count\{lane="query"\} [1-9]/m,
        /^quire_embedding_waiting_texts\{lane="backfill"\} 0$/m,
        /^quire_embedding_texts_total\{lane="fresh"\} [1-9]/m,
        /^quire_index_search_seconds_count [1-9]/m,
        /^quire_index_live_vectors [1-9]/m,
        /^quire_index_lag_changes 0$/m,
        /^quire_http_request_seconds_count\{method="GET",route="\/api\/v1\/search",status="200"\} [1-9]/m,
        /^quire_engine_epoch 1$/m,
        /^quire_nodejs_eventloop_lag_seconds /m,
      ])
        assert.match(answer.body, line);
      assert.doesNotMatch(answer.body, /something/, 'what people search for is nobody’s business');
    });

    it('is described by the openapi.json of the checkout (npm run openapi renews it)', async () => {
      const file = join(projectRoot, 'openapi.json');
      const served = `${JSON.stringify((await get('/openapi.json')).json(), null, 2)}\n`;
      if (process.env['UPDATE_OPENAPI'] === '1') await writeFile(file, served);
      assert.equal(await readFile(file, 'utf8'), served);
    });
  });
});
