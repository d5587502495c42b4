import { AppError, isAppError, messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import {
  type BatchQueue,
  createBatchQueue,
  type Lane,
  type QueueItem,
  type QueueLimits,
} from './batch-queue.js';
import type { ModelWorker } from './model-thread.js';
import type { TextResult } from './worker-protocol.js';

/** More deaths than this within the window and no worker is started until some have aged out of it. */
export const MAX_DEATHS = 5;
export const DEATH_WINDOW_MS = 10 * 60_000;
/** How often a text may be under way when a worker dies: once may be chance, twice is the text. */
export const MAX_DEATHS_PER_TEXT = 2;
/** What `close` waits for at most: a batch and a load under way take about two seconds on a slow machine. */
export const CLOSE_TIMEOUT_MS = 30_000;

/** One text on its way. One of the callbacks is called at most once, and none after `cancel`. */
export interface EmbedTask {
  readonly lane: Lane;
  readonly text: string;
  /** Estimated. */
  readonly tokens: number;
  done(vector: Float32Array): void;
  /** Not the text's fault: the pool closes or has no workers. */
  fail(error: AppError): void;
  /** This very text can't be embedded, for a reason that a second try would meet again. */
  refuse(reason: string): void;
}

export interface PoolStats {
  /** Texts embedded since the start, by lane. */
  embedded: Record<Lane, number>;
  /** Tokens that the model has seen, special ones included. */
  tokens: number;
  /** Texts that were longer than the model's maximum. */
  truncated: number;
  /** Texts waiting now, by lane; those under way not counted. */
  waiting: Record<Lane, number>;
  /** Workers with the model loaded. */
  workers: number;
  /** Workers that died, failed loads included. */
  deaths: number;
}

export interface PoolOptions {
  /** Starts one worker. */
  spawn: () => ModelWorker;
  /** Runs before the first worker is started, and again after all were lost. */
  prepare: () => Promise<void>;
  workers: number;
  queue: QueueLimits;
  log: Logger;
  /** Monotonic milliseconds. */
  now?: () => number;
}

interface Entry extends QueueItem {
  readonly task: EmbedTask;
  deaths: number;
  open: boolean;
  alone: boolean;
}

interface Slot {
  readonly worker: ModelWorker;
  state: 'loading' | 'idle' | 'busy';
  /** Texts given to the worker and not answered yet, in order. */
  underWay: Entry[];
}

interface Waiter {
  resolve(): void;
  reject(error: AppError): void;
}

const shuttingDown = () => new AppError('shutting_down', 'The embedder is closing and takes no more texts.');

function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  return new AppError('model_unavailable', `The model could not be loaded: ${messageOf(error)}`, {
    cause: error,
  });
}

function settle(entry: Entry, outcome: Float32Array | AppError | string): void {
  if (!entry.open) return;
  entry.open = false;
  if (typeof outcome === 'string') entry.task.refuse(outcome);
  else if (outcome instanceof AppError) entry.task.fail(outcome);
  else entry.task.done(outcome);
}

/**
 * Workers with one model each, fed from one queue. The first worker is started on demand and alone, so that
 * a model that can't be loaded says so once; the others follow when it is ready. A dead worker is replaced,
 * and what it was doing is tried once more, every text alone, so that a text that kills workers takes no
 * other down with it.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #now: () => number;
  readonly #queue: BatchQueue<Entry>;
  readonly #entries = new WeakMap<EmbedTask, Entry>();
  readonly #slots = new Set<Slot>();
  readonly #counts = { embedded: { query: 0, document: 0 }, tokens: 0, truncated: 0, deaths: 0 };
  /** Times of deaths within the window. */
  #deaths: number[] = [];
  /** Calls of `warm` that wait for a first worker. */
  #waiters: Waiter[] = [];
  #preparing = false;
  #closing: Promise<void> | null = null;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#queue = createBatchQueue<Entry>(options.queue);
  }

  /** Resolves when a worker has the model loaded. @throws AppError model_*, shutting_down */
  warm(): Promise<void> {
    if (this.#closing !== null) return Promise.reject(shuttingDown());
    if (this.#loaded > 0) return Promise.resolve();
    const error = this.#begin();
    if (error !== null) return Promise.reject(error);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  get isWarm(): boolean {
    return this.#closing === null && this.#loaded > 0;
  }

  /** Queues all tasks or none. @throws AppError shutting_down, overloaded, model_unavailable */
  submit(lane: Lane, tasks: readonly EmbedTask[]): void {
    if (this.#closing !== null) throw shuttingDown();
    const limit = this.#options.queue.maxWaiting[lane];
    const added = tasks.map(
      (task): Entry => ({ task, tokens: task.tokens, deaths: 0, open: true, alone: false }),
    );
    if (!this.#queue.offer(lane, added)) {
      const what = lane === 'query' ? 'queries' : 'documents';
      const message = `${this.#queue.waiting(lane)} ${what} already wait to be embedded; with ${tasks.length} more it would be over the limit of ${limit}.`;
      throw new AppError('overloaded', message, { retryAfter: lane === 'query' ? 1 : 10 });
    }
    for (const entry of added) this.#entries.set(entry.task, entry);
    const error = this.#loaded > 0 ? null : this.#begin();
    if (error !== null) {
      this.cancel(tasks);
      throw error;
    }
    this.#pump();
  }

  /** Forgets tasks: those that wait leave the queue, the result of one under way is dropped. */
  cancel(tasks: readonly EmbedTask[]): void {
    const gone = tasks.map((task) => this.#entries.get(task)).filter((entry) => entry !== undefined);
    for (const entry of gone) entry.open = false;
    this.#queue.remove(gone);
  }

  stats(): PoolStats {
    return {
      ...this.#counts,
      embedded: { ...this.#counts.embedded },
      waiting: { query: this.#queue.waiting('query'), document: this.#queue.waiting('document') },
      workers: this.#loaded,
    };
  }

  /** Refuses what waits, lets what is under way finish, ends the workers. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  get #loaded(): number {
    let count = 0;
    for (const slot of this.#slots) if (slot.state !== 'loading') count += 1;
    return count;
  }

  /** Starts the first worker unless one is there or coming; answers why not where that is not allowed. */
  #begin(): AppError | null {
    if (this.#slots.size > 0 || this.#preparing) return null;
    const error = this.#tooManyDeaths();
    if (error !== null) return error;
    this.#preparing = true;
    this.#options.prepare().then(
      () => {
        this.#preparing = false;
        if (this.#closing === null) this.#start(true);
      },
      (failure: unknown) => {
        this.#preparing = false;
        this.#giveUp(toAppError(failure));
      },
    );
    return null;
  }

  #start(first: boolean): void {
    let worker: ModelWorker;
    try {
      worker = this.#options.spawn();
    } catch (error) {
      if (first) this.#giveUp(toAppError(error));
      else this.#recordDeath(messageOf(error));
      return;
    }
    const slot: Slot = { worker, state: 'loading', underWay: [] };
    this.#slots.add(slot);
    worker.ready.then(
      (loadMs) => {
        void worker.gone.then((reason) => this.#onGone(slot, reason));
        this.#onReady(slot, loadMs, first);
      },
      (error: unknown) => {
        this.#slots.delete(slot);
        if (this.#closing !== null) return;
        if (first) return this.#giveUp(toAppError(error));
        this.#recordDeath(messageOf(error));
        this.#fill();
      },
    );
  }

  #onReady(slot: Slot, loadMs: number, first: boolean): void {
    slot.state = 'idle';
    const facts = { loadMs: Math.round(loadMs), workers: this.#loaded };
    this.#options.log[first ? 'info' : 'debug'](facts, 'an embedding worker is ready');
    for (const waiter of this.#takeWaiters()) waiter.resolve();
    if (this.#closing !== null) return;
    this.#pump();
    this.#fill();
  }

  #onGone(slot: Slot, reason: string): void {
    this.#slots.delete(slot);
    this.#retryOrReject(slot.underWay.splice(0), reason);
    if (this.#closing !== null) return;
    this.#recordDeath(reason);
    this.#fill();
  }

  /** Brings the pool to its size, as far as too many deaths don't forbid it. */
  #fill(): void {
    while (this.#slots.size < this.#options.workers) {
      const error = this.#tooManyDeaths();
      if (error === null) {
        this.#start(false);
        continue;
      }
      if (this.#slots.size === 0) this.#giveUp(error);
      return;
    }
  }

  #pump(): void {
    for (const slot of this.#slots) {
      if (slot.state !== 'idle') continue;
      const batch = this.#queue.take();
      if (batch.length === 0) return;
      slot.state = 'busy';
      slot.underWay = batch;
      slot.worker.run(
        batch.map((entry) => entry.task.text),
        (result) => this.#onResult(slot, result),
      );
    }
  }

  #onResult(slot: Slot, result: TextResult): void {
    const entry = slot.underWay.shift();
    if (entry === undefined) return;
    if (result.ok) {
      this.#counts.embedded[entry.task.lane] += 1;
      this.#counts.tokens += result.tokens;
      if (result.truncated) this.#counts.truncated += 1;
      settle(entry, result.vector);
    } else {
      settle(entry, result.reason);
    }
    if (slot.underWay.length > 0) return;
    slot.state = 'idle';
    this.#pump();
  }

  /** What a worker had when it died: all of one lane, because batches are. */
  #retryOrReject(underWay: readonly Entry[], reason: string): void {
    const again: Entry[] = [];
    for (const entry of underWay) {
      entry.deaths += 1;
      entry.alone = true;
      if (this.#closing !== null) settle(entry, shuttingDown());
      else if (entry.deaths >= MAX_DEATHS_PER_TEXT) {
        settle(entry, `the worker died on it ${entry.deaths} times, in the end because: ${reason}`);
      } else if (entry.open) again.push(entry);
    }
    const lane = again[0]?.task.lane;
    if (lane !== undefined) this.#queue.putBack(lane, again);
  }

  #recordDeath(reason: string): void {
    this.#counts.deaths += 1;
    this.#deaths.push(this.#now());
    this.#options.log.warn({ reason, recent: this.#deaths.length }, 'an embedding worker died');
  }

  #tooManyDeaths(): AppError | null {
    const since = this.#now() - DEATH_WINDOW_MS;
    this.#deaths = this.#deaths.filter((time) => time > since);
    if (this.#deaths.length <= MAX_DEATHS) return null;
    const message = `The embedding workers died ${this.#deaths.length} times within ${DEATH_WINDOW_MS / 60_000} minutes, so no more are started for now. The log says why.`;
    const retryAfter = Math.max(1, Math.ceil((this.#deaths[0]! - since) / 1000));
    return new AppError('model_unavailable', message, { retryAfter });
  }

  #takeWaiters(): Waiter[] {
    const waiters = this.#waiters;
    this.#waiters = [];
    return waiters;
  }

  /** No worker is left and none is coming: whoever waits learns why. */
  #giveUp(error: AppError): void {
    for (const waiter of this.#takeWaiters()) waiter.reject(error);
    for (const entry of this.#queue.drain()) settle(entry, error);
  }

  async #shutDown(): Promise<void> {
    this.#giveUp(shuttingDown());
    const workers = [...this.#slots].map((slot) => slot.worker);
    for (const worker of workers) worker.stop();
    const ended = Promise.all(workers.map((worker) => worker.gone)).then(() => true);
    let timeout: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timeout = setTimeout(resolve, CLOSE_TIMEOUT_MS, false);
    });
    if (!(await Promise.race([ended, late]))) {
      this.#options.log.error({ workers: this.#slots.size }, 'embedding workers did not end in time');
    }
    clearTimeout(timeout);
  }
}
