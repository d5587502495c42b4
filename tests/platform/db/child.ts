// A process of its own for tests that kill it: forked with a role and its arguments, it tells its parent
// about each step.
import { tryAdvisoryLock } from '../../../src/platform/db/advisory-lock.js';
import type { DatabaseConnection } from '../../../src/platform/db/connection.js';
import { openDatabase } from '../../../src/platform/db/database.js';
import { startEmbeddedPostgres } from '../../../src/platform/db/embedded/postgres.js';
import { migrate } from '../../../src/platform/db/migrate.js';
import { isSchemaEngineLoaded } from '../../../src/platform/db/schema-engine.js';
import { AppError } from '../../../src/platform/errors.js';
import { silentLogger } from '../../../src/platform/log.js';

export interface ServeReport {
  adopted: boolean;
  socket: string;
  port: number;
}

export interface MigrateReport {
  applied: string[];
  engineLoaded: boolean;
}

export interface LockReport {
  taken: boolean;
}

export interface ErrorReport {
  code: string;
  message: string;
}

type Role = (...args: string[]) => Promise<void>;

const roles: Record<string, Role> = { serve, migrate: applyMigrations, lock };

function report(message: ServeReport | MigrateReport | LockReport | ErrorReport | 'closed'): void {
  process.send?.(message);
}

async function asked(): Promise<void> {
  await new Promise((resolve) => process.once('message', resolve));
}

async function serve(dataDir: string): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir, log: silentLogger, settings: { fsync: 'off' } });
  const { host, port } = server.connection;
  report({ adopted: server.adopted, socket: host, port: port ?? 0 });
  await asked();
  await server.close();
  report('closed');
}

async function applyMigrations(connection: string, migrationsDir: string): Promise<void> {
  const target: DatabaseConnection = JSON.parse(connection);
  const { applied } = await migrate(target, { migrationsDir, log: silentLogger });
  report({ applied, engineLoaded: isSchemaEngineLoaded() });
}

async function lock(connection: string, name: string): Promise<void> {
  const db = await openDatabase(JSON.parse(connection), { log: silentLogger, poolSize: 1 });
  const taken = await tryAdvisoryLock(db.pool, name);
  report({ taken: taken !== null });
  await asked();
  await taken?.release();
  await db.close();
}

const [role = '', ...args] = process.argv.slice(2);
try {
  await roles[role]?.(...args);
} catch (error) {
  report({ code: error instanceof AppError ? error.code : 'other', message: String(error) });
} finally {
  process.disconnect();
}
