import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { findPostgresBinaries, makeLinks } from '../../../../src/platform/db/embedded/binaries.js';
import { findLauncher, type Launcher, NOBODY } from '../../../../src/platform/db/embedded/launcher.js';
import { startEmbeddedPostgres } from '../../../../src/platform/db/embedded/postgres.js';
import { readPidFile } from '../../../../src/platform/db/embedded/postmaster.js';
import { isAppError } from '../../../../src/platform/errors.js';
import { silentLogger } from '../../../../src/platform/log.js';
import { onServer } from '../../../support/postgres.js';
import { startChild } from '../processes.js';

const { postgres } = findPostgresBinaries();
const root = { uid: 0, gid: 0 };
const isRoot = process.getuid?.() === 0;
const onlyRoot = !isRoot && 'needs to run as root';

function works(identity: object): boolean {
  try {
    execFileSync(postgres, ['--version'], { ...identity, stdio: 'ignore', cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/** Root can only drop to another user where that user can read the checkout. */
const otherUser = onlyRoot || (!works({ uid: NOBODY, gid: NOBODY }) && `uid ${NOBODY} can't run ${postgres}`);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quire-launcher-'));
  folders.push(folder);
  return folder;
}

describe('findLauncher', () => {
  const succeed = async () => {};
  const forbidNamespaces = async (file: string) => {
    if (file === 'unshare') throw new Error('unshare failed: Operation not permitted');
  };

  it('runs the server directly for everybody but root', async () => {
    const launcher = await findLauncher({ postgres, folderOwner: root, uid: 1000, probe: succeed });
    assert.deepEqual(launcher.command('/bin/x', ['-a']), { file: '/bin/x', args: ['-a'] });
    assert.equal(launcher.kind, 'direct');
  });

  it('puts root into a user namespace', async () => {
    const launcher = await findLauncher({ postgres, folderOwner: root, uid: 0, probe: succeed });
    assert.equal(launcher.kind, 'namespace');
    assert.deepEqual(launcher.command('/bin/x', ['-a']).args.slice(-3), ['--', '/bin/x', '-a']);
    assert.deepEqual(launcher.identity, {});
  });

  it('drops root to nobody where namespaces are forbidden', async () => {
    const launcher = await findLauncher({ postgres, folderOwner: root, uid: 0, probe: forbidNamespaces });
    assert.equal(launcher.kind, 'setuid');
    assert.deepEqual(launcher.identity, { uid: NOBODY, gid: NOBODY });
  });

  it("runs the server as the owner of the folder, so that root doesn't take the files from their user", async () => {
    const owner = { uid: 1234, gid: 4321 };
    const launcher = await findLauncher({ postgres, folderOwner: owner, uid: 0, probe: succeed });
    assert.equal(launcher.kind, 'setuid');
    assert.deepEqual(launcher.identity, owner);
  });

  it('gives a user without a name that of nobody', async () => {
    const unnamed = async (file: string) => {
      if (file === 'id') throw new Error('no such user');
    };
    const own = await findLauncher({ postgres, folderOwner: root, uid: 1234, probe: unnamed });
    assert.deepEqual([own.kind, own.identity], ['namespace', {}]);
    const folderOwner = { uid: 1234, gid: 4321 };
    const other = await findLauncher({ postgres, folderOwner, uid: 0, probe: unnamed });
    assert.deepEqual([other.kind, other.identity], ['namespace', folderOwner]);
  });

  it('says in one line what was tried where nothing works', async () => {
    const probe = async (file: string) => {
      throw new Error(`${file}: not permitted\nno`);
    };
    await assert.rejects(findLauncher({ postgres, folderOwner: root, uid: 0, probe }), (error) => {
      assert.ok(isAppError(error, 'embedded_database_failed'));
      assert.match(error.message, /in a user namespace: .*; setuid as uid 65534: .*DATABASE_URL/);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
});

describe('an embedded PostgreSQL under root', () => {
  const settings = { fsync: 'off' };

  async function check(dataDir: string, launcher?: Launcher): Promise<{ uid: number; processUid: number }> {
    const server = await startEmbeddedPostgres({
      dataDir,
      log: silentLogger,
      settings,
      ...(launcher ? { launcher } : {}),
    });
    try {
      assert.deepEqual((await onServer(server.connection, 'SELECT 1 AS one')).rows, [{ one: 1 }]);
      const cluster = join(dataDir, 'postgres');
      const pid = readPidFile(cluster)?.pid ?? 0;
      return { uid: statSync(join(cluster, 'PG_VERSION')).uid, processUid: statSync(`/proc/${pid}`).uid };
    } finally {
      await server.close();
    }
  }

  it("runs below a folder that is closed to others, and its files are root's", {
    skip: onlyRoot,
  }, async () => {
    const closed = newFolder();
    chmodSync(closed, 0o700);
    assert.equal((await check(join(closed, 'data'))).uid, 0);
  });

  it('runs as nobody where namespaces are forbidden, twice', { skip: otherUser }, async () => {
    const folder = newFolder();
    chmodSync(folder, 0o755);
    const dataDir = join(folder, 'data');
    // Made in a namespace, as before this machine forbade them.
    assert.equal((await check(dataDir)).uid, 0);
    const launcher = await findLauncher({
      postgres,
      folderOwner: root,
      uid: 0,
      probe: async (file) => {
        if (file === 'unshare') throw new Error('Operation not permitted');
      },
    });
    assert.deepEqual(await check(dataDir, launcher), { uid: NOBODY, processUid: NOBODY });
    assert.equal(statSync(dataDir).mode & 0o007, 0, 'the data folder stays closed to everybody else');
    // Found out from the folder's owner, and not in a namespace that couldn't read it.
    assert.deepEqual(await check(dataDir), { uid: NOBODY, processUid: NOBODY });
  });

  for (const [name, uid] of [
    ['with a name', 1],
    ['without one', 54_321],
  ] as const) {
    it(`runs as the user ${name} whose folder it is, who can go on with it`, {
      skip: otherUser,
    }, async () => {
      const folder = newFolder();
      chmodSync(folder, 0o755);
      const owner = { uid, gid: uid };
      const dataDir = join(folder, 'data');
      mkdirSync(dataDir, { mode: 0o700 });
      chownSync(dataDir, owner.uid, owner.gid);
      assert.deepEqual(await check(dataDir), { uid: owner.uid, processUid: owner.uid });
      const child = await startChild('serve', [dataDir], owner);
      assert.equal(child.report.adopted, false);
      await child.leave();
    });
  }

  it('says so where the folder belongs to another user', { skip: otherUser }, async () => {
    const folder = newFolder();
    chmodSync(folder, 0o755);
    await assert.rejects(startChild('serve', [folder], { uid: NOBODY, gid: NOBODY }), {
      code: 'data_dir_unwritable',
    });
  });
});

describe("the links between the server's libraries", () => {
  const links = [
    { source: 'native/lib/libx.so.5.18', target: 'native/lib/libx.so.5' },
    { source: 'native/lib/libx.so.5.18', target: 'native/lib/libx.so' },
  ];
  function newPackage(): string {
    const folder = newFolder();
    mkdirSync(join(folder, 'native', 'lib'), { recursive: true });
    writeFileSync(join(folder, 'native', 'lib', 'libx.so.5.18'), 'library');
    writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
    return folder;
  }

  it('are made where the install script was not run, and left alone where they are', () => {
    const folder = newPackage();
    symlinkSync('libx.so.5.18', join(folder, 'native', 'lib', 'libx.so'));
    makeLinks(folder);
    makeLinks(folder);
    for (const { target } of links) {
      assert.equal(readlinkSync(join(folder, target)), 'libx.so.5.18');
      assert.equal(readFileSync(join(folder, target), 'utf8'), 'library');
    }
  });

  it('can lie in a folder that is read-only', { skip: otherUser }, () => {
    const folder = newPackage();
    makeLinks(folder);
    chmodSync(folder, 0o555);
    const script = `import(process.argv[1]).then(({ makeLinks }) => makeLinks(process.argv[2]))`;
    const module = join(import.meta.dirname, '../../../../src/platform/db/embedded/binaries.js');
    const identity = { uid: NOBODY, gid: NOBODY };
    const run = () =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script, module, folder], {
        ...identity,
        stdio: 'pipe',
      });
    chmodSync(folder, 0o755);
    run();
    rmSync(join(folder, 'native', 'lib', 'libx.so'));
    assert.throws(run, /lacks the link .*libx\.so.*npm rebuild/);
    assert.equal(existsSync(join(folder, 'native', 'lib', 'libx.so')), false);
  });
});
