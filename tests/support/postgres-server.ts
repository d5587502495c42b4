import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import pg from 'pg';
import { clientConfig, type DatabaseConnection, withDatabaseName } from '../../src/platform/db/connection.js';
import { findPostgresBinaries } from '../../src/platform/db/embedded/binaries.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/db/embedded/postgres.js';
import { migrate } from '../../src/platform/db/migrate.js';
import { readMigrations } from '../../src/platform/db/migration-folder.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';

export const migrationsDir = join(projectRoot, 'prisma', 'migrations');

export interface TestServer {
  /** May create databases. */
  admin: DatabaseConnection;
  /** A migrated database to copy; null: migrate each database. */
  template: string | null;
}

/** Databases of a killed test process are dropped by later ones after this time. */
const ABANDONED_AFTER_S = 2 * 60 * 60;

const TEMPLATE = 'quire_migrated';

/** Any constant: held while the template is made. */
const TEMPLATE_LOCK = 4_711;

let embedded: Promise<Shared> | undefined;
let external: Promise<TestServer> | undefined;

/**
 * The server of a kind. The embedded one is shared by all test processes that run at the same time (the
 * first starts it, the last stops it) and its cluster is kept between runs below node_modules/.cache, so
 * that a test file pays some 100 ms and no initdb.
 */
export async function testServer(kind: 'embedded' | 'tcp'): Promise<TestServer> {
  const url = process.env['TEST_DATABASE_URL'];
  if (kind === 'tcp' && url) {
    external ??= prepareExternal(url);
    return external;
  }
  embedded ??= startShared();
  const { server, password } = await embedded;
  const socket = { ...server.connection, database: 'postgres' };
  const admin = kind === 'tcp' ? { ...socket, host: '127.0.0.1', password } : socket;
  return { admin, template: TEMPLATE };
}

/** Leaves the embedded server; the last process to do so stops it. */
export async function closeTestServer(): Promise<void> {
  const started = await embedded?.catch(() => undefined);
  await started?.server.close();
}

after(closeTestServer);

async function prepareExternal(url: string): Promise<TestServer> {
  const client = new pg.Client(clientConfig(url));
  await client.connect();
  try {
    await dropAbandoned(client);
  } finally {
    await client.end();
  }
  return { admin: url, template: null };
}

/** Test databases that nobody uses and whose names are old. */
async function dropAbandoned(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database
     WHERE datname ~ '^quire_test_\\d+_\\d+_\\d+$'
       AND split_part(datname, '_', 3)::bigint < extract(epoch FROM now()) - ${ABANDONED_AFTER_S}
       AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pg_stat_activity.datname = pg_database.datname)`,
  );
  for (const { name } of rows) await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)}`);
}

interface Shared {
  server: EmbeddedPostgres;
  password: string;
}

async function startShared(): Promise<Shared> {
  for (let attempt = 1; ; attempt += 1) {
    const dataDir = await sharedFolder();
    try {
      return await startIn(dataDir);
    } catch (error) {
      if (attempt === 3) throw error;
      // The port may have been taken in between; or the cluster was broken when the machine went down.
      if (attempt === 2) rmSync(dataDir, { recursive: true, force: true });
    }
  }
}

async function startIn(dataDir: string): Promise<Shared> {
  const passwordFile = join(dataDir, 'password');
  const hbaFile = join(dataDir, 'hba.conf');
  writeOnce(passwordFile, randomBytes(16).toString('hex'));
  writeOnce(hbaFile, 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n');
  const password = readFileSync(passwordFile, 'utf8');
  const server = await startEmbeddedPostgres({
    dataDir,
    log: silentLogger,
    settings: {
      // Test data may die with the machine.
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      listen_addresses: '127.0.0.1',
      port: String(await freePort()),
      hba_file: hbaFile,
    },
  });
  try {
    await prepareTemplate({ ...server.connection, database: 'postgres' }, password);
  } catch (error) {
    await server.close();
    throw error;
  }
  return { server, password };
}

async function prepareTemplate(admin: DatabaseConnection, password: string): Promise<void> {
  const client = new pg.Client(clientConfig(admin));
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (rowCount) return;
    await client.query(`ALTER USER CURRENT_USER PASSWORD ${pg.escapeLiteral(password)}`);
    await client.query('DROP DATABASE IF EXISTS quire_migrating');
    await client.query(`CREATE DATABASE quire_migrating TEMPLATE template0 ENCODING 'UTF8'`);
    await migrate(withDatabaseName(admin, 'quire_migrating'), { migrationsDir, log: silentLogger });
    await client.query(`ALTER DATABASE quire_migrating RENAME TO ${TEMPLATE}`);
    await dropAbandoned(client);
  } finally {
    await client.end();
  }
}

/** One folder a user, PostgreSQL version and state of the migrations; older ones are removed. */
export async function sharedFolder(): Promise<string> {
  const hash = createHash('sha256').update(String(findPostgresBinaries().major));
  for (const { name, checksum } of await readMigrations(migrationsDir)) hash.update(`${name} ${checksum}\n`);
  const prefix = `test-postgres-${process.getuid?.() ?? 0}-`;
  const name = prefix + hash.digest('hex').slice(0, 12);
  const parent = writableFolder([
    join(projectRoot, 'node_modules', '.cache', 'quire'),
    join(tmpdir(), `quire-${process.getuid?.() ?? 0}`),
  ]);
  const path = join(parent, name);
  if (!existsSync(path)) {
    for (const other of readdirSync(parent)) {
      const unused = !existsSync(join(parent, other, 'postgres', 'postmaster.pid'));
      if (other.startsWith(prefix) && unused) rmSync(join(parent, other), { recursive: true, force: true });
    }
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  return path;
}

function writableFolder(candidates: string[]): string {
  for (const path of candidates) {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      writeFileSync(join(path, '.writable'), '');
      return path;
    } catch {
      // The next one.
    }
  }
  throw new Error(`no folder for the test database can be written: ${candidates.join(', ')}`);
}

function writeOnce(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
