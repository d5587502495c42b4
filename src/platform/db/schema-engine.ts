import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import type { Logger } from '../log.js';
import { clientConfig, type DatabaseConnection, withDatabaseName } from './connection.js';

type EngineModule = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');

let loading: Promise<EngineModule> | undefined;

/** Whether this process has loaded the engine's 5 MB of WebAssembly. */
export function isSchemaEngineLoaded(): boolean {
  return loading !== undefined;
}

/** The package's own entry imports the .wasm file as a module, which Node 20 can't. */
async function load(): Promise<EngineModule> {
  const name = '@prisma/schema-engine-wasm/schema_engine_bg';
  const folder = dirname(createRequire(import.meta.url).resolve(name));
  const [engine, bytes] = await Promise.all([
    import('@prisma/schema-engine-wasm/schema_engine_bg'),
    readFile(join(folder, 'schema_engine_bg.wasm')),
  ]);
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': imports(engine) });
  engine.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
  return engine;
}

/**
 * What the WebAssembly calls. It never clears the ten-second timer of its lock, which would keep every
 * process that has migrated alive for so long.
 */
function imports(engine: EngineModule): WebAssembly.ModuleImports {
  const functions: WebAssembly.ModuleImports = {};
  for (const [name, value] of Object.entries(engine)) {
    if (typeof value !== 'function') continue;
    functions[name] = name.startsWith('__wbg_setTimeout_')
      ? (callback: () => void, ms: number) => setTimeout(callback, ms).unref()
      : value;
  }
  return functions;
}

export interface SchemaEngineOptions {
  /** A pool of the caller's with one connection: the engine leaves its lock on it, so end it afterwards. */
  pool: pg.Pool;
  log: Logger;
  /** Where `pool` leads. Needed to compare a folder of migrations: they are replayed into a throwaway database. */
  connection?: DatabaseConnection;
  /** Changes a script before the server gets it. */
  amendScript?: (script: string) => string;
}

/** Prisma's schema engine in this process, over the adapter. `free()` it. */
export async function createSchemaEngine({
  pool,
  log,
  connection,
  amendScript = (script) => script,
}: SchemaEngineOptions): Promise<SchemaEngine> {
  loading ??= load();
  const { SchemaEngine } = await loading;
  const { provider, adapterName } = new PrismaPg(pool);
  const factory: SqlMigrationAwareDriverAdapterFactory = {
    provider,
    adapterName,
    connect: () => createAdapter(pool, amendScript),
    connectToShadowDb: () => {
      if (connection === undefined) throw new Error('no throwaway database was asked for');
      return createThrowaway(pool, connection);
    },
  };
  const trace = (entry: unknown) => log.trace({ entry }, 'schema engine');
  return SchemaEngine.new({ datamodels: undefined }, trace, bindMigrationAwareSqlAdapterFactory(factory));
}

/** The adapter cuts a script at every semicolon, also in the body of a function: the server does that itself. */
async function createAdapter(
  pool: pg.Pool,
  amend: (script: string) => string = (script) => script,
): Promise<SqlDriverAdapter> {
  const adapter = await new PrismaPg(pool).connect();
  adapter.executeScript = async (script) => {
    try {
      await pool.query(amend(script));
    } catch (error) {
      throw error instanceof pg.DatabaseError ? readable(error) : error;
    }
  };
  return adapter;
}

/** The form in which the engine takes the server's message over into its own and into its table. */
function readable({ code, severity, message, detail, column, hint }: pg.DatabaseError): DriverAdapterError {
  return new DriverAdapterError({
    kind: 'postgres',
    code: code ?? '',
    severity: severity ?? 'ERROR',
    message,
    detail,
    column,
    hint,
  });
}

/** The adapter's own drops its database while it is still connected, which fails. */
async function createThrowaway(pool: pg.Pool, connection: DatabaseConnection): Promise<SqlDriverAdapter> {
  const name = `quire_replay_${randomUUID()}`;
  await pool.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  const throwaway = new pg.Pool({ ...clientConfig(withDatabaseName(connection, name)), max: 1 });
  const adapter = await createCatalogueAdapter(throwaway);
  adapter.dispose = async () => {
    await throwaway.end();
    await pool.query(`DROP DATABASE ${pg.escapeIdentifier(name)}`);
  };
  return adapter;
}

/** The engine reads PostgreSQL's catalogue, whose columns of the type "char" the adapter refuses. */
async function createCatalogueAdapter(pool: pg.Pool): Promise<SqlDriverAdapter> {
  const { CHAR, TEXT } = pg.types.builtins;
  const charColumns = new WeakMap<object, pg.FieldDef[]>();
  pool.query = new Proxy(pool.query, {
    async apply(target, self, args) {
      const result: unknown = await Reflect.apply(target, self, args);
      if (!(result instanceof pg.Result)) return result;
      const chars = result.fields.filter(({ dataTypeID }) => dataTypeID === CHAR);
      for (const field of chars) field.dataTypeID = TEXT;
      charColumns.set(result.rows, chars);
      return result;
    },
  });
  const adapter = await createAdapter(pool);
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const { name } of charColumns.get(result.rows) ?? []) {
      result.columnTypes[result.columnNames.indexOf(name)] = ColumnTypeEnum.Character;
    }
    return result;
  };
  return adapter;
}
