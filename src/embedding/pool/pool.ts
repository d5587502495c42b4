import { AppError, isAppError, messageOf } from '../../platform/errors.js';
import type { Logger } from '../../platform/log.js';
import { createCounters, type PoolStats, type RunReport } from './counters.js';
import { createDeathToll } from './death-toll.js';
import { createOpenTexts, type Death, type EmbedTask, type Entry, type OpenTexts } from './open-texts.js';
import type { Answer } from './protocol.js';
import { createTextQueue, type Lane } from './text-queue.js';
import type { ModelWorker } from './thread.js';
import { vectorFault } from './vector-fault.js';
import { type Slot, workerFor, workersForDocuments } from './worker-choice.js';

/** How often a text may be under way when a worker dies: once may be chance, twice is the text. */
export const MAX_DEATHS_PER_TEXT = 2;
/** A run takes under a second, a load a few on a slow disk: a worker that needs longer won't come back. */
export const RUN_TIMEOUT_MS = 60_000;
/** What `close` waits for at most: two runs and a load under way take about two seconds on a slow machine. */
export const CLOSE_TIMEOUT_MS = 30_000;

export interface PoolOptions {
  /** Starts one worker. */
  spawn: () => ModelWorker;
  /** Runs before the first worker is started, and again after all were lost. */
  prepare: () => Promise<void>;
  workers: number;
  /** Length of every vector. */
  dimension: number;
  /** Texts taken in and not answered yet, by lane. */
  maxOpen: Readonly<Record<Lane, number>>;
  log: Logger;
  onRun?: ((report: RunReport) => void) | undefined;
  /** Default RUN_TIMEOUT_MS. */
  runTimeoutMs?: number | undefined;
  /** Default CLOSE_TIMEOUT_MS. */
  closeTimeoutMs?: number | undefined;
  /** Monotonic milliseconds. */
  now?: () => number;
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

/**
 * Workers with one model each, fed from one queue. The first worker is started on demand and alone, so that a
 * model that can't be loaded says so once; the others follow when it is ready. A dead worker is replaced, and what
 * it had is tried once more, every text with a worker for itself, so that a text that kills workers takes no other
 * down with it.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #now: () => number;
  readonly #queue = createTextQueue<Entry>();
  readonly #texts: OpenTexts;
  readonly #counters = createCounters();
  readonly #slots = new Set<Slot>();
  readonly #abandoned = new Set<ModelWorker>();
  #target: number;
  readonly #toll = createDeathToll();
  /** Calls of `warm` that wait for a first worker. */
  readonly #waiters: Waiter[] = [];
  #preparing = false;
  #lastQueryAt = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | null = null;
  /** Called when the last worker of a closing pool is gone or given up. */
  #onEmpty = (): void => {};

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#texts = createOpenTexts(options.maxOpen);
    this.#target = options.workers;
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

  get isClosing(): boolean {
    return this.#closing !== null;
  }

  /** Takes all tasks of one lane or none. @throws AppError shutting_down, overloaded, model_unavailable */
  submit(lane: Lane, tasks: readonly EmbedTask[]): void {
    const error = this.#closing !== null ? shuttingDown() : this.#loaded > 0 ? null : this.#begin();
    if (error !== null) throw error;
    if (lane === 'query') this.#lastQueryAt = this.#now();
    this.#enqueue(lane, tasks);
    this.#pump();
  }

  /** Forgets tasks: a text that nobody else wants leaves the queue; if it is under way, its vector is dropped. */
  cancel(tasks: readonly EmbedTask[]): void {
    for (const entry of this.#texts.withdraw(tasks)) {
      if (this.#queue.remove(entry)) this.#texts.forget(entry);
    }
  }

  /** Workers from now on; those that are too many end after what they were given. */
  resize(workers: number): void {
    this.#target = workers;
    if (this.#closing !== null) return;
    const serving = [...this.#slots].filter(({ state }) => state !== 'draining');
    const costOf = ({ state, underWay }: Slot) => (state === 'loading' ? -1 : underWay.size);
    serving.sort((a, b) => costOf(b) - costOf(a));
    for (const slot of serving.slice(workers)) {
      slot.state = 'draining';
      slot.worker.stop();
    }
    if (this.#loaded > 0) this.#fill();
  }

  stats(): PoolStats {
    const of = (lane: Lane) => ({ waiting: this.#queue.waiting(lane), open: this.#texts.open(lane) });
    return this.#counters.snapshot(of, this.#loaded);
  }

  /** Refuses what waits, lets what is under way finish, ends the workers; within `CLOSE_TIMEOUT_MS`. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  #count(isCounted: (state: Slot['state']) => boolean): number {
    return [...this.#slots].filter(({ state }) => isCounted(state)).length;
  }

  get #loaded(): number {
    return this.#count((state) => state === 'ready');
  }

  /** Workers that are there or coming, and not about to end. */
  get #serving(): number {
    return this.#count((state) => state !== 'draining');
  }

  #enqueue(lane: Lane, tasks: readonly EmbedTask[]): void {
    const { lanes } = this.#counters;
    try {
      const { added, raised } = this.#texts.admit(lane, tasks, this.#now());
      this.#counters.shared += tasks.length - added.length;
      for (const entry of added) this.#queue.add(lane, entry);
      for (const entry of raised) {
        if (!this.#queue.remove(entry)) this.#hurry(entry);
        else if (entry.alone) this.#queue.putBack(lane, entry);
        else this.#queue.add(lane, entry);
      }
    } catch (error) {
      if (isAppError(error, 'overloaded')) lanes[lane].overloaded += 1;
      throw error;
    }
  }

  #hurry({ id, lane }: Entry): void {
    if (lane !== 'query') return;
    for (const { underWay, worker } of this.#slots) if (underWay.has(id)) worker.hurry(id);
  }

  /** Starts the first worker unless one is there or coming; answers why not where that is not allowed. */
  #begin(): AppError | null {
    if (this.#serving > 0 || this.#preparing) return null;
    const error = this.#mayNotStart();
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
    const slot: Slot = { worker, state: 'loading', underWay: new Map(), busySince: 0, timer: undefined };
    this.#slots.add(slot);
    const failed = (error: unknown) => {
      if (!this.#lose(slot)) return;
      if (this.#closing !== null || slot.state === 'draining') return;
      if (first) return this.#giveUp(toAppError(error));
      this.#recordDeath(messageOf(error));
      this.#fill();
    };
    this.#watch(slot, (seconds) => {
      this.#abandon(slot);
      this.#counters.timeouts += 1;
      failed(new AppError('model_unavailable', `The model did not load within ${seconds} s.`));
    });
    worker.onAnswer((answer) => this.#onAnswer(slot, answer));
    worker.ready.then((loadMs) => {
      void worker.gone.then((reason) => this.#bury(slot, reason));
      if (this.#slots.has(slot)) this.#onReady(slot, loadMs, first);
    }, failed);
  }

  #onReady(slot: Slot, loadMs: number, first: boolean): void {
    clearTimeout(slot.timer);
    if (slot.state === 'draining') return;
    slot.state = 'ready';
    const facts = { loadMs: Math.round(loadMs), workers: this.#loaded };
    this.#options.log[first ? 'info' : 'debug'](facts, 'an embedding worker is ready');
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
    if (this.#closing !== null) return;
    this.#pump();
    this.#fill();
  }

  #lose(slot: Slot): boolean {
    clearTimeout(slot.timer);
    const had = this.#slots.delete(slot);
    if (this.#slots.size === 0) this.#onEmpty();
    return had;
  }

  /** A worker that had the model is lost: what it had goes back, and another takes its place. */
  #bury(slot: Slot, reason: string): void {
    if (!this.#lose(slot)) return;
    const had = [...slot.underWay.values()];
    slot.underWay.clear();
    if (this.#closing !== null) {
      this.#texts.settleAll(had, { error: shuttingDown() });
      return;
    }
    // One that was asked to end and had nothing left has not died.
    if (slot.state !== 'draining' || had.length > 0)
      this.#retryOrRefuse(had, this.#recordDeath(reason), reason);
    this.#fill();
    this.#pump();
  }

  /** Brings the pool to its size, as far as too many deaths don't forbid it. */
  #fill(): void {
    while (this.#serving < this.#target) {
      const error = this.#mayNotStart();
      if (error === null) {
        this.#start(false);
        continue;
      }
      if (this.#serving === 0) this.#giveUp(error);
      return;
    }
  }

  #pump(): void {
    for (const kind of ['query', 'document'] as const) {
      // Behind a query that waits for a worker of its own no document may take it.
      const isQuery = kind === 'query';
      if (!isQuery && this.#queue.waiting('query') > 0) return;
      const slots = isQuery ? this.#slots : workersForDocuments(this.#slots, this.#now() - this.#lastQueryAt);
      for (let slot = workerFor(kind, slots); slot !== null; slot = workerFor(kind, slots)) {
        const { size } = slot.underWay;
        const fits = ({ alone }: Entry) => size === 0 || !alone;
        const entry = isQuery ? this.#queue.takeQuery(fits) : this.#queue.takeDocument(fits);
        if (entry === undefined) break;
        this.#give(slot, entry);
      }
    }
  }

  #give(slot: Slot, entry: Entry): void {
    const { id, text, lane } = entry;
    if (slot.underWay.size === 0) {
      slot.busySince = this.#now();
      this.#watchRun(slot);
    }
    slot.underWay.set(id, entry);
    slot.worker.embed({ id, text, urgent: lane === 'query' });
  }

  #onAnswer(slot: Slot, { id, result, runMs }: Answer): void {
    const entry = slot.underWay.get(id);
    if (entry === undefined) return;
    slot.underWay.delete(id);
    const now = this.#now();
    slot.busySince = now;
    clearTimeout(slot.timer);
    if (slot.underWay.size > 0) this.#watchRun(slot);
    const waitMs = this.#counters.countRun(entry, runMs, now);
    const fault = result.ok ? vectorFault(result.vector, this.#options.dimension) : result.reason;
    const { lane } = entry;
    if (fault !== null || !result.ok) {
      this.#refuse(entry, fault ?? 'for no reason given');
    } else {
      const { tokens, vector } = result;
      this.#counters.lanes[lane].embedded += 1;
      this.#counters.tokens += tokens;
      if (result.truncated) this.#counters.truncated += 1;
      this.#toll.forgive();
      this.#texts.settle(entry, { vector });
      this.#options.onRun?.({ lane, waitMs, runMs, tokens });
    }
    this.#pump();
  }

  #watchRun(slot: Slot): void {
    this.#watch(slot, (seconds) => {
      this.#abandon(slot);
      this.#counters.timeouts += 1;
      this.#bury(slot, `it did not come back within ${seconds} s`);
    });
  }

  #watch(slot: Slot, late: (seconds: number) => void): void {
    const ms = this.#options.runTimeoutMs ?? RUN_TIMEOUT_MS;
    slot.timer = setTimeout(late, ms, ms / 1000);
    // The thread keeps the process alive, not the watch over it.
    slot.timer.unref();
  }

  /** Terminating a thread in native code aborts the process, so it is left to itself. */
  #abandon({ worker }: Slot): void {
    this.#abandoned.add(worker);
    void worker.gone.then(() => this.#abandoned.delete(worker));
    worker.abandon();
  }

  #retryOrRefuse(had: readonly Entry[], death: Death, reason: string): void {
    for (const entry of had) {
      entry.deaths.push(death);
      entry.alone = true;
      const deaths = entry.deaths.length;
      if (deaths >= MAX_DEATHS_PER_TEXT) {
        this.#toll.explain(entry.deaths);
        this.#refuse(entry, `the worker died on it ${deaths} times, in the end because: ${reason}`);
      } else if (entry.tasks.size > 0) this.#queue.putBack(entry.lane, entry);
      else this.#texts.forget(entry);
    }
  }

  #refuse(entry: Entry, reason: string): void {
    this.#counters.lanes[entry.lane].refused += 1;
    this.#texts.settle(entry, { refused: reason });
  }

  #recordDeath(reason: string): Death {
    this.#counters.deaths += 1;
    this.#options.log.warn({ reason, deaths: this.#counters.deaths }, 'an embedding worker died');
    return this.#toll.record(this.#now());
  }

  #mayNotStart(): AppError | null {
    return this.#toll.tooMany(this.#now(), this.#abandoned.size);
  }

  /** No worker is left and none is coming: whoever waits learns why. */
  #giveUp(error: AppError): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.#texts.settleAll(this.#queue.drain(), { error });
  }

  async #shutDown(): Promise<void> {
    this.#giveUp(shuttingDown());
    let timeout: NodeJS.Timeout | undefined;
    const ended = new Promise<boolean>((resolve) => {
      this.#onEmpty = () => resolve(true);
      timeout = setTimeout(resolve, this.#options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS, false);
    });
    for (const { worker } of this.#slots) worker.stop();
    if (this.#slots.size === 0) this.#onEmpty();
    if (!(await ended)) {
      this.#options.log.error({ workers: this.#slots.size }, 'embedding workers did not end in time');
    }
    clearTimeout(timeout);
    for (const slot of [...this.#slots]) {
      this.#abandon(slot);
      this.#bury(slot, 'it did not end');
    }
  }
}
