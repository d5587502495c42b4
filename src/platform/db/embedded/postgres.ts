import { rmdirSync } from 'node:fs';
import { AppError } from '../../errors.js';
import type { Logger } from '../../log.js';
import type { ConnectionParameters } from '../connection.js';
import { findPostgresBinaries } from './binaries.js';
import { ensureCluster } from './cluster.js';
import {
  type DataFolders,
  giveCluster,
  openToServer,
  prepareDataFolder,
  prepareSocketFolder,
} from './folders.js';
import { findLauncher, type Launcher } from './launcher.js';
import { type Postmaster, readPidFile, spawnPostmaster, whoIs } from './postmaster.js';
import { attend, type Presence, SUPERUSER } from './presence.js';

export interface EmbeddedPostgres {
  readonly connection: ConnectionParameters;
  /** The same as a URL, for psql and pg_dump. */
  readonly url: string;
  /** True when the server was running already. */
  readonly adopted: boolean;
  /** Leaves; stops the server where nobody else is connected. Close every pool of this process before. */
  close(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  dataDir: string;
  log: Logger;
  /**
   * Server settings that differ from the defaults; they only count for a server that is started, not adopted.
   * With `fsync: 'off'` (throwaway data) a new cluster isn't synchronised to disk either.
   */
  settings?: Readonly<Record<string, string>>;
  /** How to get rid of root, instead of finding out. */
  launcher?: Launcher;
}

export const EMBEDDED_DATABASE = 'quire';

/** Recovery after a crash replays at most `max_wal_size`; minutes of it mean a disk that is not usable. */
const START_LIMIT_MS = 180_000;

/** A server that ends at once this often isn't losing a race against another process. */
const START_ATTEMPTS = 5;

/** Before another attempt, doubled each time: the winner of a race is up by then. */
const RETRY_PAUSE_MS = 50;

/** A connection to a socket that isn't there costs 0.1 ms, and a start takes 50 ms. */
const POLL_MS = 10;

/** PostgreSQL makes a checkpoint before it stops; beyond this it goes on alone. */
const STOP_LIMIT_MS = 60_000;

/** Between tries to bring back a server that went away and doesn't start: a full disk is made room on by hand. */
const REVIVE_PAUSES_MS = [0, 1_000, 5_000, 30_000] as const;

/**
 * The PostgreSQL of a data folder: makes it, starts it, or adopts the one that runs there already (left by a
 * process that was killed, or kept by another one). While this process uses it, it is started again when it
 * goes away. Errors: `data_dir_unwritable`, `data_dir_newer`, `data_dir_invalid`, `embedded_database_failed`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  const folders = prepareDataFolder(options.dataDir);
  const closing = new AbortController();
  const first = await enter(folders, options, closing.signal);
  let presence: Presence | null = first.presence;
  let reviving: Promise<void> = Promise.resolve();

  // Without a presence another process's close could stop the server under this one's feet.
  function watch(current: Presence): void {
    current.lost.addEventListener('abort', () => {
      if (closing.signal.aborted) return;
      log.error('the embedded database went away');
      presence = null;
      reviving = revive(folders, options, closing.signal).then((next) => {
        presence = next;
        if (next) watch(next);
      });
    });
  }
  watch(first.presence);

  let closed: Promise<void> | undefined;
  async function close(): Promise<void> {
    closing.abort();
    await reviving;
    if (presence) await leave(presence, folders, log);
  }
  const { socket, port } = first.presence;
  return {
    connection: { host: socket, port, database: EMBEDDED_DATABASE, user: SUPERUSER },
    url: `postgresql://${SUPERUSER}@localhost:${port}/${EMBEDDED_DATABASE}?host=${encodeURIComponent(socket)}`,
    adopted: first.adopted,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

interface Entered {
  presence: Presence;
  adopted: boolean;
}

/** Connects to the folder's server, starting it where there is none. */
async function enter(
  folders: DataFolders,
  options: EmbeddedPostgresOptions,
  signal: AbortSignal,
): Promise<Entered> {
  const { log } = options;
  const started = performance.now();
  let own: Postmaster | null = null;
  let attempts = 0;
  while (performance.now() - started < START_LIMIT_MS) {
    signal.throwIfAborted();
    const attempt = await attend(folders, EMBEDDED_DATABASE);
    if (attempt.state === 'present') {
      // Own may be ending just now, having lost the race.
      const adopted = own?.pid !== attempt.presence.pid;
      const ms = Math.round(performance.now() - started);
      log.debug({ ms, adopted, pid: attempt.presence.pid }, 'the embedded database is ready');
      return { presence: attempt.presence, adopted };
    }
    if (attempt.state === 'absent' && (own === null || own.end !== null)) {
      const pidFile = readPidFile(folders.cluster);
      const who = pidFile === null ? 'other' : await whoIs(pidFile.pid, folders.cluster);
      if (who === 'other') {
        if (attempts === START_ATTEMPTS) break;
        if (attempts > 0) await pause(RETRY_PAUSE_MS * 2 ** attempts);
        attempts += 1;
        own = await start(folders, options, pidFile?.pid ?? null);
      }
    }
    await pause(POLL_MS);
  }
  own?.stop();
  throw new AppError(
    'embedded_database_failed',
    `the embedded database in ${folders.cluster} doesn't start (${own?.end ?? 'no answer'}): ${own?.lastWords() ?? ''} (more in ${folders.logFile})`,
  );
}

async function start(
  folders: DataFolders,
  options: EmbeddedPostgresOptions,
  stalePid: number | null,
): Promise<Postmaster> {
  const { settings = {} } = options;
  const binaries = findPostgresBinaries();
  const uid = process.getuid?.();
  const launcher =
    options.launcher ??
    (await findLauncher({ postgres: binaries.postgres, folderOwner: folders.owner, uid }));
  const sync = settings['fsync'] !== 'off';
  await ensureCluster({ cluster: folders.cluster, binaries, launcher, superuser: SUPERUSER, sync });
  openToServer(folders.root, launcher);
  giveCluster(folders.cluster, launcher);
  prepareSocketFolder(folders.socket, launcher);
  return spawnPostmaster({ folders, binaries, launcher, settings, stalePid });
}

/** Tries until the server is back or this process closes; null for the latter. */
async function revive(
  folders: DataFolders,
  options: EmbeddedPostgresOptions,
  signal: AbortSignal,
): Promise<Presence | null> {
  for (let attempt = 0; ; attempt += 1) {
    await pause(REVIVE_PAUSES_MS[attempt] ?? REVIVE_PAUSES_MS[3], signal);
    if (signal.aborted) return null;
    try {
      const { presence } = await enter(folders, options, signal);
      options.log.info({ pid: presence.pid }, 'the embedded database is back');
      return presence;
    } catch (error) {
      if (signal.aborted) return null;
      options.log.error(
        { err: error },
        "the embedded database can't be brought back; it will be tried again",
      );
    }
  }
}

async function leave(presence: Presence, folders: DataFolders, log: Logger): Promise<void> {
  const others = await presence.leave();
  if (others !== 'none') {
    log.debug({ others }, 'the embedded database stays up');
    return;
  }
  process.kill(presence.pid, 'SIGINT');
  const deadline = performance.now() + STOP_LIMIT_MS;
  while (readPidFile(folders.cluster)?.pid === presence.pid) {
    if (performance.now() > deadline) {
      log.warn({ pid: presence.pid }, 'the embedded database takes long to stop; it goes on alone');
      return;
    }
    await pause(POLL_MS);
  }
  try {
    rmdirSync(presence.socket);
  } catch {
    // Another process is starting the server again, or has removed the folder.
  }
  log.debug('the embedded database was stopped');
}

/** Resolves after `ms`, or as soon as `signal` is aborted. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
