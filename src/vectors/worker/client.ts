import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/log.js';
import { EXACT_CEILING, EXACT_LIMIT } from '../live-index.js';
import type { Hit, VectorIndex } from '../ports.js';
import { assertDimension, assertK, assertVector } from '../vector.js';
import { type ActivityHooks, createIndexActivity } from './activity.js';
import { packInParts } from './change-parts.js';
import { createWorkerChannel, type StartWorker, startIndexWorker, type WorkerChannel } from './channel.js';
import {
  type PackedHits,
  type SearchBody,
  type ThreadStats,
  unpackHits,
  type WorkerMessage,
} from './protocol.js';

/** Searches that may wait: at 1 ms each the last is answered after a quarter of a second. */
export const MAX_WAITING_SEARCHES = 256;

/** A search that takes longer was not worth waiting for: the page's own time-out is near. */
export const SEARCH_TIMEOUT_MS = 5_000;

/** Searches handed to the thread at once: enough to keep it busy, few enough that an abort still helps. */
const SEARCHES_IN_FLIGHT = 16;

/** Vectors of one look-up: 1.5 MB at 384 numbers. */
const MAX_VECTORS_READ = 1_000;

/** Scores of one look-up: a millisecond. */
const MAX_SCORES_READ = 10_000;

/** Messages of changes with the thread at once: they bound the memory, and the thread never waits for the next. */
const PARTS_IN_FLIGHT = 4;

export interface VectorIndexOptions extends ActivityHooks {
  dimension: number;
  modelId: string;
  /** The snapshots' folder; nothing else belongs in it. */
  dir: string;
  log: Logger;
  exactLimit?: number;
  exactCeiling?: number;
  maxWaitingSearches?: number;
  searchTimeoutMs?: number;
  startWorker?: StartWorker;
}

interface WaitingSearch extends SearchBody {
  /** Does nothing once the search was answered, aborted or timed out. */
  settle(outcome: { hits: PackedHits } | { error: unknown }): void;
}

/** The vector index of a process, on a thread of its own. */
export function createVectorIndex(options: VectorIndexOptions): VectorIndex {
  const { dimension, modelId, dir, log, startWorker = startIndexWorker } = options;
  const { exactLimit = EXACT_LIMIT, exactCeiling = EXACT_CEILING } = options;
  const { maxWaitingSearches = MAX_WAITING_SEARCHES, searchTimeoutMs = SEARCH_TIMEOUT_MS } = options;
  assertDimension(dimension);

  let channel: WorkerChannel | null = null;
  let isOpen = false;
  let stats: ThreadStats = emptyStats(dimension);
  const activity = createIndexActivity(options);
  /** What changes the index or reads all of it goes to the thread in the order of the calls. */
  let lastJob: Promise<unknown> = Promise.resolve();
  const waiting = new Set<WaitingSearch>();
  let inFlight = 0;
  const deathListeners = new Set<(error: AppError) => void>();

  const unavailable = (): AppError =>
    new AppError('index_unavailable', 'the vector index is not open', { retryAfter: 5 });

  function openChannel(): WorkerChannel {
    if (channel === null || !isOpen) throw unavailable();
    return channel;
  }

  function onMessage(message: WorkerMessage): void {
    if (message.type === 'log') log[message.level](message.fields, message.message);
    else if (message.type === 'built' || message.type === 'snapshot') activity.heard(message);
    else stats = message.stats;
  }

  /** Runs `job` on the thread of now after all jobs before. */
  async function inOrder<T>(job: (current: WorkerChannel) => Promise<T>): Promise<T> {
    const current = openChannel();
    const turn = lastJob.then(() => job(current));
    lastJob = turn.catch(() => {});
    return turn;
  }

  function stop(error: AppError): void {
    channel = null;
    isOpen = false;
    inFlight = 0;
    stats = emptyStats(dimension);
    for (const search of [...waiting]) search.settle({ error });
    waiting.clear();
  }

  function sendSearches(): void {
    const current = channel;
    if (current === null) return;
    for (const search of waiting) {
      if (inFlight >= SEARCHES_IN_FLIGHT) return;
      waiting.delete(search);
      inFlight++;
      const { vector, k, within, settle } = search;
      const transfer = within === undefined ? [vector.buffer] : [vector.buffer, within.buffer];
      current
        .request('search', { vector, k, within }, transfer)
        .then(
          (hits: PackedHits) => settle({ hits }),
          (error: unknown) => settle({ error }),
        )
        .finally(() => {
          // Those of a thread that has died were forgotten all at once.
          if (channel !== current) return;
          inFlight--;
          sendSearches();
        });
    }
  }

  return {
    async open() {
      if (channel !== null) throw new AppError('internal', 'the vector index is open already');
      const settings = { dimension, modelId, dir, exactLimit, exactCeiling };
      const onDeath = (error: AppError): void => {
        log.error({ err: error }, error.message);
        stop(error);
        for (const listener of deathListeners) listener(error);
      };
      const started = createWorkerChannel({ start: startWorker, settings }, { onMessage, onDeath });
      channel = started;
      try {
        const opened = await started.request('open', {});
        isOpen = true;
        return opened;
      } catch (error) {
        await started.close(false);
        if (channel === started) stop(unavailable());
        throw error;
      }
    },

    onDeath(listener) {
      deathListeners.add(listener);
      return () => deathListeners.delete(listener);
    },

    apply(changes, watermark) {
      return inOrder(async (current) => {
        const started = performance.now();
        const sent: Promise<null>[] = [];
        for await (const { part, isLast } of packInParts(changes, dimension)) {
          const { labels, rows, vectors } = part;
          const transfer = [labels.buffer, rows.buffer, vectors.buffer];
          const body = { changes: part, watermark: isLast ? watermark : null };
          const answer = current.request('apply', body, transfer);
          // It is awaited below; until then a failure is not one that nobody handles.
          answer.catch(() => {});
          sent.push(answer);
          await sent[sent.length - PARTS_IN_FLIGHT];
        }
        await Promise.all(sent);
        activity.applied(performance.now() - started, changes.length);
      });
    },

    search(vector, k, { signal, within } = {}) {
      const asked = performance.now();
      return new Promise<Hit[]>((resolve, reject) => {
        assertVector(vector, dimension, 'the query vector');
        assertK(k);
        openChannel();
        const cancelled = (): AppError => new AppError('cancelled', 'the search was cancelled');
        if (signal?.aborted) throw cancelled();
        if (waiting.size >= maxWaitingSearches) {
          const message = `${waiting.size} searches are waiting already`;
          throw new AppError('overloaded', message, { retryAfter: 1, details: { max: maxWaitingSearches } });
        }
        const onAbort = (): void => search.settle({ error: cancelled() });
        const onTimeout = (): void =>
          search.settle({
            error: new AppError('timeout', `no answer within ${searchTimeoutMs} ms`, { retryAfter: 1 }),
          });
        const timer = setTimeout(onTimeout, searchTimeoutMs);
        let isSettled = false;
        const search: WaitingSearch = {
          vector: vector.slice(),
          k,
          within: within?.slice(),
          settle(outcome) {
            clearTimeout(timer);
            signal?.removeEventListener('abort', onAbort);
            waiting.delete(search);
            if (isSettled) return;
            isSettled = true;
            const hits = 'hits' in outcome ? outcome.hits : null;
            activity.searched(performance.now() - asked, hits?.ms ?? null);
            if ('hits' in outcome) resolve(unpackHits(outcome.hits));
            else reject(outcome.error);
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.add(search);
        sendSearches();
      });
    },

    async vectorsOf(labels) {
      if (labels.length > MAX_VECTORS_READ) {
        throw new AppError(
          'invalid_input',
          `at most ${MAX_VECTORS_READ} vectors a call, not ${labels.length}`,
        );
      }
      return openChannel().request('vectors', { labels });
    },

    async scoresOf(vector, labels) {
      assertVector(vector, dimension, 'the query vector');
      if (labels.length > MAX_SCORES_READ) {
        throw new AppError('invalid_input', `at most ${MAX_SCORES_READ} scores a call, not ${labels.length}`);
      }
      return openChannel().request('scores', { vector, labels });
    },

    save: () => inOrder((current) => current.request('save', {})),

    reset: () => inOrder(async (current) => void (await current.request('reset', {}))),

    stats: () => ({ ...stats, activity: activity.read() }),

    get isOpen(): boolean {
      return isOpen;
    },

    async close({ save = false } = {}) {
      const current = channel;
      if (current === null) return;
      isOpen = false;
      await current.request('hurry', {}).catch(() => {});
      await lastJob;
      await current.close(save);
      if (channel === current) stop(unavailable());
    },
  };
}

function emptyStats(dimension: number): ThreadStats {
  const sizes = { built: 0, buildTotal: 0, live: 0, dead: 0, strays: 0, bytes: 0, copyBytes: 0 };
  return { kind: 'exact', building: false, watermark: 0n, dimension, ...sizes };
}
