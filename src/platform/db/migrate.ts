import pg from 'pg';
import { AppError, isAppError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { clientConfig, type DatabaseConnection, describeConnection } from './connection.js';
import { sqlState, unreachable } from './database.js';
import { isAtomic, type Migration, migrationList, readMigrations } from './migration-folder.js';

export interface MigrateOptions {
  /** Prisma's migrations folder: `<14 digits>_<name>/migration.sql`. */
  migrationsDir: string;
  log: Logger;
}

export interface MigrateResult {
  /** Names of the migrations that this call applied. */
  applied: string[];
}

/** Prisma's own lock: also held by a `prisma migrate deploy` that runs at the same time. */
const MIGRATION_LOCK = 72_707_369;

/** How long to wait for another process's migrations. */
const LOCK_LIMIT_MS = 10 * 60_000;

/** SQLSTATE classes that mean "no connection": connection, authorization, no such database, resources, shutdown. */
const UNREACHABLE_CLASSES = new Set(['08', '28', '3D', '53', '57']);

/**
 * Brings the database to the schema of this checkout, with the history in Prisma's table: compatible with
 * `prisma migrate deploy` both ways, safe in several processes at once, and after a kill in the middle.
 * Errors: `database_newer` (the database has migrations that this checkout doesn't know),
 * `database_unsuitable` (a migration failed or was changed, or foreign tables are in the way),
 * `database_unreachable`.
 */
export async function migrate(
  connection: DatabaseConnection,
  { migrationsDir, log }: MigrateOptions,
): Promise<MigrateResult> {
  const migrations = await readMigrations(migrationsDir);
  // One connection, since the lock is the session's; it ends with the pool, and the engine's lock with it.
  const pool = new pg.Pool({ ...clientConfig(connection), max: 1, idleTimeoutMillis: 0 });
  pool.on('error', (error) => log.warn({ err: error }, 'the connection for migrations was lost'));
  try {
    if (isComplete(await readHistory(pool, migrations), migrations)) return { applied: [] };
    await pool.query(`SELECT set_config('lock_timeout', $1, false)`, [String(LOCK_LIMIT_MS)]);
    await pool.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    // Another process may have done it while this one waited.
    const history = await readHistory(pool, migrations);
    if (isComplete(history, migrations)) return { applied: [] };
    for (const record of history.filter(({ finished }) => !finished)) {
      await clear(pool, record, migrations, log);
    }
    return { applied: await apply({ pool, connection, migrationsDir, migrations, log }) };
  } catch (error) {
    throw isAppError(error) ? error : explain(error, connection);
  } finally {
    await pool.end();
  }
}

interface MigrationRecord {
  name: string;
  checksum: string;
  /** false: under way, broken off, or failed. */
  finished: boolean;
  /** Why it failed. */
  logs: string | null;
}

/** What was applied; throws for a history that this checkout can't continue. */
async function readHistory(pool: pg.Pool, migrations: readonly Migration[]): Promise<MigrationRecord[]> {
  // Asked for instead of tried: the pool drops a connection whose query fails, and the lock with it.
  const { rows: tables } = await pool.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  );
  if (!tables[0]?.exists) return [];
  const { rows } = await pool.query<MigrationRecord>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished, logs
     FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name`,
  );
  const checksums = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  const unknown = rows.filter(({ name }) => !checksums.has(name)).map(({ name }) => name);
  if (unknown.length > 0) {
    throw new AppError(
      'database_newer',
      `the database was made by a newer version of Quire (it has the migration ${unknown.join(', ')}): update Quire, or use another database`,
      { details: { unknown } },
    );
  }
  const changed = rows.find(({ name, checksum }) => checksums.get(name) !== checksum);
  if (changed?.finished) {
    throw new AppError(
      'database_unsuitable',
      `the migration ${changed.name} has been changed since it was applied to this database: check out the version that was applied, or use another database`,
    );
  }
  return rows;
}

function isComplete(history: readonly MigrationRecord[], migrations: readonly Migration[]): boolean {
  const applied = new Set(history.map(({ name }) => name));
  return history.every(({ finished }) => finished) && migrations.every(({ name }) => applied.has(name));
}

/**
 * Makes way for a second try of a migration that was broken off (its process was killed), of which the
 * server has then applied nothing. Throws where that isn't sure. The caller holds the lock, so nobody is at it.
 */
async function clear(
  pool: pg.Pool,
  { name, logs }: MigrationRecord,
  migrations: readonly Migration[],
  log: Logger,
): Promise<void> {
  const migration = migrations.find((candidate) => candidate.name === name);
  if (logs || !migration || !isAtomic(migration)) {
    const reason = logs ? `failed (${firstLines(logs)})` : 'was broken off in the middle';
    throw new AppError(
      'database_unsuitable',
      `the migration ${name} was begun on this database and ${reason}: restore a backup, or undo what it did and set rolled_back_at of its row in _prisma_migrations`,
      { details: { migration: name } },
    );
  }
  log.warn({ migration: name }, 'a migration was broken off and is tried again');
  await markRolledBack(pool, name);
}

async function markRolledBack(pool: pg.Pool, name: string): Promise<void> {
  await pool.query(
    `UPDATE _prisma_migrations SET rolled_back_at = now()
     WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL`,
    [name],
  );
}

interface ApplyOptions extends MigrateOptions {
  pool: pg.Pool;
  connection: DatabaseConnection;
  migrations: readonly Migration[];
}

async function apply({ pool, connection, migrationsDir, migrations, log }: ApplyOptions): Promise<string[]> {
  const { createSchemaEngine } = await import('./schema-engine.js');
  const engine = await createSchemaEngine({ pool, log, amendScript: (script) => finish(script, migrations) });
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: migrationList(migrationsDir, migrations),
      filters: { externalTables: [], externalEnums: [] },
    });
    log.info({ migrations: appliedMigrationNames }, 'the database was migrated');
    return appliedMigrationNames;
  } catch (error) {
    throw (await failure(pool, migrations)) ?? refusal(error, connection);
  } finally {
    engine.free();
  }
}

/**
 * Marks the migration as finished in the transaction of its script. The engine does so in a second one,
 * between which and the first a kill would leave an applied migration that looks like a broken one.
 */
function finish(script: string, migrations: readonly Migration[]): string {
  const migration = migrations.find((candidate) => candidate.script === script);
  if (!migration || !isAtomic(migration)) return script;
  return `${script}\n;UPDATE _prisma_migrations SET finished_at = now()
    WHERE migration_name = ${pg.escapeLiteral(migration.name)} AND finished_at IS NULL AND rolled_back_at IS NULL;`;
}

/** The error for a migration that failed just now. If nothing of it was applied, the next start may try it again. */
async function failure(pool: pg.Pool, migrations: readonly Migration[]): Promise<AppError | null> {
  const history = await readHistory(pool, migrations).catch(() => []);
  const record = history.find(({ finished }) => !finished);
  const migration = migrations.find(({ name }) => name === record?.name);
  if (!record || !migration) return null;
  const atomic = isAtomic(migration);
  if (atomic) await markRolledBack(pool, record.name);
  return new AppError(
    'database_unsuitable',
    `the migration ${record.name} failed${atomic ? ', and nothing of it was applied' : ''}: ${firstLines(record.logs ?? 'no reason given')}`,
    { details: { migration: record.name } },
  );
}

/** The error for what the engine refuses to begin. */
function refusal(error: unknown, connection: DatabaseConnection): AppError {
  const place = describeConnection(connection);
  const text = messageOf(error);
  const message = text.includes('database schema is not empty')
    ? `the database at ${place} holds tables that aren't Quire's: use an empty database`
    : `the database at ${place} can't be migrated: ${firstLines(text)}`;
  return new AppError('database_unsuitable', message, { cause: error });
}

function explain(error: unknown, connection: DatabaseConnection): AppError {
  const state = sqlState(error);
  const away = state === undefined || UNREACHABLE_CLASSES.has(state.slice(0, 2));
  return away ? unreachable(connection, error) : refusal(error, connection);
}

/** What the engine says before its stack of calls, without its own name for "the server says". */
function firstLines(text: string): string {
  const [head = ''] = text.split(/\n\s+0: /, 1);
  const lines = head.split('\n').filter((line) => line.trim() !== '' && line !== 'external connector error');
  return lines.join(' ').replace('Error querying the database: ', '');
}
