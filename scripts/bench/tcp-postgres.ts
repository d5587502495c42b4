import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { clientConfig, type DatabaseConnection, withDatabaseName } from '../../src/platform/db/connection.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/db/embedded/postgres.js';
import { silentLogger } from '../../src/platform/log.js';

export interface TcpPostgres {
  /** The URL of a new, empty database; the one before is dropped. */
  fresh(): Promise<string>;
  close(): Promise<void>;
}

/**
 * A server that is reached over TCP with a password, as in production, and writes through to the disk: that of TEST_DATABASE_URL
 * (an administrator's URL), else the embedded one, listening on a free port of 127.0.0.1.
 */
export async function startTcpPostgres(): Promise<TcpPostgres> {
  const own = process.env['TEST_DATABASE_URL'] ? null : await startOwn();
  const admin = process.env['TEST_DATABASE_URL'] ?? own!.url;
  const name = `quire_bench_${process.pid}`;
  const drop = () => ask(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  return {
    async fresh() {
      await drop();
      await ask(admin, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
      return withDatabaseName(admin, name) as string;
    },
    async close() {
      await drop();
      await own?.close();
    },
  };
}

async function startOwn(): Promise<{ url: string; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-tcp-postgres-'));
  const password = randomBytes(16).toString('hex');
  const hbaFile = join(dataDir, 'hba.conf');
  await writeFile(hbaFile, 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n');
  const port = await freePort();
  let server: EmbeddedPostgres | undefined;
  const close = async (): Promise<void> => {
    await server?.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const settings = { listen_addresses: '127.0.0.1', port: String(port), hba_file: hbaFile };
    server = await startEmbeddedPostgres({ dataDir, log: silentLogger, settings });
    await ask(server.connection, `ALTER USER CURRENT_USER PASSWORD ${pg.escapeLiteral(password)}`);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `postgresql://${server.connection.user}:${password}@127.0.0.1:${port}/postgres`, close };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

async function ask(connection: DatabaseConnection, statement: string): Promise<void> {
  const client = new pg.Client(clientConfig(connection));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
