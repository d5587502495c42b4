import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
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

/** Of each way to end; 200: npm run campaign:exits. A process takes 1.3 s of processor time. */
const moments = Number(process.env['QUIRE_EXIT_MOMENTS'] ?? 8);

/** Spread over the load of a second worker and over some runs of 20 to 40 ms. */
const LOAD_MS = 300;
const RUNS_MS = 140;

function endings(how: Ending['how'], count: number): Ending[] {
  return Array.from({ length: count }, (_, at) =>
    at % 4 === 0
      ? { how, phase: 'load', delay: Math.round((LOAD_MS * at) / count) }
      : { how, phase: 'run', delay: Math.round((RUNS_MS * at) / count) },
  );
}

const cases = [
  { name: `after close, at ${moments} moments`, all: endings('close', moments), code: 0 },
  {
    name: `by process.exit() in the middle of runs, at ${moments} moments`,
    all: endings('exit', moments),
    code: 3,
  },
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

// Both wait for runs to be given up.
describe('a run that hangs in native code', { concurrency: true }, () => {
  for (const how of ['close', 'exit']) {
    it(`costs its text alone, and does not hold the process's end: ${how}`, async () => {
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
});
