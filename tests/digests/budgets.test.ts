import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBudgetStore } from '../../src/digests/budget-store.js';
import { createBudgets, networkOf } from '../../src/digests/budgets.js';
import { withDatabase } from '../support/postgres.js';
import { settableClock } from '../support/subscribing.js';

const HOUR_MS = 3_600_000;

describe('budgets', () => {
  const database = withDatabase();
  const clock = settableClock('2026-03-02T10:20:00Z');
  let day = 0;
  /** Budgets of a day of their own. */
  const fresh = () => {
    clock.set(`2026-04-${String(++day).padStart(2, '0')}T10:20:00Z`);
    clock.advance(day * 24 * HOUR_MS);
    return createBudgets(createBudgetStore(database.db), clock);
  };
  const times = async (n: number, spend: (at: number) => Promise<string | null>) => {
    const found: (string | null)[] = [];
    for (let at = 0; at < n; at++) found.push(await spend(at));
    return found;
  };

  it('gives an address three mails an hour and six a day', async () => {
    const { spend } = fresh();
    const one = () => spend({ emailKey: 'a@b.example', ip: '203.0.113.1' });
    assert.deepEqual(await times(5, one), [null, null, null, 'address', 'address']);
    clock.advance(HOUR_MS);
    assert.deepEqual(await times(4, one), [null, null, null, 'address']);
    clock.advance(HOUR_MS);
    assert.deepEqual(await times(1, one), ['address']);
    clock.advance(24 * HOUR_MS);
    assert.deepEqual(await times(1, one), [null]);
  });

  it('gives a mailbox one budget, whatever tag its address bears', async () => {
    const { spend } = fresh();
    const from = (local: string) => spend({ emailKey: `${local}@b.example`, ip: '203.0.113.1' });
    const found: (string | null)[] = [];
    for (const local of ['reader', 'reader+1', 'reader+1+2', 'reader+', 'read.er', '+reader', '+'])
      found.push(await from(local));
    assert.deepEqual(found, [null, null, null, 'address', null, null, null]);
  });

  it('gives a network ten an hour, whoever asks in it, and books nothing that is refused', async () => {
    const { spend } = fresh();
    const found = await times(12, (at) =>
      spend({ emailKey: `a${at}@b${at}.example`, ip: `203.0.113.${at}` }),
    );
    assert.deepEqual(found, [...Array(10).fill(null), 'network', 'network']);
    assert.equal(await spend({ emailKey: 'a11@b11.example', ip: '198.51.100.1' }), null);
    const { rows } = await database.db.pool.query<{ count: number }>(
      `SELECT sum(count)::int AS count FROM form_budgets WHERE key = 'all' AND hour = date_trunc('hour', $1::timestamptz)`,
      [clock.now()],
    );
    assert.equal(rows[0]?.count, 11);
  });

  it('gives a private network sixty an hour, so that it can’t take all that there are', async () => {
    const { spend } = fresh();
    const ask = (ip: string) => times(61, (at) => spend({ emailKey: `a@b${at}.example`, ip }));
    for (const ip of ['::ffff:172.18.0.1', '127.0.0.1']) {
      const found = await ask(ip);
      assert.equal(found.lastIndexOf(null), 59, ip);
      assert.equal(found[60], 'privateNetwork');
    }
    assert.equal(await spend({ emailKey: 'a@b.example', ip: '8.8.4.4' }), null);
  });

  it('gives a domain sixty an hour, and all of them two hundred', async () => {
    const { spend } = fresh();
    const ip = (at: number) => `203.0.${at}.1`;
    const ofDomain = await times(61, (at) => spend({ emailKey: `a${at}@b.example`, ip: ip(at) }));
    assert.equal(ofDomain.lastIndexOf(null), 59);
    assert.equal(ofDomain[60], 'domain');
    const others = await times(141, (at) => spend({ emailKey: `a@b${at}.example`, ip: ip(100 + at) }));
    assert.equal(others.lastIndexOf(null), 139);
    assert.equal(others[140], 'all');
  });

  it('has room for the last one once, though many ask at the same time', async () => {
    const { spend } = fresh();
    const found = await Promise.all(
      Array.from({ length: 8 }, () => spend({ emailKey: 'x@y.example', ip: '203.0.113.1' })),
    );
    assert.equal(found.filter((one) => one === null).length, 3);
  });

  it('keeps no address, and nothing older than a day', async () => {
    const { spend } = fresh();
    await spend({ emailKey: 'someone@somewhere.example', ip: '203.0.113.77' });
    const { rows } = await database.db.pool.query<{ key: string; hour: Date }>('SELECT * FROM form_budgets');
    assert.doesNotMatch(JSON.stringify(rows), /someone|somewhere|203\.0/);
    assert.ok(rows.every(({ hour }) => clock.now().getTime() - hour.getTime() < 24 * HOUR_MS));
  });
});

describe('networkOf', () => {
  it('is the /24 or the /64', () => {
    assert.equal(networkOf('203.0.113.9'), '203.0.113');
    assert.equal(networkOf('::ffff:203.0.113.9'), '203.0.113');
    assert.equal(networkOf('2001:db8:0:1::5'), networkOf('2001:0db8::1:ffff:2:3:4'));
    assert.notEqual(networkOf('2001:db8:0:1::5'), networkOf('2001:db8:0:2::5'));
    assert.equal(networkOf('2001:db8::'), '2001:db8:0:0');
  });
  it('is one of a private network as well, and one for all that is no address', () => {
    assert.equal(networkOf('127.0.0.1'), '127.0.0');
    assert.equal(networkOf('::ffff:10.2.3.4'), networkOf('10.2.3.9'));
    assert.equal(networkOf('fe80::1%eth0'), networkOf('fe80::2'));
    assert.equal(networkOf('fd00::1'), 'fd00:0:0:0');
    assert.equal(networkOf(''), networkOf('somebody'));
  });
});
