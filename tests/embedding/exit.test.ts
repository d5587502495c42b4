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
