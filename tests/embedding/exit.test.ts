import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('./exit-child.js', import.meta.url));

interface Ending {
  how: 'close' | 'exit' | 'throw';
  phase: 'load' | 'run';
  delay: number;
}

async function endingOf({
  how,
  phase,
  delay,
}: Ending): Promise<{ code: unknown; signal: unknown; output: string }> {
  const process = spawn(globalThis.process.execPath, [child, how, phase, String(delay)], { timeout: 60_000 });
  let output = '';
  process.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const [code, signal] = await once(process, 'close');
  return { code, signal, output };
}

/** Moments that differ by 7 ms, so that they fall anywhere in runs of 20 to 40 ms. */
function endings(how: Ending['how'], count: number): Ending[] {
  return Array.from({ length: count }, (_, at) =>
    at % 4 === 0 ? { how, phase: 'load', delay: at * 15 } : { how, phase: 'run', delay: at * 7 },
  );
}

const cases = [
  { name: 'after close, at 20 moments', all: endings('close', 20), code: 0 },
  { name: 'by process.exit() in the middle of runs, at 8 moments', all: endings('exit', 8), code: 3 },
  { name: 'by an uncaught error in the middle of a run', all: endings('throw', 2), code: 1 },
];

for (const { name, all, code } of cases) {
  it(`a process ends cleanly ${name}`, async () => {
    const left = [...all];
    const work = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const ending = await endingOf(next);
        const { output } = ending;
        assert.deepEqual(ending, { code, signal: null, output }, `${JSON.stringify(next)}: ${output}`);
      }
    };
    await Promise.all([work(), work()]);
  });
}

const hangChild = fileURLToPath(new URL('./hang-child.js', import.meta.url));

for (const how of ['close', 'exit']) {
  it(`a run that hangs in native code costs its text alone, and does not hold the process's end: ${how}`, async () => {
    // A group of its own, so that what the hanging thread has started goes with it.
    const process = spawn(globalThis.process.execPath, [hangChild, how], { detached: true });
    const timeout = setTimeout(() => process.kill('SIGKILL'), 60_000);
    try {
      let output = '';
      let errors = '';
      process.stdout.on('data', (chunk) => {
        output += chunk;
      });
      process.stderr.on('data', (chunk) => {
        errors += chunk;
      });
      const [, signal] = await once(process, 'exit');
      const hung = 'the worker died on it 2 times, in the end because: it did not come back within 1.5 s';
      assert.deepEqual(JSON.parse(output), [['good', hung, 'good'], 2, 2]);
      assert.equal(signal, 'SIGKILL');
      assert.match(errors, /An embedding run does not return, so this process ends itself/);
    } finally {
      clearTimeout(timeout);
      globalThis.process.kill(-process.pid!, 'SIGKILL');
    }
  });
}
