import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError, messageOf } from '../../errors.js';

const run = promisify(execFile);

/** The conventional "nobody": what an unprivileged server is mapped to or runs as. */
export const NOBODY = 65_534;

/** A probe only prints a version; a machine too busy for that in this time can't run a database either. */
const PROBE_TIMEOUT_MS = 20_000;

/** How to run PostgreSQL's programs, which refuse to run as root. */
export interface Launcher {
  readonly kind: 'direct' | 'namespace' | 'setuid';
  /** Puts the programs' command line in front of what gives up root. */
  command(binary: string, args: readonly string[]): { file: string; args: string[] };
  /** For `spawn`: whom to become. */
  readonly identity: { uid?: number; gid?: number };
  /** Who owns the files outside of any namespace; null: whoever runs this process. */
  readonly owner: Owner | null;
}

export interface LauncherOptions {
  /** The server binary, to try the ways with. */
  postgres: string;
  /** The owner of the data folder. Root runs the server as that user, so that its files stay that user's. */
  folderOwner: Owner;
  /** This process's user; undefined where the system has no such numbers. */
  uid: number | undefined;
  /** Tries a command line; given by tests of machines that forbid namespaces. */
  probe?: Probe;
}

export interface Owner {
  uid: number;
  gid: number;
}

type Probe = (file: string, args: string[], identity: Launcher['identity']) => Promise<void>;

function direct(): Launcher {
  return {
    kind: 'direct',
    command: (binary, args) => ({ file: binary, args: [...args] }),
    identity: {},
    owner: null,
  };
}

function setuid(owner: Owner): Launcher {
  return { ...direct(), kind: 'setuid', identity: owner, owner };
}

/** A user namespace shows the server's user, also root, as nobody; the files stay the user's. */
function namespace(owner: Owner | null): Launcher {
  const words = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'];
  return {
    kind: 'namespace',
    command: (binary, args) => ({ file: 'unshare', args: [...words, binary, ...args] }),
    identity: owner ?? {},
    owner,
  };
}

/**
 * The first way that works: directly; under root as the folder's owner, or, where that is root, in a user
 * namespace, or, where namespaces are forbidden (most containers), as nobody. initdb wants a user that has a
 * name: one that has none (`docker run --user 1234`) is given nobody's by a namespace.
 * Throws `embedded_database_failed`.
 */
export async function findLauncher(options: LauncherOptions): Promise<Launcher> {
  const { postgres, folderOwner, uid, probe = tryCommand } = options;
  const failures: string[] = [];
  for (const launcher of await candidates(folderOwner, uid, probe)) {
    const { file, args } = launcher.command(postgres, ['--version']);
    try {
      await probe(file, args, launcher.identity);
      return launcher;
    } catch (error) {
      failures.push(`${describe(launcher)}: ${messageOf(error).trim().replaceAll('\n', ' ')}`);
    }
  }
  throw new AppError(
    'embedded_database_failed',
    `PostgreSQL can't be run (${failures.join('; ')}): start Quire as another user who can read ${postgres}, or set DATABASE_URL`,
  );
}

async function candidates(folderOwner: Owner, uid: number | undefined, probe: Probe): Promise<Launcher[]> {
  if (uid === undefined) return [direct()];
  if (uid === 0 && folderOwner.uid === 0) return [namespace(null), setuid({ uid: NOBODY, gid: NOBODY })];
  const owner = uid === 0 ? folderOwner : null;
  const plain = owner ? setuid(owner) : direct();
  return (await hasName(owner?.uid ?? uid, probe)) ? [plain] : [namespace(owner), plain];
}

async function hasName(uid: number, probe: Probe): Promise<boolean> {
  try {
    await probe('id', ['-nu', String(uid)], {});
    return true;
  } catch {
    return false;
  }
}

function describe({ kind, identity }: Launcher): string {
  const user = identity.uid === undefined ? '' : ` as uid ${identity.uid}`;
  return kind === 'namespace' ? `in a user namespace${user}` : `${kind}${user}`;
}

async function tryCommand(file: string, args: string[], identity: Launcher['identity']): Promise<void> {
  await run(file, args, { ...identity, timeout: PROBE_TIMEOUT_MS, cwd: '/' });
}
