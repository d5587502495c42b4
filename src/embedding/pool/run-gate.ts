import { writeSync } from 'node:fs';

/**
 * Keeps a process from ending in the middle of native code. ONNX Runtime aborts the whole process (signal
 * 6) when its thread is torn down during a run, and `process.exit()`, an uncaught error and
 * `worker.terminate()` all tear it down. Two shared words decide, Dekker's way: a worker raises RUNNING
 * before it looks at CLOSED, an ending process raises CLOSED before it looks at RUNNING, so at least one
 * of them sees the other.
 */
const RUNNING = 0;
const CLOSED = 1;

/** A run takes under a second, a load under two; longer means that waiting wouldn't help. */
export const EXIT_WAIT_MS = 5_000;

const open = new Set<Int32Array>();
/** Gates of workers that were given up: nobody waits for them. */
const abandoned = new WeakSet<Int32Array>();

const isRunning = (words: Int32Array): boolean => Atomics.load(words, RUNNING) === 1;

function holdExit(): void {
  for (const words of open) Atomics.store(words, CLOSED, 1);
  const until = performance.now() + EXIT_WAIT_MS;
  for (const words of open) {
    while (isRunning(words) && !abandoned.has(words) && performance.now() < until) {
      Atomics.wait(words, RUNNING, 1, 100);
    }
  }
  if ([...open].some(isRunning)) endAtOnce();
}

/**
 * Node.js joins every thread before it ends, and would for ever wait for one that hangs in native code, or
 * abort in one that is slow. The exit code is lost, an end that everybody waits for is worse.
 */
function endAtOnce(): void {
  writeSync(2, 'An embedding run does not return, so this process ends itself with SIGKILL.\n');
  process.kill(process.pid, 'SIGKILL');
}

export interface Gate {
  /** For the worker. */
  buffer: SharedArrayBuffer;
  /** The worker is given up: an ending process doesn't wait for its run. */
  abandon(): void;
  /** The worker is gone. */
  release(): void;
}

/** Main thread: a gate to hand to a worker. */
export function openGate(): Gate {
  const buffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(buffer);
  // One listener for all workers of the process: Node.js warns from the eleventh on.
  if (open.size === 0) process.on('exit', holdExit);
  open.add(words);
  return {
    buffer,
    abandon: () => void abandoned.add(words),
    release() {
      open.delete(words);
      if (open.size === 0) process.off('exit', holdExit);
    },
  };
}

function leave(words: Int32Array): void {
  Atomics.store(words, RUNNING, 0);
  Atomics.notify(words, RUNNING);
}

/** Worker: runs native code behind the gate; never returns once the process has begun to end. */
export async function passGate<T>(words: Int32Array, run: () => Promise<T>): Promise<T> {
  Atomics.store(words, RUNNING, 1);
  if (Atomics.load(words, CLOSED) === 1) {
    leave(words);
    return new Promise<never>(() => {});
  }
  try {
    return await run();
  } finally {
    leave(words);
  }
}
