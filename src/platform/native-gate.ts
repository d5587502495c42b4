import { writeSync } from 'node:fs';

/**
 * Keeps a process from ending in the middle of native code. Native libraries abort the whole process (signal 6)
 * when their thread is torn down during a call, and `process.exit()`, an uncaught error and `worker.terminate()`
 * tear it down. Two
 * shared words decide, Dekker's way: a worker counts itself in at RUNNING before it looks at CLOSED, an ending
 * process raises CLOSED before it looks at RUNNING, so at least one of them sees the other.
 */
const RUNNING = 0;
const CLOSED = 1;

/** A call takes under a second, a write of a large file some seconds; longer means that waiting wouldn't help. */
export const EXIT_WAIT_MS = 15_000;

/** Each with what its worker does, for people. */
const open = new Map<Int32Array, string>();
/** Gates of workers that were given up: nobody waits for them. */
const abandoned = new WeakSet<Int32Array>();

function holdExit(): void {
  for (const words of open.keys()) Atomics.store(words, CLOSED, 1);
  const until = performance.now() + EXIT_WAIT_MS;
  for (const words of open.keys()) {
    for (;;) {
      const running = Atomics.load(words, RUNNING);
      if (running === 0 || abandoned.has(words) || performance.now() >= until) break;
      Atomics.wait(words, RUNNING, running, 100);
    }
  }
  const hanging = [...open].find(([words]) => Atomics.load(words, RUNNING) > 0);
  if (hanging) endAtOnce(hanging[1]);
}

/**
 * Node.js joins every thread before it ends, and would for ever wait for one that hangs in native code, or
 * abort in one that is slow. The exit code is lost, an end that everybody waits for is worse.
 */
function endAtOnce(what: string): void {
  writeSync(2, `${what} does not return, so this process ends itself with SIGKILL.\n`);
  process.kill(process.pid, 'SIGKILL');
}

export interface Gate {
  /** For the worker. */
  buffer: SharedArrayBuffer;
  /** The worker is given up: an ending process doesn't wait for what it is at. */
  abandon(): void;
  /** The worker is gone. */
  release(): void;
}

/** Main thread: a gate to hand to a worker. `what` it does is named where it doesn't come back. */
export function openGate(what: string): Gate {
  const buffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(buffer);
  // One listener for all workers of the process: Node.js warns from the eleventh on.
  if (open.size === 0) process.on('exit', holdExit);
  open.set(words, what);
  return {
    buffer,
    abandon: () => void abandoned.add(words),
    release() {
      open.delete(words);
      if (open.size === 0) process.off('exit', holdExit);
    },
  };
}

/** This thread's gate. A thread without one, as the main thread, runs native code freely. */
let gate: Int32Array | null = null;
const underWay = new Set<Promise<unknown>>();

/** Worker: from now on its native code runs behind the gate. */
export function useGate(buffer: SharedArrayBuffer): void {
  gate = new Int32Array(buffer);
}

/** False once the process has begun to end. */
function enter(words: Int32Array): boolean {
  Atomics.add(words, RUNNING, 1);
  if (Atomics.load(words, CLOSED) === 0) return true;
  leave(words);
  return false;
}

function leave(words: Int32Array): void {
  Atomics.sub(words, RUNNING, 1);
  if (Atomics.load(words, CLOSED) === 1) Atomics.notify(words, RUNNING);
}

/** Runs native code that blocks. Once the process has begun to end it stops the thread instead of returning. */
export function runNative<T>(work: () => T): T {
  const words = gate;
  if (words === null) return work();
  // Nothing wakes it but the end of the thread; the loop is for a wait that returns all the same.
  while (!enter(words)) Atomics.wait(words, CLOSED, 1);
  try {
    return work();
  } finally {
    leave(words);
  }
}

/** Runs native code that works beside the thread. Never resolves once the process has begun to end. */
export async function runNativeBeside<T>(work: () => Promise<T>): Promise<T> {
  const words = gate;
  if (words !== null && !enter(words)) return new Promise<never>(() => {});
  let running: Promise<T> | undefined;
  try {
    running = work();
    underWay.add(running);
    return await running;
  } finally {
    if (running !== undefined) underWay.delete(running);
    if (words !== null) leave(words);
  }
}

/** Resolves when no native code works beside this thread: before that it must not end. */
export async function whenNativeIdle(): Promise<void> {
  await Promise.allSettled(underWay);
}
