import type { Clock } from './clock.js';
import { AppError } from './errors.js';
import { untilAborted } from './until-aborted.js';

/** Calls that wait for one host; whoever sends more has no plan. */
const MAX_WAITING = 1_000;
/** Redirects can name any host: those that nobody waits for are forgotten beyond this. */
const MAX_HOSTS = 1_000;

export interface HostTurnsDeps {
  clock: Clock;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Between the end of one request and the next. */
  intervalMs(host: string): number;
}

interface Host {
  /** Settles when the last of those that wait has had its turn. */
  tail: Promise<void>;
  waiting: number;
  /** Milliseconds since 1970 before which nothing is asked. */
  nextAt: number;
}

export interface Turn {
  /** Nothing is asked of the host for so long from now on. */
  hold(ms: number): void;
}

export type TurnOutcome<T> =
  | { kind: 'had'; value: T }
  /** Its turn would not come by then. */
  | { kind: 'held'; until: number; why: string };

/** One request at a time a host, with an interval between two, in the order of asking. */
export function createHostTurns({ clock, sleep, intervalMs }: HostTurnsDeps) {
  const hosts = new Map<string, Host>();
  const now = () => clock.now().getTime();

  function hostOf(name: string): Host {
    const known = hosts.get(name);
    if (known) return known;
    if (hosts.size >= MAX_HOSTS)
      for (const [other, { waiting, nextAt }] of hosts)
        if (waiting === 0 && nextAt <= now()) hosts.delete(other);
    const host = { tail: Promise.resolve(), waiting: 0, nextAt: 0 };
    hosts.set(name, host);
    return host;
  }

  /**
   * Runs `work` when it is its turn; `until` is the last moment (milliseconds since 1970) at which it may begin.
   * @throws AppError cancelled by `signal` while it waits, and what `work` throws
   */
  async function take<T>(
    name: string,
    { until, signal }: { until: number; signal?: AbortSignal | undefined },
    work: (turn: Turn) => Promise<T>,
  ): Promise<TurnOutcome<T>> {
    const host = hostOf(name);
    if (host.waiting >= MAX_WAITING)
      return { kind: 'held', until: now(), why: `${MAX_WAITING} requests wait for ${name} already` };
    host.waiting += 1;
    const previous = host.tail;
    let release = (): void => undefined;
    const own = new Promise<void>((resolve) => {
      release = resolve;
    });
    host.tail = previous.then(() => own);
    try {
      await untilAborted(previous, signal, cancelled);
      const wait = host.nextAt - now();
      if (now() > until || host.nextAt > until)
        return {
          kind: 'held',
          until: Math.max(host.nextAt, now()),
          why: `${name} wants to be left alone for now`,
        };
      if (wait > 0) await untilAborted(sleep(wait, signal), signal, cancelled);
      try {
        const hold = (ms: number): void => {
          host.nextAt = Math.max(host.nextAt, now() + ms);
        };
        return { kind: 'had', value: await work({ hold }) };
      } finally {
        host.nextAt = Math.max(host.nextAt, now() + intervalMs(name));
      }
    } finally {
      host.waiting -= 1;
      release();
    }
  }

  return { take };
}

const cancelled = (cause: unknown): AppError =>
  new AppError('cancelled', 'the request was cancelled', { cause });
