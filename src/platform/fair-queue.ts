import { AppError } from './errors.js';

export interface FairQueueOptions {
  /** Under way at once, of all visitors. */
  atOnce: number;
  /** Waiting, of all and of one visitor; who comes beyond is refused at once. */
  maxWaiting: number;
  maxOfOne: number;
  /** Who has waited so long is refused. */
  maxWaitMs: number;
  /** What is refused: `Other previews are being made`. */
  busy: string;
}

interface Waiter {
  visitor: string;
  start: () => void;
}

/** Seconds after which somebody who was refused may try again. */
const RETRY_AFTER = 5;

/**
 * For work that anybody may ask for and that takes long: one of a visitor is under way at a time, and who waits gets on in the order of
 * coming. So a visitor who asks without end takes one of the places, and the others wait for theirs alone.
 */
export function createFairQueue({ atOnce, maxWaiting, maxOfOne, maxWaitMs, busy }: FairQueueOptions) {
  const underWay = new Set<string>();
  const waiting: Waiter[] = [];
  const overloaded = () =>
    new AppError('overloaded', `${busy}: try again soon.`, { retryAfter: RETRY_AFTER });

  const mayStart = (visitor: string): boolean => underWay.size < atOnce && !underWay.has(visitor);

  function enter(visitor: string, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(cancelled());
    // Whoever waits either waits for his own or for a place: nobody is passed over.
    if (mayStart(visitor)) {
      underWay.add(visitor);
      return Promise.resolve();
    }
    const own = waiting.filter((one) => one.visitor === visitor).length;
    if (waiting.length >= maxWaiting || own >= maxOfOne) return Promise.reject(overloaded());
    return new Promise((resolve, reject) => {
      const waiter = { visitor, start: () => end(resolve) };
      const giveUp = () => end(() => reject(overloaded()));
      const goAway = () => end(() => reject(cancelled()));
      const timer = setTimeout(giveUp, maxWaitMs);
      signal?.addEventListener('abort', goAway, { once: true });
      waiting.push(waiter);
      function end(settle: () => void): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', goAway);
        const at = waiting.indexOf(waiter);
        if (at >= 0) waiting.splice(at, 1);
        settle();
      }
    });
  }

  function leave(visitor: string): void {
    underWay.delete(visitor);
    const next = waiting.find((one) => mayStart(one.visitor));
    if (!next) return;
    underWay.add(next.visitor);
    next.start();
  }

  return {
    /** @throws AppError overloaded, cancelled where `signal` aborts while it waits, and as the work */
    async run<T>(visitor: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
      await enter(visitor, signal);
      try {
        return await work();
      } finally {
        leave(visitor);
      }
    },
  };
}

function cancelled(): AppError {
  return new AppError('cancelled', 'Whoever asked for it waits no longer.');
}
