import { after, before } from 'node:test';
import pg from 'pg';
import { clientConfig, type DatabaseConnection, withDatabaseName } from '../../src/platform/db/connection.js';
import { type Database, openDatabase } from '../../src/platform/db/database.js';
import { migrate } from '../../src/platform/db/migrate.js';
import { silentLogger } from '../../src/platform/log.js';
import { closeTestServer, migrationsDir, type TestServer, testServer } from './postgres-server.js';

/**
 * `embedded`: the product's own server over its unix socket. `tcp`: a server over TCP with a password: that
 * of TEST_DATABASE_URL (an administrator's URL), else the embedded one listening on 127.0.0.1 as well.
 */
export type DatabaseKind = 'embedded' | 'tcp';

/** For `for (const kind of databaseKinds) describe(…)`. */
export const databaseKinds: readonly DatabaseKind[] = ['embedded', 'tcp'];

export interface TestDatabase {
  /** Names a database of this test's own. */
  readonly connection: DatabaseConnection;
  readonly db: Database;
}

export interface TestDatabaseOptions {
  /** false: an empty database, without Quire's tables. */
  migrated?: boolean;
  poolSize?: number;
}

/**
 * Gives the suite (or, outside of one, the file) in which it is called a fresh database, from its `before`
 * to its `after`. Its fields can be read inside of tests and hooks.
 */
export function withDatabase(
  kind: DatabaseKind = 'embedded',
  options: TestDatabaseOptions = {},
): TestDatabase {
  let current: (TestDatabase & { drop(): Promise<void> }) | undefined;
  before(async () => {
    current = await createTestDatabase(kind, options);
  });
  after(async () => {
    await current?.drop();
    current = undefined;
  });
  const read = () => {
    if (!current) throw new Error('the test database exists from the before to the after hook of its suite');
    return current;
  };
  return {
    get connection() {
      return read().connection;
    },
    get db() {
      return read().db;
    },
  };
}

/** For a process of its own; of a database of kind `tcp`. */
export function urlOf(connection: DatabaseConnection): string {
  if (typeof connection === 'string') return connection;
  const { host, port, user, password = '', database } = connection;
  return `postgresql://${user}:${password}@${host}:${port}/${database}`;
}

let counter = 0;

/** What has to be dropped yet, by name. */
const live = new Map<string, () => Promise<unknown>>();

// Ctrl-C, or the runner's time-out: the hooks don't run then.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    const drops = [...live.values()].map((drop) => drop().catch(() => {}));
    void Promise.all(drops)
      .then(closeTestServer)
      .finally(() => process.kill(process.pid, signal));
  });
}

/** A fresh database for callers that drop it themselves. */
export async function createTestDatabase(
  kind: DatabaseKind = 'embedded',
  { migrated = true, poolSize = 5 }: TestDatabaseOptions = {},
): Promise<TestDatabase & { drop(): Promise<void> }> {
  const server = await testServer(kind);
  counter += 1;
  // The time lets a later run see what a killed one left behind.
  const name = `quire_test_${Math.floor(performance.timeOrigin / 1000)}_${process.pid}_${counter}`;
  const drop = () =>
    onServer(server.admin, `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  live.set(name, drop);
  await createDatabase(server, name, migrated);
  const connection = withDatabaseName(server.admin, name);
  if (migrated && server.template === null) await migrate(connection, { migrationsDir, log: silentLogger });
  const db = await openDatabase(connection, { log: silentLogger, poolSize });
  return {
    connection,
    db,
    async drop() {
      await db.close();
      await drop();
      live.delete(name);
    },
  };
}

async function createDatabase(server: TestServer, name: string, migrated: boolean): Promise<void> {
  const template = migrated && server.template !== null ? server.template : 'template0';
  await onServer(
    server.admin,
    `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)} ENCODING 'UTF8'`,
  );
}

/** One statement on a connection of its own. */
export async function onServer(connection: DatabaseConnection, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client(clientConfig(connection));
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}
