import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toAppError } from '../../src/http/plugins/errors.js';
import { openDatabase } from '../../src/platform/db/database.js';
import { silentLogger } from '../../src/platform/log.js';
import { isDatabaseOutage, isStorageFull } from '../../src/platform/outage.js';
import { createTestDatabase } from '../support/postgres.js';

describe('a database that went away', () => {
  it('is told from other errors, and answered with 503', async () => {
    const { connection, drop } = await createTestDatabase('tcp');
    const db = await openDatabase(connection, { log: silentLogger, poolSize: 1 });
    try {
      const mistake = await db.prisma.$queryRaw`SELECT nothing`.catch((error: Error) => error);
      assert.equal(isDatabaseOutage(mistake), false);
      const killed = db.prisma.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())::text`;
      const error = await killed.catch((thrown: Error) => thrown);
      assert.ok(error instanceof Error && isDatabaseOutage(error), JSON.stringify(error));
      assert.equal(toAppError(error).code, 'database_unreachable');
    } finally {
      await db.close();
      await drop();
    }
  });

  it('is known by the driver’s codes, however deep Prisma wraps them', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    assert.ok(isDatabaseOutage(new Error('query', { cause: new Error('pool', { cause: refused }) })));
    assert.ok(
      isDatabaseOutage({ code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '57P01' } } } }),
    );
    assert.ok(isDatabaseOutage(new Error('connect ENOENT /data/run/.s.PGSQL.5432')));
    assert.equal(isDatabaseOutage(new Error('ENOENT: no such file or directory')), false);
    assert.equal(isDatabaseOutage({ code: '23505' }), false);
    assert.equal(isDatabaseOutage('text'), false);
  });

  it('is told from a full disk, which is answered with what to do', () => {
    const full = Object.assign(new Error('could not extend file'), { code: '53100' });
    const wrapped = { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '53100' } } } };
    const log = new Error('could not write to file "pg_wal/xlogtemp.1": No space left on device');
    for (const error of [full, wrapped, log]) {
      assert.ok(isStorageFull(error));
      assert.equal(isDatabaseOutage(error), false);
    }
    const { code, message } = toAppError(new Error('insert', { cause: full }));
    assert.equal(code, 'storage_full');
    assert.match(message, /disk is full/);
    assert.equal(isStorageFull(new Error('a full stop')), false);
  });
});
