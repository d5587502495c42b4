import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSnapshot } from '../../src/vectors/graph/snapshot.js';
import { temporaryFolder } from './vectors-fixture.js';

const child = join(import.meta.dirname, 'exit-child.js');

/** Writing the child's graph takes some 10 ms, so moments that differ by 7 fall anywhere in it. */
const moments = (count: number): number[] => Array.from({ length: count }, (_, at) => 20 + at * 7);

const cases = [
  { name: 'after close', how: 'close', delays: moments(3), code: 0 },
  { name: 'by process.exit()', how: 'exit', delays: moments(8), code: 3 },
  { name: 'by an uncaught error', how: 'throw', delays: moments(3), code: 1 },
  { name: 'after its thread has crashed', how: 'crash', delays: moments(6), code: 4 },
];

for (const { name, how, delays, code } of cases) {
  test(`a process that searches, adds and saves ends cleanly ${name}`, { timeout: 120_000 }, async (t) => {
    const left = [...delays];
    const work = async (): Promise<void> => {
      for (let delay = left.shift(); delay !== undefined; delay = left.shift()) {
        const dir = await temporaryFolder(t);
        const started = spawn(process.execPath, [child, dir, how, String(delay)], { timeout: 60_000 });
        let output = '';
        started.stderr.on('data', (chunk) => {
          output += chunk;
        });
        const ending = await once(started, 'close');
        assert.deepEqual(ending, [code, null], `${how} at ${delay} ms: ${output}`);
        const { loaded, problems } = await loadSnapshot({ dir, model: 'test@1', dimension: 256 });
        assert.deepEqual(problems, []);
        assert.ok(loaded !== null && loaded.graph.live >= 2_000);
      }
    };
    await Promise.all([work(), work()]);
  });
}
