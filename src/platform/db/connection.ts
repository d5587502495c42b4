import pg from 'pg';
import { AppError } from '../errors.js';

export interface ConnectionParameters {
  /** A host name, or the absolute path of the folder that holds the server's unix socket. */
  host: string;
  port?: number;
  database: string;
  user: string;
  password?: string;
}

/** `postgresql://user:password@host:port/database`, or the same in parts. */
export type DatabaseConnection = string | ConnectionParameters;

/** How long a TCP connect and the greeting may take: beyond it a server is as good as absent. */
export const CONNECT_TIMEOUT_MS = 10_000;

/**
 * A server whose machine vanished without a word is noticed some 20 s later (ten probes a second apart
 * follow), where the system's own default is two hours: a lock's holder must learn that it lost the lock.
 */
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * The adapter drops the offset of timestamps, so every session must speak UTC.
 * (A session at UTC-5 was seen to shift times by 18,000 s.)
 * A server by itself compiles statements that look dear to its planner: an intake's look-ups were guessed at thousands of rows, compiled
 * anew for each batch, and then ran in 2 ms after 90; half of an intake's time.
 */
const SESSION_OPTIONS = '-c TimeZone=UTC -c jit=off';

/** What a `pg.Pool` or `pg.Client` needs to reach the database. Throws `invalid_config` for a malformed URL. */
export function clientConfig(connection: DatabaseConnection): pg.ClientConfig {
  const common = {
    application_name: 'quire',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
  if (typeof connection !== 'string') {
    // On a unix socket PostgreSQL speaks no TLS; said here because PGSSLMODE would ask for it otherwise.
    const plain = connection.host.startsWith('/') ? { ssl: false } : {};
    return { ...common, ...plain, ...connection, options: SESSION_OPTIONS };
  }
  const url = parseUrl(connection);
  const options = url.searchParams.get('options');
  url.searchParams.set('options', options ? `${options} ${SESSION_OPTIONS}` : SESSION_OPTIONS);
  return { ...common, connectionString: url.href };
}

/** The same server, another database. */
export function withDatabaseName(connection: DatabaseConnection, database: string): DatabaseConnection {
  if (typeof connection !== 'string') return { ...connection, database };
  const url = parseUrl(connection);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** Where the server is and what is asked of it, for messages: never a password. */
export function describeConnection(connection: DatabaseConnection): string {
  const { host, port, database } = new pg.Client(clientConfig(connection));
  const place = host.startsWith('/') ? host : `${host}:${port}`;
  return database ? `${place}, database ${database}` : place;
}

// A malformed URL isn't repeated in the message: it may hold a password.
function parseUrl(text: string): URL {
  const expected = 'expected postgresql://user:password@host:port/database';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new AppError('invalid_config', `the database URL can't be read: ${expected}`);
  }
  if (url.protocol !== 'postgresql:' && url.protocol !== 'postgres:') {
    throw new AppError('invalid_config', `the database URL begins with ${url.protocol}: ${expected}`);
  }
  const schema = url.searchParams.get('schema');
  if (schema !== null && schema !== 'public') {
    throw new AppError(
      'invalid_config',
      `the database URL names the schema ${schema}: only public is supported; use a database of its own`,
    );
  }
  url.searchParams.delete('schema');
  return url;
}
