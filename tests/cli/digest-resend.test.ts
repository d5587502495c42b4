import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { urlOf, withDatabase } from '../support/postgres.js';
import { commandEnv, quire } from '../support/process.js';

describe('quire digest status and resend', () => {
  const database = withDatabase('tcp');
  let dataDir: string;
  const ids: Record<string, number> = {};
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'quire-resend-'));
    const { prisma } = database.db;
    const { id: subscriberId } = await prisma.subscriber.create({
      data: { email: 'ada@example.org', emailKey: 'ada@example.org' },
    });
    for (const state of ['deferred', 'failed', 'sent']) {
      const { id: subscriptionId } = await prisma.subscription.create({
        data: {
          ...{ subscriberId, kind: 'daily', query: '', likes: [], days: 127, hour: 6, timeZone: 'UTC' },
          ...{ cap: 10, mutedWords: [], mutedAuthors: [], mutedCategories: [], tellsEmpty: false },
          ...{ channel: 'mail', state: 'active', seenUntil: 0n },
        },
      });
      const { id } = await prisma.delivery.create({
        data: {
          ...{ subscriptionId, state, localDate: '2096-03-02', dueAt: new Date('2096-03-02T06:00:00Z') },
          ...{ nextAt: new Date('2096-03-02T10:00:00Z'), recipient: 'ada@example.org', messageId: state },
          ...{ content: { papers: [] }, attempts: 3, response: 'connect ECONNREFUSED' },
        },
      });
      ids[state] = id;
    }
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  const run = (...args: string[]) =>
    quire(['digest', ...args], commandEnv(dataDir, { DATABASE_URL: urlOf(database.connection) }));

  it('says when the next try is, and tries now what it is asked to', async () => {
    const status = await run('status');
    assert.match(status.stdout, / 1 {2}deferred, next try 2096-03-02T10:00:00\.000Z\n/);
    assert.match(status.stdout, /deferred .* 3 tries, next try 2096-03-02T10:00:00\.000Z: connect/);
    const none = await run('resend');
    assert.deepEqual([none.code, /--deferred/.test(none.stderr)], [1, true]);
    const some = await run('resend', String(ids['failed']), String(ids['sent']));
    assert.equal(some.code, 1);
    assert.match(some.stdout, /^1 digest sent again now, while the service runs\n.*is no uncertain, failed/);
    const all = await run('resend', '--deferred', '--json');
    assert.deepEqual(JSON.parse(all.stdout), { released: [], retried: [], refused: [], deferred: 2 });
    const one = await run('resend', String(ids['deferred']));
    assert.deepEqual([one.code, one.stdout], [0, '1 digest tried again now, while the service runs\n']);
    const next = await database.db.prisma.delivery.findUniqueOrThrow({ where: { id: ids['deferred']! } });
    assert.ok(next.nextAt < new Date('2096-01-01'));
  });

  it('lists webhooks without what lets others write there', async () => {
    const { prisma } = database.db;
    await prisma.subscription.create({
      data: {
        ...{
          subscriber: { create: {} },
          kind: 'daily',
          query: '',
          likes: [],
          days: 127,
          hour: 6,
          timeZone: 'UTC',
        },
        ...{ cap: 10, mutedWords: [], mutedAuthors: [], mutedCategories: [], tellsEmpty: false },
        ...{ channel: 'webhook', webhookUrl: 'https://hooks.example.org/services/T0/secret' },
        ...{ webhookShape: 'slack', state: 'active', seenUntil: 0n, pausedUntil: new Date('2096-03-02Z') },
      },
    });
    const { code, stdout } = await run('webhooks');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^ +\d+ {2}slack {2}https:\/\/hooks\.example\.org\/….*, 10 at most, at 6:00 UTC, paused until 2096-03-02T/,
    );
    assert.doesNotMatch(stdout, /secret/);
    const { webhooks } = JSON.parse((await run('webhooks', '--json')).stdout);
    assert.equal(webhooks[0].url, 'https://hooks.example.org/services/T0/secret');
  });
});
