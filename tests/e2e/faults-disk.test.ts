import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mountingCommand } from '../../scripts/campaign/small-disk.js';

const campaign = fileURLToPath(new URL('../../scripts/campaign/disk.js', import.meta.url));

/** It takes some seconds. */
const LIMIT_MS = 60_000;

const skip =
  mountingCommand() === null &&
  'SKIPPED: no small disk can be mounted here, neither as root nor in a user namespace';

it('keeps the snapshot before, and its words, whichever write of a snapshot meets a full disk', {
  skip,
}, async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [campaign, '--only', 'index', '--json', '--no-record'],
    { timeout: LIMIT_MS },
  ).catch((error: { stdout: string }) => error);
  const { index, problems } = JSON.parse(stdout);
  assert.deepEqual(problems, []);
  // Each page of a graph, its manifest, and each of the two files.
  assert.ok(index.refused > 25, `${index.refused} of ${index.saves} saves met a full disk`);
  assert.match(index.words, /no snapshot of the vector index in .*: .+/);
});
