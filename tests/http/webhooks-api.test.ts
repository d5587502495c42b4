import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { subscriptionsApi, type SubscriptionView as View } from './subscriptions-fixture.js';

describe('webhooks over the API', () => {
  const { service, call, subscribed } = subscriptionsApi();

  let keys = 0;
  const withKey = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) => {
    const key = await service.services.apiKeys.create(`k${++keys}`);
    const headers = { authorization: `Bearer ${key}` };
    return service.app.inject({ method, url: `/api/v1${path}`, headers, ...(payload ? { payload } : {}) });
  };

  it('need a key', async () => {
    for (const [method, url] of [
      ['GET', '/webhooks'],
      ['POST', '/webhooks'],
      ['PATCH', '/webhooks/1'],
      ['DELETE', '/webhooks/1'],
    ] as const)
      assert.equal((await call(method, url)).statusCode, 401);
  });

  it('are active at once, listed and ended', async () => {
    const url = 'https://hooks.example.org/x';
    const added = await withKey('POST', '/webhooks', { url, shape: 'slack', kind: 'daily', cap: 5 });
    assert.equal(added.statusCode, 201, added.body);
    const view = added.json<View & { url: string; shape: string; channel: string }>();
    assert.deepEqual([view.url, view.shape, view.channel, view.state], [url, 'slack', 'webhook', 'active']);
    const list = async () => (await withKey('GET', '/webhooks')).json<{ items: View[] }>().items;
    assert.deepEqual(
      (await list()).map(({ id }) => id),
      [view.id],
    );
    assert.equal((await withKey('DELETE', `/webhooks/${view.id}`)).statusCode, 204);
    assert.deepEqual(await list(), []);
    const { id } = await subscribed();
    assert.equal((await withKey('DELETE', `/webhooks/${id}`)).statusCode, 404, 'that is no webhook');
    assert.equal((await withKey('POST', '/webhooks', { url: 'nope', kind: 'daily' })).statusCode, 400);
  });

  it('hold what a message of their shape can, and no more', async () => {
    const url = 'https://hooks.example.org/room';
    for (const [shape, room] of [
      ['discord', 10],
      ['slack', 45],
      ['generic', 100],
    ] as const) {
      const add = (cap: number) => withKey('POST', '/webhooks', { url, shape, kind: 'daily', cap });
      const refused = await add(room + 1);
      assert.equal(refused.statusCode, 400);
      assert.match(refused.json<{ detail: string }>().detail, new RegExp(`cap.* ${room}`));
      const added = await add(room);
      assert.equal(added.statusCode, 201);
      const { id } = added.json<View>();
      assert.equal((await withKey('PATCH', `/webhooks/${id}`, { cap: room + 1 })).statusCode, 400);
      await withKey('DELETE', `/webhooks/${id}`);
    }
  });

  it('are changed and paused', async () => {
    const settings = { url: 'https://hooks.example.org/change', kind: 'daily', cap: 5, hour: 7 };
    const { id } = (await withKey('POST', '/webhooks', settings)).json<View>();
    const change = (body: object) => withKey('PATCH', `/webhooks/${id}`, body);
    const day = new Date(service.services.clock.now().getTime() + 10 * 86_400_000).toISOString().slice(0, 10);
    const changed = await change({ cap: 20, pausedUntil: day });
    assert.equal(changed.statusCode, 200, changed.body);
    const { cap, hour, pausedUntil } = changed.json<Record<string, unknown>>();
    assert.deepEqual([cap, hour, pausedUntil], [20, 7, `${day}T00:00:00.000Z`]);
    // Nothing is changed where something of it is wrong.
    assert.equal((await change({ cap: 30, pausedUntil: '2026-02-30' })).statusCode, 400);
    const goesOn = (await change({ pausedUntil: null })).json<Record<string, unknown>>();
    assert.equal(goesOn['cap'], 20);
    assert.ok(Date.parse(String(goesOn['pausedUntil'])) <= service.services.clock.now().getTime());
    await withKey('DELETE', `/webhooks/${id}`);
    assert.equal((await change({ cap: 1 })).statusCode, 404, 'it has ended');
    const other = await subscribed();
    assert.equal((await withKey('PATCH', `/webhooks/${other.id}`, { cap: 1 })).statusCode, 404);
  });
});
