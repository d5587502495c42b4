import type { Clock } from '../../platform/clock.js';
import { messageOf } from '../../platform/errors.js';
import { createFollower } from '../../platform/follower.js';
import type { Logger } from '../../platform/log.js';
import type { Metrics } from '../../platform/metrics.js';
import type { Puller } from './puller.js';
import type { SourceStore } from './source-store.js';
import { countByState } from './sources.js';

/** Between two looks: a pull is at most so late. */
const POLL_MS = 30_000;

/** Pulled at once: each waits for its host most of the time, and one that hangs must not hold up the others. */
const MAX_AT_ONCE = 8;

/** Runs are forgotten after so long. */
const KEEP_DAYS = 90;
const DAY_MS = 86_400_000;

export interface SourceSchedulerDeps {
  store: Pick<SourceStore, 'list' | 'listDue' | 'prune'>;
  puller: Puller;
  clock: Clock;
  log: Logger;
  pollMs?: number;
}

/** Pulls what is due, each source for itself. Several processes share the work: a source's lock says who has it. */
export function createSourceScheduler({ store, puller, clock, log, pollMs = POLL_MS }: SourceSchedulerDeps) {
  const active = new Map<number, Promise<void>>();
  const stopping = new AbortController();
  let prunedAt = Number.NEGATIVE_INFINITY;
  let known: Readonly<Record<(typeof countedStates)[number], number>> = { fine: 0, failing: 0, off: 0 };

  async function pullOne(id: number, name: string): Promise<void> {
    let isDone = false;
    try {
      isDone = (await puller.pull(id, { signal: stopping.signal })) !== null;
    } catch (error) {
      if (!stopping.signal.aborted)
        log.warn({ err: error, source: name }, `the source ${name} could not be pulled: ${messageOf(error)}`);
    } finally {
      active.delete(id);
      // Whoever waited for a place has it now. One that another process has stays due: asking at once would never end.
      if (isDone) follower.hint();
    }
  }

  /** Begins what is due and returns; the pulls go on. */
  async function look(): Promise<void> {
    known = countByState(await store.list());
    const due = await store.listDue(clock.now(), active.size + MAX_AT_ONCE);
    for (const { id, name } of due) {
      if (active.size < MAX_AT_ONCE && !active.has(id)) active.set(id, pullOne(id, name));
    }
    const now = clock.now().getTime();
    if (now - prunedAt < DAY_MS) return;
    await store.prune(new Date(now - KEEP_DAYS * DAY_MS));
    prunedAt = now;
  }

  const follower = createFollower({ failure: 'sources could not be looked at', log, pollMs, step: look });

  return {
    start: follower.start,
    hint: follower.hint,
    /** As of the last look. */
    counts: () => known,
    /** Requests under way are broken off: what was read of them is asked for again. */
    async close(): Promise<void> {
      stopping.abort();
      await follower.close();
      await Promise.allSettled(active.values());
    },
  };
}

export type SourceScheduler = ReturnType<typeof createSourceScheduler>;

const countedStates = ['fine', 'failing', 'off'] as const;

/** For Prometheus. */
export function watchSources(metrics: Metrics, { counts }: Pick<SourceScheduler, 'counts'>): void {
  metrics.read({
    name: 'sources',
    help: 'Sources that papers are pulled from, by what came of their last pull.',
    type: 'gauge',
    read: () => countedStates.map((state) => [{ state }, counts()[state]] as const),
  });
}
