import { statSync } from 'node:fs';
import pg from 'pg';
import { AppError, messageOf } from '../../errors.js';
import { sqlState } from '../database.js';
import { type DataFolders, isPrivateFolder } from './folders.js';
import { parsePidFile, readPidFile } from './postmaster.js';

export const SUPERUSER = 'quire';

/** Whoever uses the server holds this lock shared; who gets it alone is the last. Any constant does. */
const PRESENCE_LOCK = '7310579607362041189';

const APPLICATION_NAME = 'quire presence';

/** A local server that takes longer to greet or answer is not usable. */
const ANSWER_TIMEOUT_MS = 20_000;

/** How long connections that this process has just closed may take to disappear from the server's list. */
const DEPARTURE_LIMIT_MS = 2_000;
const DEPARTURE_POLL_MS = 10;

/** Starting up or shutting down, shut down while waiting, every connection in use. */
const PASSING_STATES = new Set(['57P03', '57P01', '53300']);

/** The connection that says: this process uses the server. */
export interface Presence {
  /** The server's process. */
  readonly pid: number;
  /** The folder of the server's socket. */
  readonly socket: string;
  /** The number in the socket's name. */
  readonly port: number;
  /** Aborted when the connection is lost (not when it is left). */
  readonly lost: AbortSignal;
  /**
   * Gives up the presence. `none`: nobody else is there, and until the server stops nobody can come in (the
   * lock is kept for that); the caller stops it. Otherwise the connection is ended.
   */
  leave(): Promise<'none' | 'present' | 'connected' | 'unknown'>;
}

export type Attempt =
  | { state: 'present'; presence: Presence }
  /** A server is there and isn't ready, or is going. */
  | { state: 'starting' }
  | { state: 'absent' };

/**
 * Tries once to connect to the server of these folders. That it is theirs is shown by its pid file: the
 * server reads out its own, and it must be the one in the folder.
 */
export async function attend(folders: DataFolders, database: string): Promise<Attempt> {
  const pidFile = readPidFile(folders.cluster);
  if (pidFile?.socketFolder == null) return { state: 'absent' };
  const owner = statSync(folders.cluster).uid;
  // A moved folder's server still has its socket under the new path.
  for (const socket of new Set([pidFile.socketFolder, folders.socket])) {
    // In a shared temporary folder another user could listen: only the cluster's owner is believed.
    if (!isPrivateFolder(socket, owner)) continue;
    const client = createClient(socket, pidFile.port);
    try {
      await client.connect();
      const { rows } = await client.query<{ pid: string }>(`SELECT pg_read_file('postmaster.pid') AS pid`);
      if (parsePidFile(rows[0]?.pid ?? '')?.identity !== pidFile.identity) {
        await client.end();
        continue;
      }
      // Waits where the last one out is about to stop the server; the stop then ends this connection.
      await client.query('SELECT pg_advisory_lock_shared($1)::text', [PRESENCE_LOCK]);
      await ensureDatabase(client, database);
      return { state: 'present', presence: createPresence(client, pidFile.pid) };
    } catch (error) {
      client.end().catch(() => {});
      const state = sqlState(error);
      if (state === undefined) continue;
      if (PASSING_STATES.has(state)) return { state: 'starting' };
      throw new AppError('embedded_database_failed', `the embedded database refuses: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  return { state: 'absent' };
}

function createClient(host: string, port: number): pg.Client {
  const client = new pg.Client({
    host,
    port,
    user: SUPERUSER,
    database: 'postgres',
    ssl: false,
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    options: '-c TimeZone=UTC',
  });
  // A connection that breaks also fails its query; without a listener it would end the process.
  client.on('error', () => {});
  return client;
}

async function ensureDatabase(client: pg.Client, database: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  if (rowCount) return;
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  } catch (error) {
    // 42P04 and 23505: another process has made it in between.
    const state = sqlState(error);
    if (state !== '42P04' && state !== '23505') throw error;
  }
}

function createPresence(client: pg.Client, pid: number): Presence {
  const lost = new AbortController();
  let leaving = false;
  client.once('end', () => {
    if (!leaving) lost.abort();
  });
  return {
    pid,
    socket: client.host,
    port: client.port,
    lost: lost.signal,
    async leave() {
      leaving = true;
      try {
        await client.query('SELECT pg_advisory_unlock_shared($1)', [PRESENCE_LOCK]);
        const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
          PRESENCE_LOCK,
        ]);
        const others = rows[0]?.alone ? await findOthers(client) : 'present';
        if (others !== 'none') await client.end();
        return others;
      } catch {
        // The server is gone or going: nothing is left to stop.
        client.end().catch(() => {});
        return 'unknown';
      }
    },
  };
}

async function findOthers(client: pg.Client): Promise<'none' | 'present' | 'connected'> {
  const deadline = performance.now() + DEPARTURE_LIMIT_MS;
  for (;;) {
    const { rows } = await client.query<{ connected: number; entering: number }>(
      `SELECT count(*)::int AS connected,
         (count(*) FILTER (WHERE application_name = $1 AND wait_event = 'advisory'))::int AS entering
       FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      [APPLICATION_NAME],
    );
    // Whoever waits for the presence lock would have to start what is stopped now.
    if (rows[0]?.entering !== 0) return 'present';
    if (rows[0].connected === 0) return 'none';
    if (performance.now() > deadline) return 'connected';
    await new Promise((resolve) => setTimeout(resolve, DEPARTURE_POLL_MS));
  }
}
