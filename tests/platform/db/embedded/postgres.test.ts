import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import pg from 'pg';
import { clientConfig } from '../../../../src/platform/db/connection.js';
import { findPostgresBinaries } from '../../../../src/platform/db/embedded/binaries.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../../src/platform/db/embedded/postgres.js';
import { LOG_SIZE_LIMIT, readPidFile } from '../../../../src/platform/db/embedded/postmaster.js';
import { isAppError } from '../../../../src/platform/errors.js';
import { silentLogger } from '../../../../src/platform/log.js';
import { onServer } from '../../../support/postgres.js';
import { startChild, until } from '../processes.js';

const log = silentLogger;
const settings = { fsync: 'off' };

/** A data folder with a fresh cluster in it: copying one is ten times faster than making one. */
let template: string;
const folders: string[] = [];
const servers: EmbeddedPostgres[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quire-embedded-'));
  folders.push(folder);
  return folder;
}

function newCluster(): string {
  const dataDir = join(newFolder(), 'data');
  cpSync(template, dataDir, { recursive: true });
  return dataDir;
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log, settings });
  servers.push(server);
  return server;
}

function serverPid(dataDir: string): number | undefined {
  return readPidFile(join(dataDir, 'postgres'))?.pid;
}

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

before(async () => {
  template = join(mkdtempSync(join(tmpdir(), 'quire-embedded-')), 'data');
  const server = await startEmbeddedPostgres({ dataDir: template, log, settings });
  await server.close();
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  for (const folder of folders.splice(0)) {
    // A server that a failed test left behind; its folder is about to go.
    const pid = serverPid(join(folder, 'data'));
    if (isRunning(pid) && pid !== undefined && pid !== process.pid) process.kill(pid, 'SIGQUIT');
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
});

after(() => rmSync(join(template, '..'), { recursive: true, force: true }));

describe('an embedded PostgreSQL', () => {
  it('makes its folder, answers, stops and leaves nothing running', async () => {
    const dataDir = join(newFolder(), 'not', 'yet', 'there');
    const server = await start(dataDir);
    assert.equal(server.adopted, false);
    const { rows } = await onServer(
      server.connection,
      `SELECT current_setting('server_encoding') AS encoding, current_setting('data_checksums') AS checksums,
        current_setting('listen_addresses') AS tcp, lower('ÅΩ') AS lower`,
    );
    assert.deepEqual(rows, [{ encoding: 'UTF8', checksums: 'on', tcp: '', lower: 'åω' }]);
    assert.equal(statSync(dataDir).mode & 0o777, 0o700);
    assert.equal(statSync(server.connection.host).mode & 0o777, 0o700);
    const pid = serverPid(dataDir);
    await server.close();
    await until(() => !isRunning(pid), 'the end of the server process');
    assert.equal(serverPid(dataDir), undefined);
    assert.equal(existsSync(server.connection.host), false, "the socket's folder is gone");
  });

  it('keeps what was written, and can be reached by its URL', async () => {
    const dataDir = newCluster();
    const first = await start(dataDir);
    await onServer(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.close();
    const second = await start(dataDir);
    const { rows } = await onServer(second.connection, 'SELECT n FROM kept');
    assert.deepEqual(rows, [{ n: 7 }]);
  });

  it('adopts the server of a process that was killed, with its data', async () => {
    const dataDir = newCluster();
    const owner = await startChild('serve', [dataDir]);
    const { socket: host, port } = owner.report;
    await onServer({ host, port, database: 'quire', user: 'quire' }, 'CREATE TABLE kept AS SELECT 8 AS n');
    const pid = serverPid(dataDir);
    await owner.kill();
    const server = await start(dataDir);
    assert.equal(server.adopted, true);
    assert.equal(serverPid(dataDir), pid);
    const { rows } = await onServer(server.connection, 'SELECT n FROM kept');
    assert.deepEqual(rows, [{ n: 8 }]);
    await server.close();
    await until(() => !isRunning(pid), 'the end of the adopted server');
  });

  it('is made and started once by four processes at the same moment, and stopped by the last', async () => {
    const dataDir = join(newFolder(), 'data');
    const children = await Promise.all([1, 2, 3, 4].map(() => startChild('serve', [dataDir])));
    assert.equal(children.filter(({ report }) => !report.adopted).length, 1);
    const pid = serverPid(dataDir);
    const [last, ...others] = children;
    for (const child of others) await child.leave();
    assert.equal(isRunning(pid), true, 'up while one process uses it');
    await last?.leave();
    await until(() => !isRunning(pid), 'the end of the server');
  });

  it('answers a process that starts while the last one leaves', async () => {
    const dataDir = newCluster();
    let current = await start(dataDir);
    for (let round = 0; round < 8; round += 1) {
      // Both orders, and every distance between the two that the machine comes up with.
      const [next] = await Promise.all(
        round % 2 === 0
          ? [start(dataDir), current.close()]
          : [start(dataDir), setImmediateThen(() => current.close())],
      );
      const { rows } = await onServer(next.connection, 'SELECT 1 AS one');
      assert.deepEqual(rows, [{ one: 1 }]);
      current = next;
    }
  });

  it('stays up while somebody else is connected', async () => {
    const dataDir = newCluster();
    const server = await start(dataDir);
    const client = new pg.Client(clientConfig(server.connection));
    await client.connect();
    const pid = serverPid(dataDir);
    await server.close();
    assert.equal(isRunning(pid), true);
    assert.equal((await client.query('SELECT 1 AS one')).rows[0]?.one, 1);
    await client.end();
    const again = await start(dataDir);
    assert.equal(again.adopted, true);
    await again.close();
    await until(() => !isRunning(pid), 'the end of the server');
  });

  it('comes back when it is killed while in use', async () => {
    const dataDir = newCluster();
    const server = await start(dataDir);
    await onServer(server.connection, 'CREATE TABLE kept AS SELECT 9 AS n');
    const pid = serverPid(dataDir);
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await until(
      () => serverPid(dataDir) !== pid && serverPid(dataDir) !== undefined,
      'another server process',
    );
    await until(
      () =>
        onServer(server.connection, 'SELECT n FROM kept').then(
          ({ rows }) => rows[0]?.n === 9,
          () => false,
        ),
      'an answer of the other server',
    );
    await server.close();
    await until(() => serverPid(dataDir) === undefined, 'the end of the other server');
  });

  it('has its socket elsewhere where the path of the folder is long', async () => {
    const deep = join(newFolder(), 'd'.repeat(100), 'e'.repeat(100));
    mkdirSync(deep, { recursive: true });
    const dataDir = join(deep, 'data');
    cpSync(template, dataDir, { recursive: true });
    const server = await start(dataDir);
    const socket = join(server.connection.host, `.s.PGSQL.${server.connection.port}`);
    assert.ok(Buffer.byteLength(socket) <= 107, socket);
    assert.equal(statSync(server.connection.host).mode & 0o777, 0o700);
    const other = await start(dataDir);
    assert.equal(other.adopted, true);
    await server.close();
    await other.close();
    assert.equal(existsSync(server.connection.host), false);
  });

  it("takes no other process for its server when a stale pid file names that process's number", async () => {
    const dataDir = newCluster();
    // Not this process: PostgreSQL itself passes over its parent.
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 120_000)'], { stdio: 'ignore' });
    try {
      const cluster = join(dataDir, 'postgres');
      const socket = join(dataDir, 'run');
      const lines = [other.pid, cluster, 1_700_000_000, 5432, socket, '', '1 2', 'ready', ''];
      writeFileSync(join(cluster, 'postmaster.pid'), lines.join('\n'));
      const server = await start(dataDir);
      assert.equal(server.adopted, false);
      assert.notEqual(serverPid(dataDir), other.pid);
      assert.deepEqual((await onServer(server.connection, 'SELECT 1 AS one')).rows, [{ one: 1 }]);
      assert.equal(other.exitCode, null, 'the other process was left alone');
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('clears away what a process left that died while making a cluster, and not what another is making', async () => {
    const dataDir = join(newFolder(), 'data');
    const [old, young] = ['old', 'young'].map((name) => join(dataDir, `postgres-init-${name}`));
    assert.ok(old && young);
    for (const path of [old, young]) mkdirSync(join(path, 'base'), { recursive: true });
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(old, hourAgo, hourAgo);
    await start(dataDir);
    assert.deepEqual([existsSync(old), existsSync(young)], [false, true]);
  });

  it('is not hit by a signal to the terminal of its process', {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, async () => {
    const dataDir = newCluster();
    await start(dataDir);
    const session = (pid: number | string) =>
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
    assert.notEqual(session(serverPid(dataDir) ?? 0), session('self'));
  });

  it('begins its log anew when it has grown', async () => {
    const dataDir = newCluster();
    const file = join(dataDir, 'postgres.log');
    writeFileSync(file, Buffer.alloc(LOG_SIZE_LIMIT + 1, 'x'));
    await start(dataDir);
    const size = statSync(file).size;
    assert.ok(size > 0 && size < 100_000, String(size));
  });
});

describe('a data folder that can not be used', () => {
  const refused = (dataDir: string, code: string, words: RegExp) =>
    assert.rejects(start(dataDir), (error) => {
      assert.ok(isAppError(error), String(error));
      assert.equal(error.code, code);
      assert.match(error.message, words);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });

  it('is of another PostgreSQL version', async () => {
    const { major } = findPostgresBinaries();
    for (const version of [major - 1, major + 1]) {
      const dataDir = newCluster();
      writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), `${version}\n`);
      await refused(dataDir, 'data_dir_newer', new RegExp(`PostgreSQL ${version}.*PostgreSQL ${major}`));
    }
  });

  // Root may write everywhere; the tests under root have a case of their own.
  if (process.getuid?.() !== 0) {
    it('is read-only', async () => {
      const dataDir = newFolder();
      chmodSync(dataDir, 0o500);
      await refused(dataDir, 'data_dir_unwritable', /can't be written/);
    });
  }

  it('lies below a file', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    await refused(join(file, 'data'), 'data_dir_unwritable', /file.data can't be written/);
  });

  it('holds something else where the database goes', async () => {
    const dataDir = join(newFolder(), 'data');
    mkdirSync(join(dataDir, 'postgres', 'photos'), { recursive: true });
    await refused(dataDir, 'data_dir_invalid', /isn't a PostgreSQL data folder/);
  });

  it("holds a database that can't be opened: the reason is in the message", async () => {
    const dataDir = newCluster();
    rmSync(join(dataDir, 'postgres', 'global', 'pg_control'));
    await refused(dataDir, 'embedded_database_failed', /could not find the database system.*pg_control/);
  });
});

async function setImmediateThen(work: () => Promise<void>): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await work();
}
