/**
 * Builds the image's stages in folders and runs its command there: everything of the Dockerfile that can be
 * checked without a Docker engine. It installs all dependencies anew, which takes minutes: `npm run test:image`.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { clientConfig, type DatabaseConnection } from '../../src/platform/db/connection.js';
import { projectRoot } from '../../src/platform/paths.js';
import { createTestDatabase } from '../support/postgres.js';
import {
  type Container,
  execInContainer,
  makeWritable,
  startContainer,
  unprivileged,
  until,
} from './container.js';
import { execForm, lastOf, parseDockerfile } from './dockerfile.js';
import { buildImage, type Image, removeImage } from './image-build.js';

/** Two installs on a slow network and a busy machine; 90 s were measured on two idle cores. */
const BUILD_TIMEOUT_MS = 900_000;

/** Start, migrations, and the first answer: 2 s when nothing else runs. */
const START_TIMEOUT_MS = 60_000;

/** The sample collection has to be embedded: 10 s on two idle cores. */
const READY_TIMEOUT_MS = 240_000;

/** What the service promises to need for stopping (DRAIN_TIMEOUT_S) and some seconds for a busy machine. */
const STOP_TIMEOUT_MS = 20_000;

/** Libraries in every Debian image that runs Node.js (apt and node themselves are linked to them). */
const baseLibraries =
  /^(linux-vdso|ld-linux[\w-]*|lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s|atomic|z))\.so(\.\d+)?$/;

const stages = parseDockerfile(readFileSync(join(projectRoot, 'Dockerfile'), 'utf8'));
const final = stages.at(-1)!;
const command = execForm(lastOf(final, 'CMD')!.text)!;
const healthcheck = execForm(lastOf(final, 'HEALTHCHECK')!.text.replace(/^CMD\s+/, ''))!;

describe('image', { timeout: BUILD_TIMEOUT_MS + 2 * READY_TIMEOUT_MS }, () => {
  let work: string;
  let image: Image;

  before(
    async () => {
      work = mkdtempSync(join(tmpdir(), 'quire-image-'));
      // Another user has to enter it.
      chmodSync(work, 0o755);
      const log = (line: string) => process.stdout.write(`# ${line}\n`);
      image = await buildImage(stages, { context: projectRoot, into: work, log });
      // Compose runs it with a read-only file system. Nobody can't write there in any case.
      if (unprivileged().uid === undefined) execFileSync('chmod', ['-R', 'a-w', image.root]);
    },
    { timeout: BUILD_TIMEOUT_MS },
  );

  after(async () => {
    await removeImage(work);
  });

  const inApp = (...path: string[]) => join(image.root, image.workdir, ...path);

  /** A fresh volume and /tmp. */
  function freshFolders(name: string): { DATA_DIR: string; TMPDIR: string } {
    const folders = { DATA_DIR: join(work, `${name}-data`), TMPDIR: join(work, `${name}-tmp`) };
    makeWritable(folders.DATA_DIR, folders.TMPDIR);
    return folders;
  }

  it('leaves out what only a build or a test needs', (t) => {
    for (const name of [
      'typescript',
      'prisma',
      '@biomejs/biome',
      'playwright-core',
      'fast-check',
      'onnxruntime-web',
    ])
      assert.equal(existsSync(inApp('node_modules', name)), false, name);
    for (const name of ['tests', 'scripts', 'prisma/schema.prisma', 'dist/tests', 'src/cli.ts', '.npmrc'])
      assert.equal(existsSync(inApp(name)), false, name);
    const size = (path: string) =>
      Number(execFileSync('du', ['-sm', path], { encoding: 'utf8' }).split('\t')[0]);
    t.diagnostic(
      `beyond the base image: ${size(image.root)} MB, node_modules ${size(inApp('node_modules'))} MB`,
    );
    // Some room above what was measured: a new dependency that doubles the image must not go unnoticed.
    assert.ok(size(image.root) < 300);
  });

  it('brings every library that the base image lacks', () => {
    const binaries = readdirSync(inApp('node_modules'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.node$|native\/bin\/(postgres|initdb)$/.test(path))
      .map((path) => inApp('node_modules', path))
      .filter((path) => lstatSync(path).isFile());
    assert.ok(binaries.length >= 5, `the addon, ONNX Runtime, sharp, PostgreSQL: ${binaries.join()}`);
    for (const path of binaries) {
      const lines = execFileSync('ldd', [path], { encoding: 'utf8' }).trim().split('\n');
      const missing = lines
        .map((line) => /^\s*(\S+)(?: => (.+?))?(?: \(0x[0-9a-f]+\))?$/.exec(line))
        .filter((match) => !match?.[2]?.startsWith(image.root))
        .map((match) => match?.[1]?.split('/').at(-1) ?? '')
        .filter((name) => !baseLibraries.test(name));
      assert.deepEqual(missing, [], path);
    }
  });

  it('has the command `quire`', () => {
    const quire = join(image.root, 'usr/local/bin/quire');
    assert.equal(readlinkSync(quire), inApp('dist/src/cli.js'));
    const { version } = JSON.parse(readFileSync(inApp('package.json'), 'utf8')) as { version: string };
    assert.deepEqual(execInContainer(image, [quire, '--version'], {}), { code: 0, output: `${version}\n` });
  });

  it('serves with a PostgreSQL server, and stops at SIGTERM', { timeout: READY_TIMEOUT_MS }, async () => {
    const database = await createTestDatabase('tcp', { migrated: false });
    try {
      const env = { ...freshFolders('server'), PORT: '0', DATABASE_URL: urlOf(database.connection) };
      const container = await startContainer(image, { command, env, timeoutMs: START_TIMEOUT_MS });
      try {
        await checkService(container, READY_TIMEOUT_MS - START_TIMEOUT_MS);
        assert.deepEqual(openedIn(container, projectRoot), [], 'files of the checkout');
        const health = { ...env, PORT: String(container.port) };
        assert.deepEqual(execInContainer(image, healthcheck, health), { code: 0, output: '' });
        assert.deepEqual(await container.stop('SIGTERM', STOP_TIMEOUT_MS), { code: 0, signal: null });
        assert.equal(execInContainer(image, healthcheck, health).code, 1);
      } finally {
        await container.stop('SIGTERM', STOP_TIMEOUT_MS);
      }
    } finally {
      await database.drop();
    }
  });

  it('serves with the embedded PostgreSQL, and stops at SIGTERM', { timeout: READY_TIMEOUT_MS }, async () => {
    const env = { ...freshFolders('embedded'), PORT: '0', SAMPLE: 'off' };
    const container = await startContainer(image, { command, env, timeoutMs: START_TIMEOUT_MS });
    try {
      await waitFor(container, '/readyz', READY_TIMEOUT_MS - START_TIMEOUT_MS);
      const pidFile = join(env.DATA_DIR, 'postgres', 'postmaster.pid');
      assert.ok(existsSync(pidFile));
      assert.deepEqual(await container.stop('SIGTERM', STOP_TIMEOUT_MS), { code: 0, signal: null });
      assert.equal(existsSync(pidFile), false, 'the database is stopped');
    } finally {
      await container.stop('SIGTERM', STOP_TIMEOUT_MS);
    }
  });
});

/** Alive at once, ready in the end; the pages, their style sheet, the API and its description are there. */
async function checkService(container: Container, timeoutMs: number): Promise<void> {
  assert.equal((await get(container, '/livez')).status, 200);
  await waitFor(container, '/readyz', timeoutMs);
  const search = await get(container, '/api/v1/search?q=attention+in+neural+networks&limit=3');
  assert.equal(search.status, 200);
  const { items } = (await search.json()) as { items: unknown[] };
  assert.equal(items.length, 3);
  const page = await get(container, '/?q=attention');
  assert.equal(page.status, 200);
  const styles = /<link[^>]+href="([^"]+\.css[^"]*)"/.exec(await page.text())?.[1];
  assert.ok(styles);
  for (const path of [styles, '/openapi.json', '/docs/']) {
    assert.equal((await get(container, path)).status, 200, path);
  }
}

async function waitFor(container: Container, path: string, timeoutMs: number): Promise<void> {
  await until(timeoutMs, `${path} to answer 200`, async () => {
    const { status } = await get(container, path);
    return status === 200 ? status : null;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${container.output()}`);
  });
}

function get(container: Container, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${container.port}${path}`, { signal: AbortSignal.timeout(30_000) });
}

/** Files below the folder that the process has open or mapped (Linux; else nothing can be seen). */
function openedIn(container: Container, folder: string): string[] {
  const proc = `/proc/${container.process.pid}`;
  if (!existsSync(`${proc}/maps`)) return [];
  const mapped = readFileSync(`${proc}/maps`, 'utf8').split('\n');
  const open = readdirSync(`${proc}/fd`).map((fd) => {
    try {
      return readlinkSync(`${proc}/fd/${fd}`);
    } catch {
      return ''; // Closed since.
    }
  });
  return [...mapped, ...open].filter((line) => line.includes(`${folder}/`));
}

function urlOf(connection: DatabaseConnection): string {
  if (typeof connection === 'string') return connection;
  const { host, port, user, password, database } = new pg.Client(clientConfig(connection));
  const url = new URL(`postgresql://${host}:${port}/${encodeURIComponent(database ?? '')}`);
  url.username = encodeURIComponent(user ?? '');
  url.password = encodeURIComponent(String(password ?? ''));
  return url.href;
}
