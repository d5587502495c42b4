import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { clientConfig } from '../src/platform/db/connection.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/platform/db/embedded/postgres.js';
import { migrationList, readMigrations } from '../src/platform/db/migration-folder.js';
import { createSchemaEngine } from '../src/platform/db/schema-engine.js';
import { messageOf } from '../src/platform/errors.js';
import { createLogger } from '../src/platform/log.js';
import { projectRoot } from '../src/platform/paths.js';

const usage = `Keeps prisma/migrations in step with prisma/schema.prisma.

  node dist/scripts/migration.js new NAME   write a migration that leads from the folder to schema.prisma
  node dist/scripts/migration.js check      exit with 1 when the folder doesn't lead to schema.prisma

  --schema FILE       default: prisma/schema.prisma
  --migrations DIR    default: prisma/migrations
  --json              one JSON object on standard output
  --help

The migrations are replayed into a throwaway database. Indexes over expressions or parts of a table, checks,
triggers and functions are not compared: schema.prisma has no words for them. Read what \`new\` writes before
you commit it, and never change a migration that others may have applied.
`;

const nothing = '-- This is an empty migration.';

interface Paths {
  schema: string;
  migrations: string;
}

/** The SQL that leads from the migrations to the schema; null where nothing is missing. */
async function difference(paths: Paths): Promise<string | null> {
  const [content, migrations] = await Promise.all([
    readFile(paths.schema, 'utf8'),
    readMigrations(paths.migrations),
  ]);
  return withThrowawayServer(async (server) => {
    const pool = new pg.Pool({ ...clientConfig(server.connection), max: 1 });
    try {
      const log = createLogger({ level: 'warn', format: 'json' });
      const engine = await createSchemaEngine({ pool, log, connection: server.connection });
      const { stdout } = await engine.diff({
        from: { tag: 'migrations', ...migrationList(paths.migrations, migrations) },
        to: { tag: 'schemaDatamodel', files: [{ path: basename(paths.schema), content }] },
        script: true,
        exitCode: null,
        filters: { externalTables: [], externalEnums: [] },
      });
      engine.free();
      const sql = stdout?.trim() ?? '';
      return sql === '' || sql === nothing ? null : `${sql}\n`;
    } finally {
      await pool.end();
    }
  });
}

async function withThrowawayServer<T>(work: (server: EmbeddedPostgres) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-migration-'));
  const log = createLogger({ level: 'warn', format: 'json' });
  try {
    const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };
    const server = await startEmbeddedPostgres({ dataDir, log, settings });
    try {
      return await Promise.race([work(server), interruption()]);
    } finally {
      await server.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Rejects on Ctrl-C, so that the throwaway server is stopped and removed also then. */
function interruption(): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`interrupted by ${signal}`)));
    }
  });
}

/** Fourteen digits that sort after every migration there is, as Prisma's own command makes them. */
function timestamp(existing: readonly string[]): string {
  const now = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const last =
    existing
      .map((name) => name.slice(0, 14))
      .sort()
      .at(-1) ?? '';
  return now > last ? now : String(BigInt(last) + 1n);
}

async function create(name: string, paths: Paths): Promise<{ created: string | null; sql: string | null }> {
  if (!/^[a-z][a-z0-9_]{0,60}$/.test(name)) {
    throw new Error(
      `a migration's name is made of a-z, 0-9 and _, at most 61 characters, not ${JSON.stringify(name)}`,
    );
  }
  const sql = await difference(paths);
  if (sql === null) return { created: null, sql };
  const existing = (await readMigrations(paths.migrations)).map((migration) => migration.name);
  const folder = join(paths.migrations, `${timestamp(existing)}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), sql);
  const lock = join(paths.migrations, 'migration_lock.toml');
  if (!existsSync(lock)) await writeFile(lock, 'provider = "postgresql"\n');
  return { created: folder, sql };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      schema: { type: 'string', default: join(projectRoot, 'prisma', 'schema.prisma') },
      migrations: { type: 'string', default: join(projectRoot, 'prisma', 'migrations') },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const say = (object: object, text: string) => {
    process.stdout.write(`${values.json ? JSON.stringify(object) : text}\n`);
  };
  const [command, name, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (command === 'check' && name === undefined) {
    const sql = await difference(values);
    if (sql === null) say({ same: true, sql }, 'The migrations lead to schema.prisma.');
    else say({ same: false, sql }, `The migrations don't lead to schema.prisma. Missing:\n\n${sql}`);
    return sql === null ? 0 : 1;
  }
  if (command === 'new' && name !== undefined && rest.length === 0) {
    const result = await create(name, values);
    if (result.created === null)
      say(result, 'The migrations lead to schema.prisma already: nothing written.');
    else say(result, `${join(result.created, 'migration.sql')}\n\n${result.sql}`);
    return 0;
  }
  process.stderr.write(usage);
  return 2;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 2;
}
