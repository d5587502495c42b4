import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks; each counts every paper once the service is ready. */
export const POLL_MS = 50;
/** … and while a graph is built, from which looking takes time. */
export const SLOW_POLL_MS = 1_000;

const LIMIT_MS = 10 * 60_000;

/** What a bench reads of `/readyz`. */
export interface ReadyState {
  ready: boolean;
  papers: number;
  searchable: number;
  embedding: { embedded: number };
  index: { kind: string };
}

export async function stateOf(url: string): Promise<ReadyState> {
  return (await (await fetch(`${url}/readyz`)).json()) as ReadyState;
}

export interface Expectation {
  /** What is waited for, for the error. */
  what: string;
  holds: (state: ReadyState) => boolean;
  pollMs?: number;
}

/** Waits until a service's `/readyz` says so. */
export async function until(url: string, { what, holds, pollMs = POLL_MS }: Expectation): Promise<void> {
  const started = performance.now();
  for (;;) {
    if (holds(await stateOf(url))) return;
    if (performance.now() - started > LIMIT_MS) throw new Error(`${what}: not within ${LIMIT_MS / 1_000} s`);
    await sleep(pollMs);
  }
}
