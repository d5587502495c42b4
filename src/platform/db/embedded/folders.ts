import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../errors.js';
import { ensureDataFolder, unwritable } from '../../folders.js';
import type { Launcher } from './launcher.js';

/** The number in a socket's file name; nothing listens on TCP. */
export const SOCKET_PORT = 5432;

/** sun_path of unix(7) holds 108 bytes on Linux and 104 on macOS, one of them for the closing zero. */
export const SOCKET_PATH_LIMIT = process.platform === 'linux' ? 107 : 103;

export interface DataFolders {
  /** Real path of the data folder. */
  root: string;
  /** PostgreSQL's own folder in it. */
  cluster: string;
  /** The server's messages. */
  logFile: string;
  /** Where the unix socket goes. */
  socket: string;
  /** Who owns the cluster, or, before there is one, the data folder. */
  owner: { uid: number; gid: number };
}

/** Makes the data folder where it is missing (for its owner alone) and says where everything lies in it. */
export function prepareDataFolder(dataDir: string): DataFolders {
  const root = ensureDataFolder(dataDir);
  const cluster = join(root, 'postgres');
  try {
    const { uid, gid } = statSync(cluster, { throwIfNoEntry: false }) ?? statSync(root);
    return {
      root,
      cluster,
      logFile: join(root, 'postgres.log'),
      socket: socketFolder(root),
      owner: { uid, gid },
    };
  } catch (cause) {
    throw unwritable(dataDir, cause);
  }
}

/** `<root>/run`, or, where a socket's path would be too long, a folder below the system's temporary one. */
function socketFolder(root: string): string {
  const near = join(root, 'run');
  if (fits(near)) return near;
  const name = `quire-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
  const far = join(realpathSync(tmpdir()), name);
  return fits(far) ? far : join('/tmp', name);
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, `.s.PGSQL.${SOCKET_PORT}`)) <= SOCKET_PATH_LIMIT;
}

/**
 * Makes the socket's folder, for its owner alone. Throws `data_dir_invalid` where somebody else has made it:
 * in a shared temporary folder that could be another user, waiting for connections.
 */
export function prepareSocketFolder(folder: string, launcher: Launcher): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
    if (launcher.owner) chownSync(folder, launcher.owner.uid, launcher.owner.gid);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw unwritable(folder, error);
  }
  const uid = launcher.owner?.uid ?? process.getuid?.();
  if (uid !== undefined && !isPrivateFolder(folder, uid)) {
    throw new AppError(
      'data_dir_invalid',
      `${folder}, the folder for the database's socket, isn't a private folder of uid ${uid}: remove it`,
    );
  }
}

/** Is this a folder into which only `uid` (and root) can put anything? */
export function isPrivateFolder(folder: string, uid: number): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === uid && (stats.mode & 0o077) === 0;
}

/**
 * Lets a server that runs as another user through a data folder of root's: by its group alone, because
 * what else lies there may rely on the folder being closed.
 */
export function openToServer(root: string, { owner }: Launcher): void {
  const stats = statSync(root);
  if (!owner || stats.uid === owner.uid || stats.mode & 0o001) return;
  if (stats.gid === owner.gid && stats.mode & 0o010) return;
  chownSync(root, stats.uid, owner.gid);
  chmodSync(root, (stats.mode & 0o707) | 0o010);
}

/** Makes a cluster that root has run in a namespace, and can't any longer, the property of the server's user. */
export function giveCluster(cluster: string, { owner }: Launcher): void {
  const stats = statSync(cluster, { throwIfNoEntry: false });
  if (!owner || !stats || stats.uid === owner.uid) return;
  for (const name of readdirSync(cluster, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(cluster, name), owner.uid, owner.gid);
  }
  lchownSync(cluster, owner.uid, owner.gid);
}

export function isCode(error: unknown, ...codes: string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}
