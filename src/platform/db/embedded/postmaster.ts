import { execFile, spawn } from 'node:child_process';
import { closeSync, fchownSync, openSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries.js';
import { serverEnvironment } from './cluster.js';
import { type DataFolders, isCode, SOCKET_PORT } from './folders.js';
import type { Launcher } from './launcher.js';

const run = promisify(execFile);

/** The log starts anew beyond this size: it holds errors and checkpoints, nobody needs years of them. */
export const LOG_SIZE_LIMIT = 10 * 1024 * 1024;

/** For a small box beside a model in memory; a bigger one is served by a PostgreSQL of its own. */
export const serverSettings: Readonly<Record<string, string>> = {
  // 100,000 papers have some 40 MB of index that is read often; the rest is the system's cache's.
  shared_buffers: '128MB',
  // Service, a few command lines and their pools; each takes some 5 MB when busy.
  max_connections: '50',
  max_wal_size: '1GB',
  // No helper processes: on two cores they take time from the model and the index, and some 20 MB each.
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  jit: 'off',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  listen_addresses: '',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
};

/** What PostgreSQL writes into postmaster.pid while it runs (pidfile.h). */
export interface PidFile {
  pid: number;
  /** The lines that no other server has: pid, folder, start time. */
  identity: string;
  port: number;
  /** null: not written yet. */
  socketFolder: string | null;
}

export function parsePidFile(text: string): PidFile | null {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid === 0) return null;
  // A stand-alone backend writes its pid with a minus.
  return {
    pid: Math.abs(pid),
    identity: lines.slice(0, 3).join('\n'),
    port: Number(lines[3] ?? 0),
    socketFolder: lines[4] || null,
  };
}

export function readPidFile(cluster: string): PidFile | null {
  try {
    return parsePidFile(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * Is the process of a pid file really a server on this folder, or is the file stale and its number another
 * process's by now? `unknown` where the system doesn't say.
 */
export async function whoIs(pid: number, cluster: string): Promise<'server' | 'other' | 'unknown'> {
  try {
    process.kill(pid, 0);
  } catch {
    // Gone, or (EPERM) another user's, which PostgreSQL too takes for no server of its own.
    return 'other';
  }
  if (process.platform !== 'linux') return whoIsByName(pid);
  try {
    // A server's working folder is its cluster. A zombie's link can't be read: ENOENT.
    readlinkSync(`/proc/${pid}/cwd`);
    const cwd = statSync(`/proc/${pid}/cwd`);
    const own = statSync(cluster);
    return cwd.dev === own.dev && cwd.ino === own.ino ? 'server' : 'other';
  } catch (error) {
    return isCode(error, 'ENOENT', 'ESRCH') ? 'other' : 'unknown';
  }
}

async function whoIsByName(pid: number): Promise<'server' | 'other' | 'unknown'> {
  try {
    const { stdout } = await run('ps', ['-o', 'comm=', '-p', String(pid)], { timeout: 5_000 });
    return stdout.includes('postgres') ? 'unknown' : 'other';
  } catch {
    return 'unknown';
  }
}

export interface SpawnOptions {
  folders: DataFolders;
  binaries: PostgresBinaries;
  launcher: Launcher;
  settings?: Readonly<Record<string, string>> | undefined;
  /** The pid in a stale pid file that now belongs to some other process: PostgreSQL must not take it for a server. */
  stalePid: number | null;
}

export interface Postmaster {
  /** undefined where it couldn't be started. */
  readonly pid: number | undefined;
  /** null while it runs; then its exit code or signal, or why it couldn't be started. */
  readonly end: string | null;
  stop(): void;
  /** What it has logged and is worth repeating in a message. */
  lastWords(): string;
}

/**
 * Starts the server in a session of its own (Ctrl-C in a terminal goes to Quire, not to its database) and
 * lets go of it: it outlives this process, and the next one adopts it.
 */
export function spawnPostmaster(options: SpawnOptions): Postmaster {
  const { folders, binaries, launcher, settings = {}, stalePid } = options;
  const words = Object.entries({
    port: String(SOCKET_PORT),
    ...serverSettings,
    ...settings,
    unix_socket_directories: folders.socket,
    unix_socket_permissions: '0700',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { file, args } = launcher.command(binaries.postgres, ['-D', folders.cluster, ...words]);
  const size = statSync(folders.logFile, { throwIfNoEntry: false })?.size ?? 0;
  const isFull = size > LOG_SIZE_LIMIT;
  const logFd = openSync(folders.logFile, isFull ? 'w' : 'a', 0o600);
  try {
    if (launcher.owner) fchownSync(logFd, launcher.owner.uid, launcher.owner.gid);
    const child = spawn(file, args, {
      ...launcher.identity,
      cwd: folders.cluster,
      detached: true,
      stdio: ['ignore', logFd, logFd],
      env: {
        ...serverEnvironment(),
        // Pids that the lock check passes over; it still refuses where backends of a dead server live on.
        ...(stalePid === null ? {} : { PG_GRANDPARENT_PID: String(stalePid) }),
      },
    });
    child.unref();
    let end: string | null = null;
    child.once('error', (error) => {
      end = error.message;
    });
    child.once('exit', (code, signal) => {
      end = signal ?? `exit code ${code}`;
    });
    return {
      pid: child.pid,
      get end() {
        return end;
      },
      stop: () => {
        child.kill('SIGINT');
      },
      lastWords: () => lastWords(folders.logFile, isFull ? 0 : size),
    };
  } finally {
    closeSync(logFd);
  }
}

function lastWords(logFile: string, from: number): string {
  const file = openSync(logFile, 'r');
  try {
    const buffer = Buffer.alloc(16_384);
    const length = readSync(file, buffer, 0, buffer.length, from);
    const lines = buffer.toString('utf8', 0, length).trim().split('\n');
    const errors = lines.filter((line) => /\b(FATAL|PANIC|ERROR):/.test(line));
    return (errors.length > 0 ? errors : lines).slice(-3).join(' ').slice(-500);
  } finally {
    closeSync(file);
  }
}
