/**
 * `npm run campaign:disk`: a full disk under every write of a snapshot, and under the embedded database while
 * papers come in and vectors are stored. Nothing acknowledged may be lost, every error has words, and with room
 * again everything goes on without a restart.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recordResult } from '../bench/results.js';
import { runDatabaseDisk } from './disk-database.js';
import { runIndexDisk } from './disk-index.js';
import { mountingCommand } from './small-disk.js';

const PARTS = ['index', 'database'] as const;

/** Set in the process that may mount. */
const MOUNTING = 'CAMPAIGN_MAY_MOUNT';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    'no-record': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Runs this very program where it may mount. */
async function runMounting(): Promise<void> {
  const command = mountingCommand();
  if (command === null) {
    process.stderr.write(
      'SKIPPED: a small disk can be mounted on this machine neither as root nor in a user namespace.\n',
    );
    process.exitCode = 1;
    return;
  }
  const [file, ...args] = command;
  const own = [
    process.execPath,
    '--enable-source-maps',
    fileURLToPath(import.meta.url),
    ...process.argv.slice(2),
  ];
  const child = spawn(file!, [...args, ...own], {
    stdio: 'inherit',
    env: { ...process.env, [MOUNTING]: '1' },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}

async function runParts(): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'quire-disk-'));
  const isWanted = (part: (typeof PARTS)[number]): boolean => (values.only ?? part) === part;
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  try {
    const index = isWanted('index') ? await runIndexDisk(root) : null;
    const database = isWanted('database') ? await runDatabaseDisk(root, log) : null;
    const problems = [...(index?.problems ?? []), ...(database?.problems ?? [])];
    const result = { ...(index && { index }), ...(database && { database }), problems };
    if (!values['no-record']) await recordResult('campaign:disk', result);
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else process.stdout.write(`${JSON.stringify(result, null, 2)}\n${problems.length} problems\n`);
    if (problems.length > 0) process.exitCode = 1;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

if (values.help)
  process.stdout.write(
    `npm run campaign:disk -- [--only ${PARTS.join('|')}] [--json] [--no-record]\n\nFills small disks under the index and the database. Exit code 1 when something was lost or didn’t go on.\n`,
  );
else if (process.env[MOUNTING] === undefined) await runMounting();
else await runParts();
