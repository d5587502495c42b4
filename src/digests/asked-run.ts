import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/db/database.js';
import { notify } from '../platform/db/notifications.js';
import { AppError } from '../platform/errors.js';
import type { RunBooks } from './deliver.js';
import type { RunStore } from './run-store.js';
import type { Scheduler } from './scheduler.js';

/** Between two looks at what the other process does: a lock's connection and two small statements each. */
const LOOK_MS = 1_000;

/** As long as a scheduler may show no progress; a run of thousands of digests that makes some may take longer than a command waits. */
const WAIT_MS = 10 * 60_000;

export interface AskedRunDeps {
  scheduler: Pick<Scheduler, 'runOnce'>;
  runs: Pick<RunStore, 'lastId' | 'findFinishedAfter'>;
  db: Pick<Database, 'pool'>;
  clock: Clock;
  lookMs?: number;
  waitMs?: number;
}

export interface AskedRun {
  books: RunBooks;
  /** This process did it. */
  isOurs: boolean;
}

/** A run that somebody asks for, whichever process sends. */
export function createAskedRun({
  scheduler,
  runs,
  db,
  clock,
  lookMs = LOOK_MS,
  waitMs = WAIT_MS,
}: AskedRunDeps) {
  return {
    /**
     * A whole run that begins after this call: here where nobody else sends, or else the one that the other process is asked for; it is done
     * here after all when that process ends.
     * @throws AppError overloaded when it takes longer than ten minutes, cancelled when the signal aborts
     */
    async run(signal: AbortSignal): Promise<AskedRun> {
      const until = clock.now().getTime() + waitMs;
      const before = await runs.lastId();
      for (let isAsked = false; ; isAsked = true) {
        const books = await scheduler.runOnce();
        if (books !== null) return { books, isOurs: true };
        const run = isAsked ? await runs.findFinishedAfter(before) : null;
        if (run !== null) return { books: booksOf(run), isOurs: false };
        if (!isAsked) await notify(db.pool, 'digests');
        if (clock.now().getTime() >= until)
          throw new AppError(
            'overloaded',
            'Another process of this database sends digests and has not come to an end in ten minutes: `quire digest status` tells what it does.',
          );
        await sleep(lookMs, undefined, { signal }).catch(() => {
          throw new AppError('cancelled', 'Interrupted; the process that sends digests goes on.');
        });
      }
    },
  };
}

function booksOf(run: RunBooks): RunBooks {
  const { prepared, empty, due, sent, deferred, failed, uncertain, skipped, problem } = run;
  return { prepared, empty, due, sent, deferred, failed, uncertain, skipped, problem };
}
