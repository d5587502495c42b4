import type { IndexActivity, WorkTimes } from '../ports.js';
import type { WorkerMessage } from './protocol.js';

const noTimes = (): WorkTimes => ({ count: 0, totalMs: 0, maxMs: 0 });

function addTo(times: WorkTimes, ms: number): void {
  times.count++;
  times.totalMs += ms;
  times.maxMs = Math.max(times.maxMs, ms);
}

export interface ActivityHooks {
  onSearch?: ((search: { ms: number }) => void) | undefined;
  onSnapshot?: ((snapshot: { ms: number; bytes: number }) => void) | undefined;
}

/** Counts what the index does, for metrics. */
export function createIndexActivity({ onSearch, onSnapshot }: ActivityHooks) {
  const searches = { ...noTimes(), failed: 0, waitMs: 0, maxWaitMs: 0 };
  const applies = { ...noTimes(), changes: 0 };
  const snapshots = { ...noTimes(), failed: 0, lastMs: 0, lastBytes: 0 };
  let builds = 0;
  let rebuilds = 0;

  return {
    /** `workMs` is null where there was no answer. */
    searched(ms: number, workMs: number | null): void {
      if (workMs === null) {
        searches.failed++;
        return;
      }
      addTo(searches, ms);
      const wait = Math.max(0, ms - workMs);
      searches.waitMs += wait;
      searches.maxWaitMs = Math.max(searches.maxWaitMs, wait);
      onSearch?.({ ms });
    },

    applied(ms: number, changes: number): void {
      addTo(applies, ms);
      applies.changes += changes;
    },

    heard(message: WorkerMessage): void {
      if (message.type === 'built') {
        if (message.isRebuild) rebuilds++;
        else builds++;
      } else if (message.type === 'snapshot') {
        const { ms, bytes } = message;
        if (bytes === null) {
          snapshots.failed++;
          return;
        }
        addTo(snapshots, ms);
        snapshots.lastMs = ms;
        snapshots.lastBytes = bytes;
        onSnapshot?.({ ms, bytes });
      }
    },

    read: (): IndexActivity => ({
      searches: { ...searches },
      applies: { ...applies },
      snapshots: { ...snapshots },
      builds,
      rebuilds,
    }),
  };
}
