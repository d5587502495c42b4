import type { Clock } from '../platform/clock.js';
import { AppError, isAppError, messageOf } from '../platform/errors.js';
import { createHintedPause } from '../platform/hinted-pause.js';
import type { Logger } from '../platform/log.js';
import { createCoverageWaiters } from './coverage-waiters.js';
import type { Label, VectorChange, VectorIndex, VectorSource } from './ports.js';
import { vectorProblem } from './vector.js';

/** Between two looks at the database when nobody hints: how late a change of another process is seen. */
export const POLL_MS = 1_000;

/** A snapshot after so many changes: replaying 5,000 at the next start takes some seconds. */
export const SNAPSHOT_EVERY = 5_000;

/** … or after this long with any change, so that a quiet collection is saved too. */
export const SNAPSHOT_INTERVAL_MS = 10 * 60_000;

/** After a failed snapshot (mostly a full disk), which costs a write of the whole graph each time. */
const SNAPSHOT_RETRY_MS = 60_000;

/** Changes of one query: vectors of 1.5 MB, which are 1,000 of 384 numbers; checking them takes a millisecond. */
const BATCH_BYTES = 1_536_000;
const MAX_BATCH = 1_000;

/** Waits after failures in a row: doubling from the first to the last. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

/** A query that takes longer is taken for lost; counting a million rows takes about a second. */
const SOURCE_TIMEOUT_MS = 60_000;

/** More deaths of the index's thread than this in ten minutes are not bad luck. */
const MAX_DEATHS = 5;
const DEATH_WINDOW_MS = 10 * 60_000;

/** Vectors compared at either end of a snapshot; half must agree, because HNSW and equal vectors may hide a few. */
const SAMPLES = 32;
const SAMPLE_DEPTH = 10;
const SAMPLE_SCORE = 1 - 1e-4;

/** Looks at the count while changes keep coming in, before the next poll. */
const VERIFY_ATTEMPTS = 5;

export interface IndexerOptions {
  source: VectorSource;
  index: VectorIndex;
  log: Logger;
  clock: Clock;
  pollMs?: number;
  snapshotEvery?: number;
  snapshotIntervalMs?: number;
}

export interface IndexerStatus {
  /** `failed`: it gave up (see `error`), or the counts differ even after a rebuild. */
  state: 'starting' | 'catching_up' | 'live' | 'failed';
  kind: 'exact' | 'hnsw';
  live: number;
  /** Last change in the index, and last change in the database when it was looked at; decimal. */
  watermark: string;
  head: string;
  /** The index holds everything that the database held at the last look but what was skipped, and the counts agree. */
  covered: boolean;
  /** Live vectors of the database that no index could take; `error` names the first. */
  skipped: number;
  /** The latest trouble, until the next success. */
  error?: string;
}

interface Batch {
  /** The last change of the database before they were read. */
  upTo: bigint;
  changes: VectorChange[];
}

async function withTimeout<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new AppError('timeout', `no answer to ${what} within ${SOURCE_TIMEOUT_MS / 1_000} s`);
    timer = setTimeout(() => reject(error), SOURCE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Keeps the index equal to the database: loads its snapshot, replays what came after, then follows. It only
 * reads state, so whatever is missed (a crash, a dead thread, a lost hint) is made up by looking again.
 */
export function createIndexer(options: IndexerOptions) {
  const { source, index, log, clock } = options;
  const {
    pollMs = POLL_MS,
    snapshotEvery = SNAPSHOT_EVERY,
    snapshotIntervalMs = SNAPSHOT_INTERVAL_MS,
  } = options;
  const batch = Math.min(MAX_BATCH, Math.ceil(BATCH_BYTES / (source.dimension * 4)));
  const skipped = new Map<Label, string>();
  const waiters = createCoverageWaiters();

  let watermark = 0n;
  let head = 0n;
  /** The opened snapshot was compared with the database. */
  let admitted = false;
  /** The counts agreed once since the index was opened. */
  let verified = false;
  let rebuilt = false;
  /** The counts differed even after a rebuild, at this head. */
  let mismatch: { at: bigint; problem: string } | null = null;
  let gaveUp = false;
  let error: string | undefined;

  let unsaved = 0;
  let saveDueAt = 0;
  let saveAllowedAt = 0;
  let deaths: number[] = [];
  let closed = false;
  let running: Promise<void> | null = null;
  const { pause, hint, end } = createHintedPause();

  const now = (): number => clock.now().getTime();
  const isComplete = (): boolean => index.isOpen && admitted && verified && watermark >= head;

  function status(): IndexerStatus {
    const { kind, live } = index.stats();
    const failed = gaveUp || mismatch !== null;
    const state = failed ? 'failed' : !admitted ? 'starting' : isComplete() ? 'live' : 'catching_up';
    const base = { state, kind, live, skipped: skipped.size } as const;
    const seqs = { watermark: String(watermark), head: String(head) };
    // What no index could take is told apart: waiting for it would be waiting for ever.
    const covered = !failed && isComplete();
    return { ...base, ...seqs, covered, ...(error === undefined ? {} : { error }) };
  }

  const readHead = (): Promise<bigint> => withTimeout('the highest change number', source.head());
  const readChanges = (after: bigint, limit: number): Promise<VectorChange[]> =>
    withTimeout('the changes', source.changesSince(after, limit));

  /** From nothing: the next catch-up replays every vector. */
  async function startOver(): Promise<void> {
    await index.reset();
    watermark = 0n;
    skipped.clear();
    verified = false;
  }

  /**
   * Whether the oldest vectors of the database, and the latest that the snapshot should hold, are in it: not so
   * after another database, or an older copy of this one, took the place of the one that it was made from.
   */
  async function matchesSamples(): Promise<boolean> {
    const beforeLast = watermark - BigInt(SAMPLES);
    for (const start of beforeLast > 0n ? [0n, beforeLast] : [0n]) {
      let tried = 0;
      let found = 0;
      for (const { seq, label, vector } of await readChanges(start, SAMPLES)) {
        if (seq > watermark || vector === null || vectorProblem(vector, source.dimension) !== null) continue;
        const hits = await index.search(vector, SAMPLE_DEPTH);
        tried++;
        if (hits.some((hit) => hit.label === label && hit.score > SAMPLE_SCORE)) found++;
      }
      if (found < tried / 2) return false;
    }
    return true;
  }

  async function open(): Promise<void> {
    if (!index.isOpen) {
      admitted = false;
      verified = false;
      const opened = await index.open();
      watermark = opened.watermark;
      unsaved = 0;
      saveDueAt = now() + snapshotIntervalMs;
    }
    if (admitted) return;
    head = await readHead();
    const isOurs = watermark === 0n || (watermark <= head && (await matchesSamples()));
    if (!isOurs) {
      log.warn(
        { watermark: String(watermark), head: String(head) },
        'the index snapshot belongs to another state of the database: building the index anew',
      );
      await startOver();
    }
    admitted = true;
  }

  /** Leaves out what can't be indexed, with its reason: one bad row must not stop all others. */
  function usable(changes: readonly VectorChange[]): VectorChange[] {
    return changes.filter(({ label, vector }) => {
      const problem = vector === null ? null : vectorProblem(vector, source.dimension);
      if (problem === null) {
        skipped.delete(label);
        return true;
      }
      skipped.set(label, problem);
      log.error({ label, problem }, `the vector with label ${label} can't be indexed: ${problem}`);
      return false;
    });
  }

  /** The head first: where nothing follows, everything up to it belongs to other models. */
  async function readBatch(after: bigint): Promise<Batch> {
    const upTo = await readHead();
    if (upTo <= after) return { upTo, changes: [] };
    const changes = await readChanges(after, batch);
    const last = changes.at(-1)?.seq;
    if (last !== undefined && last <= after) {
      throw new AppError('internal', `the changes after ${after} end at ${last}, which is not after it`);
    }
    return { upTo, changes };
  }

  async function catchUp(): Promise<void> {
    let ahead: Promise<Batch> | null = null;
    while (!closed) {
      const { upTo, changes }: Batch = await (ahead ?? readBatch(watermark));
      head = upTo;
      const next = changes.at(-1)?.seq ?? head;
      if (next <= watermark) return;
      // Read while these are applied: the database and the index then work at the same time.
      ahead = changes.length === batch ? readBatch(next) : null;
      ahead?.catch(() => undefined);
      await index.apply(usable(changes), next);
      watermark = next;
      unsaved += changes.length;
      await saveIfDue();
    }
  }

  async function verify(): Promise<void> {
    for (let attempt = 0; attempt < VERIFY_ATTEMPTS && !closed; attempt++) {
      const before = await readHead();
      if (before === mismatch?.at) return;
      const expected = await withTimeout('the count of live vectors', source.countLive());
      head = await readHead();
      if (before === watermark && head === before) {
        const { live } = index.stats();
        if (live + skipped.size === expected) {
          verified = true;
          rebuilt = false;
          mismatch = null;
          return;
        }
        const problem = `the index holds ${live} vectors, the database ${expected}`;
        if (rebuilt) {
          mismatch = { at: before, problem: `${problem}, even after a rebuild` };
          log.error(mismatch.problem);
          return;
        }
        log.error(`${problem}: building the index anew`);
        rebuilt = true;
        await startOver();
      }
      await catchUp();
    }
  }

  async function saveIfDue(): Promise<void> {
    const time = now();
    const due = unsaved >= snapshotEvery || (unsaved > 0 && time >= saveDueAt);
    if (!due || time < saveAllowedAt) return;
    try {
      // null: there is nothing to save yet, and a graph that gets ready is saved by the index itself.
      await index.save();
      unsaved = 0;
      saveDueAt = now() + snapshotIntervalMs;
    } catch (failure) {
      if (!isAppError(failure, 'snapshot_failed')) throw failure;
      saveAllowedAt = now() + SNAPSHOT_RETRY_MS;
      log.error({ err: failure }, failure.message);
    }
  }

  async function cycle(): Promise<void> {
    await open();
    await catchUp();
    if (!verified) await verify();
    await saveIfDue();
  }

  /** After a cycle without a failure: what still isn't covered, if anything. */
  function conclude(): void {
    const [first] = skipped;
    if (mismatch !== null) {
      error = mismatch.problem;
      waiters.reached(watermark, new AppError('index_unavailable', error));
    } else if (first !== undefined) {
      error = `${skipped.size} of the vectors can't be indexed, the first with label ${first[0]}: ${first[1]}`;
    } else {
      error = undefined;
    }
    if (mismatch === null && isComplete()) waiters.reached(watermark);
  }

  function giveUp(): void {
    gaveUp = true;
    error = `the index stopped ${deaths.length} times in ${DEATH_WINDOW_MS / 60_000} minutes; last: ${error}`;
    log.fatal(error);
    waiters.rejectAll(new AppError('index_unavailable', error));
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!closed) {
      if (deaths.length > MAX_DEATHS) return giveUp();
      let delay = pollMs;
      try {
        await cycle();
        failures = 0;
        conclude();
      } catch (failure) {
        error = messageOf(failure);
        delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++);
        if (!closed) log.warn({ err: failure, retryInMs: delay }, `the indexer failed: ${error}`);
      }
      await pause(delay);
    }
  }

  const unlisten = index.onDeath((death) => {
    error = death.message;
    const time = now();
    deaths = [...deaths.filter((at) => time - at < DEATH_WINDOW_MS), time];
    hint();
  });

  return {
    /** Begins; returns at once. Troubles show in `status` and the log, never as a rejection. */
    start(): void {
      if (source.dimension !== index.stats().dimension) {
        const message = `the vectors have ${source.dimension} numbers, the index ${index.stats().dimension}`;
        throw new AppError('vector_invalid', message);
      }
      running ??= run();
    },

    /** Something may have changed: look now. */
    hint,
    status,

    /**
     * Resolves once the index holds everything that the database holds now and an index can take (`skipped`
     * counts the others). Errors: `cancelled`, `index_unavailable` (it gave up), `shutting_down`; those of the
     * database.
     */
    async whenCovered({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
      const wanted = await readHead();
      if (closed) throw new AppError('shutting_down', 'the indexer is closed');
      if (gaveUp) throw new AppError('index_unavailable', error ?? 'the index gave up');
      if (status().covered && watermark >= wanted) return;
      const reached = waiters.wait(wanted, signal);
      hint();
      await reached;
    },

    /** Stops following, saves what is unsaved and closes the index. Callable more than once; never rejects. */
    async close(): Promise<void> {
      closed = true;
      unlisten();
      end();
      await running;
      waiters.rejectAll(new AppError('shutting_down', 'the indexer is closed'));
      await index.close({ save: unsaved > 0 });
    },
  };
}

export type Indexer = ReturnType<typeof createIndexer>;
