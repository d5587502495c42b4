import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach } from 'node:test';
import type { ErrorReport, LockReport, MigrateReport, ServeReport } from './child.js';

interface Reports {
  serve: ServeReport;
  migrate: MigrateReport;
  lock: LockReport;
}

export interface Child<R> {
  process: ChildProcess;
  /** What it said first. */
  report: R;
  /** Tells it to leave in order, and waits for its end. */
  leave(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts tests/platform/db/child.ts in a role and waits for its report. Throws what it reports as an error. */
export async function startChild<R extends keyof Reports>(
  role: R,
  args: string[],
  options: ForkOptions = {},
): Promise<Child<Reports[R]>> {
  const child = forkChild(role, args, options);
  const exit = once(child, 'exit');
  const message = await Promise.race([
    once(child, 'message').then(([first]: (Reports[R] | ErrorReport)[]) => first),
    exit.then(([code, signal]) => ({ code: 'exit', message: `it ended early: ${code ?? signal}` })),
  ]);
  if (message === undefined) throw new Error('no report');
  if ('code' in message) {
    throw Object.assign(new Error(message.message), { code: message.code });
  }
  return {
    process: child,
    report: message,
    async leave() {
      // One that has ended by itself can't be told any more.
      if (child.connected) child.send('leave', () => {});
      await exit;
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

const running = new Set<ChildProcess>();

// Those that a failed test left behind: they would keep the file from ending.
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** The same without waiting for its report. */
export function forkChild(role: keyof Reports, args: string[], options: ForkOptions = {}): ChildProcess {
  // The test runner's own options are not the child's.
  const child = fork(join(import.meta.dirname, 'child.js'), [role, ...args], { execArgv: [], ...options });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Waits until `condition` holds; `what` names it where it doesn't within the bound. */
export async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited 20 s for this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
