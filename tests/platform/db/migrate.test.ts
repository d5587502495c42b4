import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { migrate } from '../../../src/platform/db/migrate.js';
import { isAtomic, readMigrations } from '../../../src/platform/db/migration-folder.js';
import { silentLogger } from '../../../src/platform/log.js';
import { createTestDatabase, databaseKinds, onServer, type TestDatabase } from '../../support/postgres.js';
import { migrationsDir } from '../../support/postgres-server.js';
import { forkChild, startChild, until } from './processes.js';

const log = silentLogger;
const folders: string[] = [];
const databases: { drop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const database of databases.splice(0)) await database.drop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The project's migrations and further ones: name -> SQL. */
function migrationsWith(further: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'quire-migrations-'));
  folders.push(folder);
  cpSync(migrationsDir, folder, { recursive: true });
  for (const [name, sql] of Object.entries(further)) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'migration.sql'), sql);
  }
  return folder;
}

interface HistoryRow {
  name: string;
  state: 'applied' | 'rolled back' | 'open';
}

async function history({ connection }: TestDatabase): Promise<HistoryRow[]> {
  const { rows } = await onServer(
    connection,
    `SELECT migration_name AS name,
       CASE WHEN rolled_back_at IS NOT NULL THEN 'rolled back' WHEN finished_at IS NULL THEN 'open' ELSE 'applied' END AS state
     FROM _prisma_migrations ORDER BY started_at`,
  );
  return rows;
}

async function exists({ connection }: TestDatabase, table: string): Promise<boolean> {
  const { rows } = await onServer(connection, `SELECT to_regclass('${table}') IS NOT NULL AS found`);
  return rows[0]?.found === true;
}

const names = (await readMigrations(migrationsDir)).map(({ name }) => name);
const later = '29990101000000_later';
const applied = names.map((name) => ({ name, state: 'applied' }));

for (const kind of databaseKinds) {
  describe(`migrate (${kind})`, () => {
    async function open(migrated: boolean) {
      const database = await createTestDatabase(kind, { migrated });
      databases.push(database);
      return database;
    }
    const emptyDatabase = () => open(false);
    /** Where migrating from nothing, half a second each time, is not what is tested. */
    const migratedDatabase = () => open(true);
    const run = (database: TestDatabase, folder = migrationsDir) =>
      migrate(database.connection, { migrationsDir: folder, log });

    it('brings an empty database to the schema, then has nothing to do', async () => {
      const database = await emptyDatabase();
      assert.deepEqual(await run(database), { applied: names });
      assert.equal(await database.db.prisma.paper.count(), 0);
      assert.deepEqual(await history(database), applied);
      assert.deepEqual(await run(database), { applied: [] });
      assert.deepEqual(await history(database), applied);
    });

    it("writes the history as Prisma's own command does", async () => {
      const database = await emptyDatabase();
      await run(database);
      const { rows } = await onServer(
        database.connection,
        `SELECT migration_name, checksum, applied_steps_count, logs, length(id) AS id FROM _prisma_migrations ORDER BY migration_name`,
      );
      const expected = (await readMigrations(migrationsDir)).map(({ name, checksum }) => ({
        migration_name: name,
        checksum,
        applied_steps_count: 1,
        logs: null,
        id: 36,
      }));
      assert.deepEqual(rows, expected);
    });

    it("doesn't load the engine where nothing is to be done", async () => {
      const database = await emptyDatabase();
      const args = [JSON.stringify(database.connection), migrationsDir];
      const first = await startChild('migrate', args);
      await first.leave();
      assert.deepEqual(first.report, { applied: names, engineLoaded: true });
      const second = await startChild('migrate', args);
      await second.leave();
      assert.deepEqual(second.report, { applied: [], engineLoaded: false });
    });

    it('is safe in several processes at once', async () => {
      const database = await emptyDatabase();
      const folder = migrationsWith({ [later]: 'SELECT pg_sleep(0.2); CREATE TABLE later (n int);' });
      const args = [JSON.stringify(database.connection), folder];
      const [own, ...children] = await Promise.all([
        run(database, folder),
        startChild('migrate', args),
        startChild('migrate', args),
      ]);
      await Promise.all(children.map((child) => child.leave()));
      const all = [own, ...children.map(({ report }) => report)].flatMap((result) => result.applied);
      assert.deepEqual(all.sort(), [...names, later]);
      assert.deepEqual(await history(database), [...applied, { name: later, state: 'applied' }]);
    });

    it('leaves a database alone that a newer version has made', async () => {
      const database = await migratedDatabase();
      await run(database, migrationsWith({ [later]: 'CREATE TABLE later (n int);' }));
      await assert.rejects(run(database), {
        code: 'database_newer',
        message: new RegExp(`${later}.*update Quire`),
      });
    });

    it('applies what is new', async () => {
      const database = await migratedDatabase();
      const folder = migrationsWith({ [later]: 'CREATE TABLE later (n int);' });
      assert.deepEqual(await run(database, folder), { applied: [later] });
      assert.equal(await exists(database, 'later'), true);
    });

    it('applies all or nothing of a migration, says why it failed, and tries again the next time', async () => {
      const database = await migratedDatabase();
      const bad = migrationsWith({ [later]: 'CREATE TABLE later (n int); SELECT 1 / 0;' });
      await assert.rejects(run(database, bad), {
        code: 'database_unsuitable',
        message: `the migration ${later} failed, and nothing of it was applied: ERROR: division by zero`,
      });
      assert.equal(await exists(database, 'later'), false);
      const good = migrationsWith({ [later]: 'CREATE TABLE later (n int);' });
      assert.deepEqual(await run(database, good), { applied: [later] });
      assert.deepEqual(await history(database), [
        ...applied,
        { name: later, state: 'rolled back' },
        { name: later, state: 'applied' },
      ]);
    });

    it('goes on after a kill in the middle of a migration', async () => {
      const database = await migratedDatabase();
      const folder = migrationsWith({ [later]: 'CREATE TABLE later (n int); SELECT pg_sleep(1);' });
      const child = forkChild('migrate', [JSON.stringify(database.connection), folder]);
      const { pool } = database.db;
      const sleeping = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`;
      await until(async () => (await pool.query(sleeping)).rowCount === 1, 'the migration is under way');
      child.kill('SIGKILL');
      // One half of the time the server has gone on alone, the other half its backend dies as well.
      if (kind === 'tcp') await pool.query(`SELECT pg_terminate_backend(pid) FROM (${sleeping}) AS s`);
      await run(database, folder);
      assert.equal(await exists(database, 'later'), true);
      const states = (await history(database)).filter(({ name }) => name === later).map(({ state }) => state);
      assert.deepEqual(states, kind === 'tcp' ? ['rolled back', 'applied'] : ['applied']);
    });

    it('stops at a broken-off migration that may have been applied in part', async () => {
      const database = await migratedDatabase();
      const folder = migrationsWith({ [later]: 'CREATE INDEX CONCURRENTLY later ON papers (title);' });
      const [migration] = (await readMigrations(folder)).slice(-1);
      await onServer(
        database.connection,
        `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', '${migration?.checksum}', '${later}')`,
      );
      await assert.rejects(run(database, folder), {
        code: 'database_unsuitable',
        message: new RegExp(`${later} was begun on this database and was broken off`),
      });
    });

    it('applies a migration that no transaction may hold', async () => {
      const database = await migratedDatabase();
      const folder = migrationsWith({ [later]: 'CREATE INDEX CONCURRENTLY later ON papers (title);' });
      assert.deepEqual(await run(database, folder), { applied: [later] });
      assert.equal(await exists(database, 'later'), true);
    });

    it('refuses a migration that was changed after it was applied', async () => {
      const database = await migratedDatabase();
      await run(database, migrationsWith({ [later]: 'CREATE TABLE later (n int);' }));
      const changed = migrationsWith({ [later]: 'CREATE TABLE later (n bigint);' });
      await assert.rejects(run(database, changed), {
        code: 'database_unsuitable',
        message: new RegExp(`${later} has been changed`),
      });
    });

    it("refuses a database that holds somebody else's tables", async () => {
      const database = await emptyDatabase();
      await onServer(database.connection, 'CREATE TABLE recipes (n int)');
      await assert.rejects(run(database), { code: 'database_unsuitable', message: /aren't Quire's/ });
    });

    it('leaves no lock and no connection behind', async () => {
      const database = await emptyDatabase();
      await run(database);
      const others = `SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`;
      await until(async () => {
        const { rows } = await onServer(database.connection, others);
        return rows[0]?.n === database.db.pool.totalCount;
      }, 'the end of the connection for migrations');
    });
  });
}

describe('isAtomic', () => {
  const script = (text: string) => isAtomic({ name: 'x', checksum: '', script: text });
  it('sees what ends transactions or forbids them, and not the body of a function', async () => {
    for (const migration of await readMigrations(migrationsDir)) assert.equal(isAtomic(migration), true);
    assert.equal(
      script('CREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n  RETURN 1;\nEND\n$$ LANGUAGE plpgsql;'),
      true,
    );
    assert.equal(script('BEGIN;\nCREATE TABLE a (n int);\nCOMMIT;'), false);
    assert.equal(script('CREATE TABLE a (n int);\n  commit ;'), false);
    assert.equal(script('create index concurrently i on a (n);'), false);
  });
});
