/**
 * Runs the test suite: every dist/tests/**\/*.test.js, two files at a time, with node's own runner.
 * At the end it says which files took longest. `npm test -- papers search/cursor` runs the files whose path holds one of the words.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { projectRoot } from '../src/platform/paths.js';
import { toSources } from './source-lines.js';

const help = `npm test [-- [--json] [WORD…]]

Runs the tests whose path holds one of the words; all of them without a word.
  --json   results as one JSON-like TAP stream instead of text
  --help   this text

TEST_DATABASE_URL  administrator's URL of a PostgreSQL server over TCP; a second instance of the
                   embedded binaries takes its place when it is not set
QUIRE_TEST_REQUIRE_ALL=1  a skipped test counts as a failure (for CI)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean' }, json: { type: 'boolean' } },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const compiled = join(projectRoot, 'dist/tests');
const files = readdirSync(compiled, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  // A compiled file whose source is gone would go on being run.
  .filter(
    (file) =>
      existsSync(join(projectRoot, 'tests', file.replace(/\.js$/, '.ts'))) ||
      existsSync(join(projectRoot, 'tests', file.replace(/\.js$/, '.tsx'))),
  )
  .filter((file) => positionals.length === 0 || positionals.some((word) => file.includes(word)))
  .sort()
  .map((file) => join(compiled, file));
if (files.length === 0) {
  process.stderr.write(`test: no test file's path holds ${positionals.join(' or ')}\n`);
  process.exit(2);
}

for (const [what, missing] of [
  ['../shared', !existsSync(join(projectRoot, '../shared'))],
  ['Chromium', !['/usr/bin/chromium', '/usr/bin/google-chrome'].some((file) => existsSync(file))],
] as const) {
  if (missing)
    process.stderr.write(`\n!!! ${what} is not on this machine: the tests that need it are skipped.\n\n`);
}

const reporter = values.json ? 'tap' : 'spec';
const args = [
  '--test',
  '--test-concurrency=2',
  `--test-reporter=${reporter}`,
  '--test-reporter-destination=stdout',
  // A stream for programs stays as it is.
  ...(values.json
    ? []
    : [
        `--test-reporter=${join(projectRoot, 'dist/scripts/test-times.js')}`,
        '--test-reporter-destination=stdout',
      ]),
];
const child = spawn(process.execPath, [...args, ...files], {
  cwd: projectRoot,
  stdio: ['ignore', 'pipe', 'inherit'],
});
let tail = '';
// By lines, so that no place is cut in two.
createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (line) => {
  process.stdout.write(`${toSources(line)}\n`);
  tail = `${tail}${line}\n`.slice(-4_000);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('close', (code) => {
  const skipped = Number(/^(?:ℹ|#) skipped (\d+)$/m.exec(tail)?.[1] ?? 0);
  if (skipped > 0 && process.env['QUIRE_TEST_REQUIRE_ALL'] === '1') {
    process.stderr.write(
      `test: ${skipped} skipped, and QUIRE_TEST_REQUIRE_ALL=1 forbids it: ${relative(projectRoot, compiled)}\n`,
    );
    process.exit(1);
  }
  process.exit(code ?? 1);
});
