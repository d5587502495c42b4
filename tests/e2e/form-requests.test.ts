import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withMailServer } from '../support/mail-server.js';
import { urlOf, withDatabase } from '../support/postgres.js';
import { commandEnv, startQuire } from '../support/process.js';

describe('a request of a form', () => {
  const database = withDatabase('tcp');
  const mailServer = withMailServer();
  const cleanup: (() => Promise<unknown>)[] = [];
  after(async () => {
    for (const close of cleanup.splice(0).reverse()) await close();
  });

  const query = async <T extends object>(text: string) => (await database.db.pool.query<T>(text)).rows;

  /** A mail server that takes connections and says nothing. */
  async function startSilent() {
    const server = createServer(() => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection');
    cleanup.push(async () => server.close());
    return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}?tls=off`, connected };
  }

  it('is done after the process that answered it was killed', { timeout: 120_000 }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'quire-forms-'));
    cleanup.push(() => rm(dataDir, { recursive: true, force: true }));
    const silent = await startSilent();
    const env = { DATABASE_URL: urlOf(database.connection), SAMPLE: 'off', EMBED_WORKERS: '1' };
    const first = await startQuire([], commandEnv(dataDir, { ...env, SMTP_URL: silent.url }));
    const asked = await fetch(`${first.url}/api/v1/subscriptions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.org', query: 'graph kernels' }),
    });
    assert.equal(asked.status, 202, await asked.text());
    await silent.connected;
    await first.kill();

    const held = await query<{ tries: number; ip: string | null; is_due: boolean }>(
      'SELECT tries, ip, next_try_at <= now() AS is_due FROM form_requests',
    );
    assert.deepEqual(held, [{ tries: 1, ip: null, is_due: false }], 'until its lease is over');
    await query('UPDATE form_requests SET next_try_at = now()');

    const second = await startQuire([], commandEnv(dataDir, { ...env, SMTP_URL: mailServer.url }));
    cleanup.push(second.stop);
    // Without a pause the questions would take the processor from the service.
    while ((await query('SELECT 1 FROM form_requests')).length > 0) await sleep(20);
    const [mail, ...others] = mailServer.mails;
    assert.deepEqual([mail?.to?.[0]?.address, others.length], ['ada@example.org', 0]);
    const token = /\/confirm\/([\w-]{43})/.exec(mail?.text ?? '')?.[1];
    const confirmed = await fetch(`${second.url}/api/v1/subscriptions/${token}/confirm`, { method: 'POST' });
    assert.equal(confirmed.status, 200, await confirmed.text());
    assert.equal((await query('SELECT 1 FROM subscriptions')).length, 1, 'made once');
    assert.deepEqual(
      await query(`SELECT sum(count)::int AS booked FROM form_budgets WHERE key = 'all'`),
      [{ booked: 1 }],
      'booked once',
    );
  });
});
