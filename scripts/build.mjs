// Builds what changed: the Prisma client when the schema did, then everything else (tsc is incremental and
// takes half a second). Plain JavaScript, because it runs before there is a build.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const client = join(root, 'src/platform/db/generated/client.ts');
const schema = join(root, 'prisma/schema.prisma');

if (!existsSync(join(root, 'node_modules/typescript'))) {
  console.error('quire: the dependencies are missing: run `npm ci` first.');
  process.exit(1);
}

function run(file, args) {
  const { status, error } = spawnSync(process.execPath, [join(root, 'node_modules', file), ...args], {
    cwd: root,
    // Nobody reads the generator's greetings; its errors go to standard error.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' },
  });
  if (error) throw error;
  return status;
}

if (!existsSync(client) || statSync(client).mtimeMs < statSync(schema).mtimeMs) {
  if (run('prisma/build/index.js', ['generate']) !== 0) {
    console.error('quire: `prisma generate` failed.');
    process.exit(1);
  }
}
const { status } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--pretty'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);
chmodSync(join(root, 'dist/src/cli.js'), 0o755);
