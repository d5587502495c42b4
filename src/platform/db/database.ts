import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { AppError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { clientConfig, type DatabaseConnection, describeConnection } from './connection.js';
import { PrismaClient } from './generated/client.js';

export interface Database {
  prisma: PrismaClient;
  /** The pool below `prisma`, for SQL that Prisma has no words for. */
  pool: pg.Pool;
  /** Ends the pool; waits for statements under way, at most `CLOSE_LIMIT_MS`. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  log: Logger;
  /** Connections at most. Too low: requests wait for each other; too high: the server's max_connections is used up. */
  poolSize: number;
}

/** No statement of a request or a batch needs longer on 100,000 papers; one that does is a runaway. */
export const STATEMENT_TIMEOUT_MS = 60_000;

/** A transaction that sits idle this long was forgotten; it holds back vacuum and may hold locks. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;

/** An ingest batch on a busy machine takes seconds: Prisma's own limit (5 s) would break it off. */
const TRANSACTION_LIMIT_MS = 30_000;
const TRANSACTION_WAIT_MS = 10_000;

/** How long `close` waits for connections that are in use. */
export const CLOSE_LIMIT_MS = 10_000;

/** A server that is starting or recovering says so (57P03); it is asked again for this long. */
const STARTING_LIMIT_MS = 15_000;
const STARTING_PAUSE_MS = 100;

/** The first version that has every feature in use and is tested. */
const OLDEST_SERVER_VERSION = 150_000;

/**
 * Opens the database and checks that it answers. Errors: `database_unreachable`, `database_unsuitable`
 * (too old, or not UTF-8), `invalid_config` (the URL).
 */
export async function openDatabase(
  connection: DatabaseConnection,
  { log, poolSize }: DatabaseOptions,
): Promise<Database> {
  const pool = new pg.Pool({
    ...clientConfig(connection),
    max: poolSize,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // The client's own limit, for a server that no longer answers at all.
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  });
  // Without a listener the loss of an idle connection would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'a database connection was lost'));
  try {
    await checkServer(pool, connection);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { timeout: TRANSACTION_LIMIT_MS, maxWait: TRANSACTION_WAIT_MS },
  });
  let closing: Promise<void> | undefined;
  return {
    prisma,
    pool,
    close: () => {
      closing ??= closePool(prisma, pool, log);
      return closing;
    },
  };
}

async function closePool(prisma: PrismaClient, pool: pg.Pool, log: Logger): Promise<void> {
  await prisma.$disconnect();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.warn({ inUse: pool.totalCount - pool.idleCount }, 'database connections are still in use at close');
      resolve();
    }, CLOSE_LIMIT_MS);
  });
  await Promise.race([pool.end(), limit]);
  clearTimeout(timer);
}

interface ServerFacts {
  version: number;
  encoding: string;
}

async function checkServer(pool: pg.Pool, connection: DatabaseConnection): Promise<void> {
  const { version, encoding } = await askServer(pool, connection);
  if (version < OLDEST_SERVER_VERSION) {
    throw new AppError(
      'database_unsuitable',
      `the server at ${describeConnection(connection)} is PostgreSQL ${Math.floor(version / 10_000)}: 15 or newer is needed`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new AppError(
      'database_unsuitable',
      `the encoding of the database at ${describeConnection(connection)} is ${encoding}: UTF8 is needed (createdb --encoding=UTF8 --template=template0)`,
    );
  }
}

async function askServer(pool: pg.Pool, connection: DatabaseConnection): Promise<ServerFacts> {
  const deadline = performance.now() + STARTING_LIMIT_MS;
  for (;;) {
    try {
      const { rows } = await pool.query<ServerFacts>(
        `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding`,
      );
      const facts = rows[0];
      if (facts === undefined) throw new Error('the server gave no answer to a first question');
      return facts;
    } catch (error) {
      if (sqlState(error) !== '57P03' || performance.now() > deadline) {
        throw unreachable(connection, error);
      }
      await new Promise((resolve) => setTimeout(resolve, STARTING_PAUSE_MS));
    }
  }
}

/** `database_unreachable` with the place and the reason; the server's and the system's reasons hold no password. */
export function unreachable(connection: DatabaseConnection, cause: unknown): AppError {
  return new AppError(
    'database_unreachable',
    `the database can't be reached at ${describeConnection(connection)}: ${reason(cause)}`,
    { cause },
  );
}

// A host with several addresses fails with an AggregateError, whose own message is empty.
function reason(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join('; ');
  return messageOf(cause);
}

/** PostgreSQL's five-character code of an error, where it has one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}
