import type { Clock } from '../platform/clock.js';
import { type AdvisoryLock, tryAdvisoryLock } from '../platform/db/advisory-lock.js';
import type { Database } from '../platform/db/database.js';
import { createFollower } from '../platform/follower.js';
import type { Logger } from '../platform/log.js';
import type { Delivering, RunBooks } from './deliver.js';
import type { DeliveryCounts, HistoryStore } from './history-store.js';
import type { DigestRun, RunStore } from './run-store.js';

/** Between two looks: a digest is at most so late. */
const POLL_MS = 30_000;

/** What is due so long and neither sent nor given up is stuck; a scheduler that hasn't looked for so long stands still. */
const STUCK_AFTER_MS = 30 * 60_000;
const STILL_AFTER_MS = 10 * 60_000;

/** A run that makes progress says so as often. */
const BEAT_MS = 30_000;

/** What nobody confirmed and what has expired is forgotten so often, and when a process begins to send. */
const PRUNE_EVERY_MS = 24 * 3_600_000;

/** Runs shown. */
const RECENT_RUNS = 10;

export interface DigestStatus {
  /** Another process of this database sends, or this one does. */
  isLeader: boolean;
  /** When a run of any process last came to its end; null: never. */
  lastRun: DigestRun | null;
  /** When somebody is to look again; in the past where nobody did. null: nobody has looked. */
  nextLookAt: Date | null;
  recent: DigestRun[];
  /** Open ones and uncertain ones, and what was sent, failed or skipped in the last week. */
  states: DeliveryCounts[];
  /** Due for half an hour and neither sent nor given up. */
  stuck: number;
  uncertain: number;
  /** Mails of the public forms that were given up in the last day. */
  formFailures: number;
  /** When a run of any process last made progress or came to its end; null: never. */
  lastSignAt: Date | null;
  /** For ten minutes, or in the ten since this process began, no run made progress or came to its end. */
  standsStill: boolean;
  /** The trouble of the last look here; null after one that went well. */
  error: string | null;
}

export interface SchedulerDeps {
  delivering: Delivering;
  history: HistoryStore;
  runs: RunStore;
  /** Forgets what nobody confirmed and what has expired. */
  prune: () => Promise<void>;
  db: Database;
  clock: Clock;
  log: Logger;
  pollMs?: number;
}

/** Has digests prepared and sent as they come due, by one process of the database at a time. */
export function createScheduler(deps: SchedulerDeps) {
  const { delivering, history, runs, prune, db, clock, log, pollMs = POLL_MS } = deps;
  let lock: AdvisoryLock | null = null;
  let lastStatus: Omit<DigestStatus, 'standsStill'> | null = null;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let beatAt: Date | null = null;
  const openedAt = clock.now();
  const stopping = new AbortController();

  /** One run now; null where another process sends. @throws whatever the database throws */
  async function runOnce(): Promise<RunBooks | null> {
    if (lock?.signal.aborted) lock = null;
    lock ??= await tryAdvisoryLock(db.pool, 'digests');
    if (lock === null) return null;
    const signal = AbortSignal.any([lock.signal, stopping.signal]);
    const id = await runs.start(clock.now());
    const { recovered, ...books } = await delivering.run(signal, beatOf(id)).catch(async (error: unknown) => {
      beatAt = null;
      await runs
        .fail(id)
        .catch((failure: unknown) => log.warn({ err: failure }, 'a failed run was not noted'));
      throw error;
    });
    await runs.finish(id, clock.now(), books);
    if (recovered.uncertain + recovered.freed > 0)
      log.warn(recovered, 'digests of a process that ended while it sent them');
    if (books.problem !== null) log.error(books, 'digests can not be sent at present');
    return books;
  }

  /** Thousands of digests take longer than a scheduler may be silent. */
  function beatOf(id: number): () => Promise<void> {
    let last = clock.now().getTime();
    return async () => {
      const now = clock.now();
      if (now.getTime() - last < BEAT_MS) return;
      last = now.getTime();
      beatAt = now;
      await runs.beat(id, now);
    };
  }

  function standsStill(): boolean {
    const sign = latest(lastStatus?.lastSignAt ?? null, beatAt) ?? openedAt;
    return clock.now().getTime() - sign.getTime() >= STILL_AFTER_MS;
  }

  async function status(): Promise<DigestStatus> {
    const now = clock.now().getTime();
    const [recent, lastRun, states, stuck, formFailures] = await Promise.all([
      runs.listRecent(RECENT_RUNS),
      runs.findLastFinished(),
      history.countByState(clock.now()),
      history.countOpen(new Date(now - STUCK_AFTER_MS)),
      history.findFormFailures(clock.now()),
    ]);
    const underWay = recent[0]?.finishedAt === null ? recent[0] : null;
    lastStatus = {
      isLeader: lock !== null,
      lastRun,
      nextLookAt: lastRun && new Date(lastRun.finishedAt!.getTime() + pollMs),
      recent,
      states,
      stuck,
      uncertain: states.find(({ state }) => state === 'uncertain')?.count ?? 0,
      formFailures: formFailures.count,
      lastSignAt: latest(lastRun?.finishedAt ?? null, underWay?.beatAt ?? null),
      error: follower.error,
    };
    return { ...lastStatus, standsStill: standsStill() };
  }

  async function pruneDaily(): Promise<void> {
    const now = clock.now().getTime();
    if (now - prunedAt < PRUNE_EVERY_MS) return;
    await prune();
    await history.shorten(clock.now());
    prunedAt = now;
  }

  const follower = createFollower({
    failure: 'digests could not be sent',
    log,
    pollMs,
    step: async () => {
      try {
        const books = await runOnce();
        if (books !== null) await pruneDaily();
      } finally {
        // The metrics read it: of a look that failed too, or they would tell for ever of the last that went well.
        await status();
      }
    },
  });

  return {
    start: follower.start,
    hint: follower.hint,
    runOnce,

    status,

    /** As it was when somebody last asked, but whether it stands still, which time alone may change; null: nobody has. */
    lastStatus: (): DigestStatus | null => lastStatus && { ...lastStatus, standsStill: standsStill() },

    /** As of `lastStatus`, also where nobody has asked yet. */
    standsStill,

    /** After the message under way. */
    async close(): Promise<void> {
      stopping.abort();
      await follower.close();
      await lock?.release();
      lock = null;
    },
  };
}

export type Scheduler = ReturnType<typeof createScheduler>;

function latest(a: Date | null, b: Date | null): Date | null {
  return a === null || (b !== null && b > a) ? b : a;
}
