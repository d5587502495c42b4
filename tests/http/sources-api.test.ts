import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withService } from '../support/service.js';

interface View {
  name: string;
  state: string;
  everyMinutes: number;
  what: string;
  advice: string | null;
  nextAt: string | null;
  lastRun: { outcome: string; problem: string; problems: unknown[] } | null;
}

describe('sources over the API, and as a page', () => {
  const service = withService();
  let keys = 0;
  const call = (
    method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    payload?: object,
    key = '',
  ) =>
    service.app.inject({
      ...{ method, url: `/api/v1${path}` },
      headers: key === '' ? {} : { authorization: `Bearer ${key}` },
      ...(payload ? { payload } : {}),
    });
  const withKey = async (method: 'PUT' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) =>
    call(method, path, payload, await service.services.apiKeys.create(`k${++keys}`));
  const page = async () => {
    const key = await service.services.apiKeys.create(`k${++keys}`);
    const authorization = `Basic ${Buffer.from(`operator:${key}`).toString('base64')}`;
    return (await service.app.inject({ url: '/sources', headers: { authorization } })).body;
  };

  it('are shown to all, and changed with a key', async () => {
    const { items } = (await call('GET', '/sources')).json<{ items: View[] }>();
    assert.deepEqual(items, []);
    assert.match(await page(), /No papers are pulled from anywhere yet/);
    for (const [method, path] of [
      ['PUT', '/sources/a'],
      ['PATCH', '/sources/a'],
      ['DELETE', '/sources/a'],
      ['POST', '/sources/a/pull'],
    ] as const)
      assert.equal((await call(method, path, { kind: 'huggingface' })).statusCode, 401, `${method} ${path}`);
  });

  it('are made, changed, turned off and on, pulled and removed', async () => {
    const url = 'https://journal.example.org/feed.xml?key=s3cret';
    const made = await withKey('PUT', '/sources/journal', { kind: 'feed', url, every: '6h' });
    assert.equal(made.statusCode, 200, made.body);
    const view = made.json<View>();
    assert.deepEqual(
      [view.name, view.state, view.everyMinutes, view.what, view.lastRun],
      ['journal', 'new', 360, 'journal.example.org/feed.xml', null],
    );
    const off = (await withKey('PATCH', '/sources/journal', { on: false })).json<View>();
    assert.deepEqual([off.state, off.nextAt], ['off', null]);
    assert.equal((await withKey('PATCH', '/sources/journal', { on: true })).json<View>().state, 'new');
    assert.equal((await withKey('POST', '/sources/journal/pull')).statusCode, 202);

    const { sources, db } = service.services;
    const { id } = await sources.get('journal');
    await db.prisma.sourceRun.create({
      data: {
        sourceId: id,
        startedAt: new Date('2026-11-18T12:00:00Z'),
        finishedAt: new Date('2026-11-18T12:00:05Z'),
        ...{ outcome: 'failed', problem: 'the server answered <b>404</b>', failed: 1 },
        problemList: [{ line: 3, reason: 'no title', excerpt: '<script>alert(1)</script>' }],
      },
    });
    const runs = (await call('GET', '/sources/journal/runs?limit=1')).json<{ items: View['lastRun'][] }>()
      .items;
    assert.deepEqual([runs.length, runs[0]?.outcome, runs[0]?.problems.length], [1, 'failed', 1]);
    const shown = await page();
    assert.match(shown, /failing/);
    assert.match(shown, /the server answered &lt;b>404/);
    assert.match(shown, /role="alert"/);
    assert.doesNotMatch(shown + made.body, /s3cret|<script>alert/);

    assert.equal((await withKey('DELETE', '/sources/journal')).statusCode, 204);
    assert.equal((await call('GET', '/sources/journal/runs')).statusCode, 404);
  });

  it('say what is wrong with a setting, and which source there isn’t', async () => {
    const cases: [object, RegExp][] = [
      [{ kind: 'arxiv', categories: ['CS'] }, /body\.categories\[0\]: expected a category/],
      [{ kind: 'gopher' }, /body\.kind: expected one of/],
      [{ kind: 'feed', url: 'http://127.0.0.1/feed' }, /private network/],
      [{}, /kind/],
    ];
    for (const [body, detail] of cases) {
      const answer = await withKey('PUT', '/sources/wrong', body);
      assert.equal(answer.statusCode, 400, answer.body);
      assert.match(answer.json<{ detail: string }>().detail, detail);
    }
    assert.equal((await withKey('PUT', '/sources/No%20Name', { kind: 'huggingface' })).statusCode, 400);
    for (const [method, path, body] of [
      ['PATCH', '/sources/none', { on: true }],
      ['DELETE', '/sources/none', undefined],
      ['POST', '/sources/none/pull', undefined],
    ] as const) {
      const answer = await withKey(method, path, body);
      assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [404, 'source_not_found']);
    }
    assert.equal((await call('GET', '/sources/none/runs?limit=0')).statusCode, 400);
  });
});
