import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import pg from 'pg';
import { pino } from 'pino';
import {
  clientConfig,
  type DatabaseConnection,
  describeConnection,
  withDatabaseName,
} from '../../../src/platform/db/connection.js';
import { openDatabase } from '../../../src/platform/db/database.js';
import { isAppError } from '../../../src/platform/errors.js';
import { silentLogger } from '../../../src/platform/log.js';
import { createTestDatabase, databaseKinds, onServer, withDatabase } from '../../support/postgres.js';
import { testServer } from '../../support/postgres-server.js';
import { until } from './processes.js';

const open = (connection: DatabaseConnection, log = silentLogger) =>
  openDatabase(connection, { log, poolSize: 2 });

/** The connection as a URL, whichever form it has. */
function asUrl(connection: DatabaseConnection): string {
  if (typeof connection === 'string') return connection;
  const { host, port, database, user, password } = connection;
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return `postgresql://${user}${secret}@${encodeURIComponent(host)}:${port}/${database}`;
}

for (const kind of databaseKinds) {
  describe(`a database (${kind})`, () => {
    const test = withDatabase(kind);

    it('opens by its URL', async () => {
      const db = await open(asUrl(test.connection));
      assert.equal(await db.prisma.paper.count(), 0);
      await db.close();
      await db.close();
    });

    it('speaks UTC and compiles no statements, whatever the server and the URL say', async () => {
      const { rows } = await onServer(test.connection, 'SELECT current_database() AS name');
      const name = pg.escapeIdentifier(rows[0]?.name);
      await onServer(test.connection, `ALTER DATABASE ${name} SET TimeZone = 'America/New_York'`);
      const url = `${asUrl(test.connection)}?options=${encodeURIComponent('-c work_mem=5MB')}`;
      const db = await open(url);
      try {
        const [settings] = await db.prisma.$queryRaw<{ zone: string; memory: string }[]>`
          SELECT current_setting('TimeZone') AS zone, current_setting('jit') AS jit, current_setting('work_mem') AS memory`;
        assert.deepEqual(settings, { zone: 'UTC', jit: 'off', memory: '5MB' });
        const { createdAt } = await db.prisma.apiKey.create({
          data: { name: 'now', hash: Buffer.alloc(32) },
        });
        assert.ok(Math.abs(createdAt.getTime() - Date.now()) < 60_000, createdAt.toISOString());
      } finally {
        await db.close();
      }
    });

    it('outlives the loss of its connections', async () => {
      const lines: string[] = [];
      const sink = new Writable({
        write(chunk, _encoding, done) {
          lines.push(String(chunk));
          done();
        },
      });
      const db = await open(test.connection, pino(sink));
      try {
        assert.equal(await db.prisma.paper.count(), 0);
        await onServer(
          test.connection,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
        await until(
          () => lines.some((line) => line.includes('a database connection was lost')),
          'the log line',
        );
        assert.equal(await db.prisma.paper.count(), 0);
      } finally {
        await db.close();
      }
    });

    it('is unreachable under another name', async () => {
      const connection = withDatabaseName(test.connection, 'quire_not_there');
      await assert.rejects(open(connection), { code: 'database_unreachable', message: /quire_not_there/ });
    });

    it('must be UTF-8', async () => {
      const { admin } = await testServer(kind);
      const name = `quire_latin_${process.pid}_${kind}`;
      await onServer(
        admin,
        `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc`,
      );
      try {
        await assert.rejects(open(withDatabaseName(admin, name)), {
          code: 'database_unsuitable',
          message: /is LATIN1: UTF8 is needed/,
        });
      } finally {
        await onServer(admin, `DROP DATABASE ${name}`);
      }
    });
  });
}

describe('a test database', () => {
  it('is dropped when its test is over', async () => {
    const { admin } = await testServer('embedded');
    const database = await createTestDatabase('embedded');
    const { rows } = await database.db.pool.query<{ name: string }>('SELECT current_database() AS name');
    await database.drop();
    const left = await onServer(admin, `SELECT 1 FROM pg_database WHERE datname = '${rows[0]?.name}'`);
    assert.equal(left.rowCount, 0);
  });
});

describe('an unreachable database', () => {
  const refused = (connection: DatabaseConnection, words: RegExp) =>
    assert.rejects(open(connection), (error) => {
      assert.ok(isAppError(error, 'database_unreachable'), String(error));
      assert.match(error.message, words);
      assert.doesNotMatch(JSON.stringify(error) + error.message, /s3cret/);
      return true;
    });

  it('is named with host and port, and without the password', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    assert.ok(address !== null && typeof address === 'object');
    await new Promise((resolve) => listener.close(resolve));
    const place = `127.0.0.1:${address.port}`;
    await refused(
      `postgresql://quire:s3cret@${place}/quire`,
      new RegExp(`${place}, database quire: .*ECONNREFUSED`),
    );
    await refused(
      { host: '127.0.0.1', port: address.port, user: 'quire', password: 's3cret', database: 'quire' },
      new RegExp(place),
    );
  });

  it('may be a wrong password', async () => {
    const { admin } = await testServer('tcp');
    const wrong =
      typeof admin === 'string'
        ? Object.assign(new URL(admin), { password: 's3cret' }).href
        : { ...admin, password: 's3cret' };
    await refused(wrong, /password authentication failed/);
  });

  it("may be a socket's folder without a socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quire-socket-'));
    try {
      await refused({ host: folder, user: 'quire', database: 'quire' }, /ENOENT/);
      await refused(`postgresql://quire@localhost/quire?host=${encodeURIComponent(folder)}`, /ENOENT/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('may be a host that accepts and says nothing, or something else', async () => {
    const listener = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(listener, 'listening');
    const address = listener.address();
    assert.ok(address !== null && typeof address === 'object');
    try {
      await refused(`postgresql://quire:s3cret@127.0.0.1:${address.port}/quire`, /127\.0\.0\.1/);
    } finally {
      listener.close();
    }
  });
});

describe('a database URL', () => {
  it('may lead to a TCP host or a unix socket', () => {
    const place = (url: string) => describeConnection(url);
    assert.equal(place('postgresql://u:p@db.example.org/quire'), 'db.example.org:5432, database quire');
    assert.equal(place('postgres://u@[::1]:5433/quire?sslmode=disable'), '::1:5433, database quire');
    assert.equal(
      place('postgresql://u@%2Fvar%2Frun%2Fpostgresql/quire'),
      '/var/run/postgresql, database quire',
    );
    assert.equal(place('postgresql://u@localhost/quire?host=/tmp/x'), '/tmp/x, database quire');
    assert.equal(place('postgresql://u:p@h/quire?schema=public'), 'h:5432, database quire');
  });

  it('is refused where it is none, without repeating what may be a password', () => {
    const wrong: [string, RegExp][] = [
      ['u:s3cret@host/quire', /begins with u:|can't be read/],
      ['mysql://u:s3cret@host/quire', /begins with mysql:/],
      ['//u:s3cret@host', /can't be read/],
      ['', /can't be read/],
      ['postgresql://u:s3cret@host/quire?schema=other', /only public is supported/],
    ];
    for (const [url, words] of wrong) {
      assert.throws(
        () => clientConfig(url),
        (error) => {
          assert.ok(isAppError(error, 'invalid_config'), url);
          assert.match(error.message, words);
          assert.doesNotMatch(error.message, /s3cret/);
          return true;
        },
      );
    }
  });
});
