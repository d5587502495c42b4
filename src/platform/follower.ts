import { messageOf } from './errors.js';
import { createHintedPause } from './hinted-pause.js';
import type { Logger } from './log.js';

/** Waits after failures in a row: doubling from the first to the last. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

export interface FollowerOptions {
  /** What it does, for the log: “the word index could not follow”. */
  failure: string;
  log: Logger;
  /** Between two looks when nobody hints. */
  pollMs: number;
  /** Catches up with whatever there is; called again and again, never twice at once. */
  step: () => Promise<void>;
}

/** Calls `step` at once, at every hint, and by the clock; after a failure later and later. */
export function createFollower({ failure, log, pollMs, step }: FollowerOptions) {
  const { pause, hint, forget, end } = createHintedPause();
  let closed = false;
  let error: string | null = null;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    let failures = 0;
    while (!closed) {
      let delay = pollMs;
      try {
        await step();
        failures = 0;
        error = null;
      } catch (thrown) {
        error = messageOf(thrown);
        delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++);
        // Hints mustn't turn a failure into a busy loop.
        forget();
        if (!closed) log.warn({ err: thrown, retryInMs: delay }, `${failure}: ${error}`);
      }
      await pause(delay);
    }
  }

  return {
    /** Begins; returns at once, and never throws. */
    start(): void {
      running ??= run();
    },
    /** Something may have changed: look now. */
    hint,
    get isClosed(): boolean {
      return closed;
    },
    /** The trouble of the last step; null after one that went well. */
    get error(): string | null {
      return error;
    },
    /** After the step under way. */
    async close(): Promise<void> {
      closed = true;
      end();
      await running;
    },
  };
}
