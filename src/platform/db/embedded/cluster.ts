import { execFile } from 'node:child_process';
import { chownSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError, messageOf } from '../../errors.js';
import { unwritable } from '../../folders.js';
import type { PostgresBinaries } from './binaries.js';
import { isCode, openToServer } from './folders.js';
import type { Launcher } from './launcher.js';

const run = promisify(execFile);

/** initdb takes half a second; a minute and more only on a disk that is not usable. */
const INITDB_TIMEOUT_MS = 120_000;

/** A half-made cluster of this age was left by a process that died in the middle. */
const ABANDONED_AFTER_MS = 15 * 60_000;

export interface ClusterOptions {
  /** Where the cluster is or will be; its parent must exist. */
  cluster: string;
  binaries: PostgresBinaries;
  launcher: Launcher;
  superuser: string;
  /** false: the files may be lost with the machine. */
  sync: boolean;
}

/**
 * Makes the cluster where it is missing. It is made beside its place and then renamed into it: a process
 * that dies leaves no half-made cluster, and of two processes at once exactly one provides it.
 * Errors: `data_dir_newer`, `data_dir_invalid`, `data_dir_unwritable`, `embedded_database_failed`.
 */
export async function ensureCluster(options: ClusterOptions): Promise<void> {
  const { cluster, binaries, launcher } = options;
  if (clusterExists(cluster, binaries.major)) return;
  const parent = dirname(cluster);
  const prefix = `${basename(cluster)}-init-`;
  let draft: string;
  try {
    openToServer(parent, launcher);
    await removeAbandoned(parent, prefix);
    draft = await mkdtemp(join(parent, prefix));
    if (launcher.owner) chownSync(draft, launcher.owner.uid, launcher.owner.gid);
  } catch (error) {
    throw unwritable(parent, error);
  }
  try {
    await runInitdb(draft, options);
    await rename(draft, cluster);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process was first, or something else lies there.
    if (!isCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
    if (clusterExists(cluster, binaries.major)) return;
    throw new AppError(
      'data_dir_invalid',
      `${cluster} isn't a PostgreSQL data folder (it has no PG_VERSION): move it away or name another data folder`,
    );
  }
}

/** Throws `data_dir_newer` for a cluster of another major version. */
function clusterExists(cluster: string, major: number): boolean {
  const file = join(cluster, 'PG_VERSION');
  if (!existsSync(file)) return false;
  const version = readFileSync(file, 'utf8').trim();
  if (version === String(major)) return true;
  const advice =
    Number(version) > major
      ? 'use the version of Quire that made it, or name another data folder (DATA_DIR)'
      : `dump it with PostgreSQL ${version}'s pg_dump and restore it, or name another data folder (DATA_DIR)`;
  throw new AppError(
    'data_dir_newer',
    `the data in ${cluster} was written by PostgreSQL ${version}, and this is PostgreSQL ${major}: ${advice}`,
    { details: { found: version, expected: major } },
  );
}

async function runInitdb(draft: string, options: ClusterOptions): Promise<void> {
  const { binaries, launcher, superuser, sync } = options;
  const { file, args } = launcher.command(binaries.initdb, [
    `--pgdata=${draft}`,
    `--username=${superuser}`,
    '--encoding=UTF8',
    // The same order and case rules on every machine, whatever locales it has.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--data-checksums',
    // The socket's folder, which only its owner can enter, is the lock; TCP is off.
    '--auth-local=trust',
    '--auth-host=reject',
    '--no-instructions',
    ...(sync ? [] : ['--no-sync']),
  ]);
  try {
    await run(file, args, {
      ...launcher.identity,
      cwd: draft,
      env: serverEnvironment(),
      timeout: INITDB_TIMEOUT_MS,
    });
  } catch (cause) {
    throw new AppError('embedded_database_failed', `initdb failed: ${messageOf(cause)}`, { cause });
  }
}

/** Nothing of this process's environment reaches the server but the way to find `unshare`. */
export function serverEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

async function removeAbandoned(parent: string, prefix: string): Promise<void> {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    const age = stats ? performance.timeOrigin + performance.now() - stats.mtimeMs : 0;
    if (age > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
