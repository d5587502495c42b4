// Builds what is missing or changed: the addon of the vector index, the Prisma client, and the TypeScript
// (incremental, half a second). Plain JavaScript, because it runs before there is a build; called by
// `npm start`, `npm test` and bin/quire.mjs, so that a pulled change is never run stale.
//
// No package's install script runs (.npmrc: ignore-scripts): some of them download, and the addon's would
// fetch Node's headers from nodejs.org. It is compiled here against the headers of node-api-headers.
//
//   node scripts/build.mjs             what is missing or changed
//   node scripts/build.mjs --addon     the addon anew and nothing else, for other CXXFLAGS
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');

function fail(message) {
  console.error(`quire: ${message}`);
  process.exit(1);
}

/** Runs a program with its errors shown; its greetings go nowhere. */
function run(command, args, stdout = 'ignore', stderr = 'inherit') {
  const env = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', stdout, stderr], env });
}

function buildAddon() {
  const addon = join(modules, 'hnswlib-node');
  const folder = join(addon, 'build/Release');
  const file = join(folder, 'addon.node');
  if (existsSync(file) && !process.argv.includes('--addon')) return;
  const compiler = process.env.CXX || 'c++';
  console.error(`quire: compiling the vector index with ${compiler} (once, some ten seconds)`);
  const unfinished = `${file}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const { error, status } = run(compiler, [
    ...[
      '-O3',
      '-std=c++17',
      '-fPIC',
      '-shared',
      '-fvisibility=hidden',
      '-DNDEBUG',
      '-DNAPI_DISABLE_CPP_EXCEPTIONS',
    ],
    ...['-DNODE_GYP_MODULE_NAME=addon', '-DBUILDING_NODE_EXTENSION'],
    ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : ['-pthread']),
    ...(process.env.CXXFLAGS ?? '').split(/\s+/).filter(Boolean),
    `-I${join(modules, 'node-api-headers/include')}`,
    `-I${join(modules, 'node-addon-api')}`,
    ...['-o', unfinished, join(addon, 'src/addon.cc')],
  ]);
  if (error?.code === 'ENOENT') {
    fail(
      `there is no C++ compiler (${compiler}): install one (Debian: g++, macOS: xcode-select --install), or set CXX.`,
    );
  }
  if (error || status !== 0) {
    rmSync(unfinished, { force: true });
    fail('the vector index could not be compiled; the compiler says why above.');
  }
  renameSync(unfinished, file);
  // For `quire doctor`: the addon itself doesn't tell.
  writeFileSync(join(folder, 'CXXFLAGS'), `${process.env.CXXFLAGS ?? ''}\n`);
}

const client = join(root, 'src/platform/db/generated/client.ts');

/** Whether all of the TypeScript is to be compiled, which would go on for long without a word. */
function isFresh() {
  if (process.argv.includes('--addon') || !existsSync(join(modules, 'typescript'))) return false;
  return !existsSync(join(root, 'dist/src/cli.js')) || !existsSync(client);
}

function generateClient() {
  const schema = join(root, 'prisma/schema.prisma');
  if (existsSync(client) && statSync(client).mtimeMs >= statSync(schema).mtimeMs) return;
  const { status, stderr } = run(
    process.execPath,
    [join(modules, 'prisma/build/index.js'), 'generate'],
    'ignore',
    'pipe',
  );
  if (status !== 0) fail(`\`prisma generate\` failed.\n${stderr}`);
}

function compile() {
  const { status } = run(process.execPath, [join(modules, 'typescript/bin/tsc'), '--pretty'], 'inherit');
  if (status !== 0) process.exit(1);
  chmodSync(join(root, 'dist/src/cli.js'), 0o755);
}

if (!existsSync(join(modules, 'hnswlib-node'))) fail('the dependencies are missing: run `npm ci` first.');
if (isFresh()) console.error('quire: building (once, some 30 seconds)');
buildAddon();
if (process.argv.includes('--addon')) {
  process.exit(0);
} else if (existsSync(join(modules, 'typescript'))) {
  generateClient();
  compile();
} else if (!existsSync(join(root, 'dist/src/cli.js'))) {
  fail('nothing is built, and the development dependencies are missing: run `npm ci` first.');
}
