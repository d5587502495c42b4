import { AppError } from '../platform/errors.js';

/** Most calls that wait for coverage at once; each is a request or a command that a person waits for. */
const MAX_WAITERS = 1_000;

interface Waiter {
  wanted: bigint;
  resolve(): void;
  reject(error: AppError): void;
}

/** Those who wait until the index has reached a change. */
export function createCoverageWaiters() {
  const waiting = new Set<Waiter>();

  return {
    wait(wanted: bigint, signal: AbortSignal | undefined): Promise<void> {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) throw new AppError('cancelled', 'the wait for the index was cancelled');
        if (waiting.size >= MAX_WAITERS) {
          throw new AppError('overloaded', `${waiting.size} calls wait for the index already`, {
            retryAfter: 5,
          });
        }
        const onAbort = (): void =>
          waiter.reject(new AppError('cancelled', 'the wait for the index was cancelled'));
        const leave = (): void => {
          waiting.delete(waiter);
          signal?.removeEventListener('abort', onAbort);
        };
        const waiter: Waiter = {
          wanted,
          resolve() {
            leave();
            resolve();
          },
          reject(error) {
            leave();
            reject(error);
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.add(waiter);
      });
    },

    /** The index has reached `watermark`, but does not cover it where there is an `error`. */
    reached(watermark: bigint, error?: AppError): void {
      for (const waiter of [...waiting]) {
        if (waiter.wanted > watermark) continue;
        if (error === undefined) waiter.resolve();
        else waiter.reject(error);
      }
    },

    rejectAll(error: AppError): void {
      for (const waiter of [...waiting]) waiter.reject(error);
    },
  };
}
