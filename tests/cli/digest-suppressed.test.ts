import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { urlOf, withDatabase } from '../support/postgres.js';
import { commandEnv, quire } from '../support/process.js';

describe('quire digest suppressed', () => {
  const database = withDatabase('tcp');
  let dataDir: string;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'quire-suppressed-'));
    await database.db.prisma.subscriber.createMany({
      data: [
        {
          ...{ email: 'Ada@example.org', emailKey: 'ada@example.org' },
          ...{ suppressedAt: new Date('2026-03-02T06:00:00Z'), suppressedBy: '550 5.1.1 no such user' },
        },
        {
          ...{ email: 'bob@example.org', emailKey: 'bob@example.org' },
          ...{ suppressedAt: new Date('2026-03-03T06:00:00Z'), suppressedBy: '550 5.1.10 null MX' },
        },
        { email: 'well@example.org', emailKey: 'well@example.org' },
      ],
    });
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  const run = (...args: string[]) =>
    quire(
      ['digest', 'suppressed', ...args],
      commandEnv(dataDir, { DATABASE_URL: urlOf(database.connection) }),
    );

  it('lists addresses with date and reason, the latest first, and removes one', async () => {
    const { code, stdout } = await run();
    assert.deepEqual(
      [code, stdout],
      [
        0,
        '2026-03-03T06:00:00.000Z  bob@example.org  550 5.1.10 null MX\n' +
          '2026-03-02T06:00:00.000Z  Ada@example.org  550 5.1.1 no such user\n',
      ],
    );
    const removed = await run('--remove', 'ADA@example.org', '--json');
    assert.deepEqual(
      [removed.code, JSON.parse(removed.stdout)],
      [0, { email: 'ADA@example.org', removed: true }],
    );
    const again = await run('--remove', 'ada@example.org');
    assert.equal(again.code, 1);
    assert.match(again.stdout, /^ada@example\.org is not suppressed/);
    const left = JSON.parse((await run('--json')).stdout) as { suppressed: { email: string }[] };
    assert.deepEqual(
      left.suppressed.map(({ email }) => email),
      ['bob@example.org'],
    );
    const wrong = await run('--remove', 'nobody');
    assert.deepEqual([wrong.code, /email: expected an address/.test(wrong.stderr)], [1, true]);
  });
});
