import { AppError } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import {
  type IndexStats,
  type OpenedIndex,
  type PackedChanges,
  type PackedHits,
  type SavedSnapshot,
  unpackHits,
  type WorkerMessage,
} from './index-protocol.js';
import { EXACT_CEILING, EXACT_LIMIT } from './live-index.js';
import type { Hit, VectorChange, VectorSearcher } from './ports.js';
import { assertDimension, assertK, assertLabel, assertVector } from './vector.js';
import {
  createWorkerChannel,
  type StartWorker,
  startIndexWorker,
  type WorkerChannel,
} from './worker-channel.js';

export type { IndexStats, OpenedIndex, SavedSnapshot } from './index-protocol.js';

/** Searches that may wait: at 1 ms each the last is answered after a quarter of a second. */
export const MAX_WAITING_SEARCHES = 256;

/** A search that takes longer was not worth waiting for: the page's own time-out is near. */
export const SEARCH_TIMEOUT_MS = 5_000;

/** Searches handed to the thread at once: enough to keep it busy, few enough that an abort still helps. */
const SEARCHES_IN_FLIGHT = 16;

/** Changes of one message: 1,000 vectors of 384 numbers are 1.5 MB. */
const CHANGES_PER_MESSAGE = 1_000;

export interface VectorIndexOptions {
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

interface WaitingSearch {
  vector: Float32Array<ArrayBuffer>;
  k: number;
  /** Does nothing once the search was answered, aborted or timed out. */
  settle(outcome: { hits: Hit[] } | { error: unknown }): void;
}

function packChanges(changes: readonly VectorChange[], dimension: number): PackedChanges {
  const additions = changes.reduce((count, { vector }) => count + (vector === null ? 0 : 1), 0);
  const labels = new Uint32Array(changes.length);
  const rows = new Uint32Array(changes.length);
  const vectors = new Float32Array(additions * dimension);
  let row = 0;
  for (const [i, { label, vector }] of changes.entries()) {
    labels[i] = label;
    if (vector === null) continue;
    vectors.set(vector, row * dimension);
    rows[i] = ++row;
  }
  return { labels, rows, vectors };
}

/**
 * The vector index of a process, on a thread of its own. Errors of every call: `index_unavailable` before
 * `open`, after `close` and once the thread has died; `onDeath` tells, and `open` starts it anew.
 */
export function createVectorIndex(options: VectorIndexOptions) {
  const { dimension, modelId, dir, log, startWorker = startIndexWorker } = options;
  const { exactLimit = EXACT_LIMIT, exactCeiling = EXACT_CEILING } = options;
  const { maxWaitingSearches = MAX_WAITING_SEARCHES, searchTimeoutMs = SEARCH_TIMEOUT_MS } = options;
  assertDimension(dimension);

  let channel: WorkerChannel | null = null;
  let isOpen = false;
  let stats: IndexStats = emptyStats(dimension);
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
    else stats = message.stats;
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
      const { vector, k, settle } = search;
      current
        .request('search', { vector, k }, [vector.buffer])
        .then(
          (packed: PackedHits) => settle({ hits: unpackHits(packed) }),
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
    /**
     * Starts the thread and loads the newest good snapshot, where there is one. Changes after `watermark` have
     * to be applied. Callable again after a death.
     */
    async open(): Promise<OpenedIndex> {
      if (channel !== null) throw new AppError('internal', 'the vector index is open already');
      const settings = { dimension, modelId, dir, exactLimit, exactCeiling };
      const started = createWorkerChannel(startWorker(settings), {
        onMessage,
        onDeath: (error) => {
          log.error({ err: error }, error.message);
          stop(error);
          for (const listener of deathListeners) listener(error);
        },
      });
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

    /** Called with the reason whenever the thread ends unasked. Returns what takes the listener off again. */
    onDeath(listener: (error: AppError) => void): () => void {
      deathListeners.add(listener);
      return () => deathListeners.delete(listener);
    },

    /**
     * Applies changes in order; resolves when searches see them. Idempotent: a live label is not added twice,
     * and a retired one stays retired. `watermark` is kept as the last change that the index holds.
     * Errors: `vector_invalid` names the first label in `changes` that can't be taken; nothing was applied then.
     */
    async apply(changes: readonly VectorChange[], watermark: bigint): Promise<void> {
      const current = openChannel();
      for (const { label, vector } of changes) {
        assertLabel(label);
        if (vector !== null) assertVector(vector, dimension, `the vector of label ${label}`);
      }
      const sent: Promise<null>[] = [];
      for (let from = 0; from < changes.length || from === 0; from += CHANGES_PER_MESSAGE) {
        const part = packChanges(changes.slice(from, from + CHANGES_PER_MESSAGE), dimension);
        const isLast = from + CHANGES_PER_MESSAGE >= changes.length;
        const { labels, rows, vectors } = part;
        const transfer = [labels.buffer, rows.buffer, vectors.buffer];
        sent.push(
          current.request('apply', { changes: part, watermark: isLast ? watermark : null }, transfer),
        );
      }
      await Promise.all(sent);
    },

    /**
     * k nearest of all live vectors, best first, ties by ascending label. Errors: `vector_invalid`,
     * `invalid_input` (k), `overloaded`, `timeout`, `cancelled`, `index_unavailable`.
     */
    search(
      vector: Float32Array,
      k: number,
      { signal }: { signal?: AbortSignal | undefined } = {},
    ): Promise<Hit[]> {
      return new Promise((resolve, reject) => {
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
        const search: WaitingSearch = {
          vector: vector.slice(),
          k,
          settle(outcome) {
            clearTimeout(timer);
            signal?.removeEventListener('abort', onAbort);
            waiting.delete(search);
            if ('hits' in outcome) resolve(outcome.hits);
            else reject(outcome.error);
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.add(search);
        sendSearches();
      });
    },

    /** Writes a snapshot of everything applied so far; null where there is none to write: the index is exact or being built. */
    save(): Promise<SavedSnapshot | null> {
      return openChannel().request('save', {});
    },

    /** Empties the index and removes its snapshots. */
    async reset(): Promise<void> {
      await openChannel().request('reset', {});
    },

    /** As of the last answer of the thread; empty while it is not open. */
    stats(): IndexStats {
      return stats;
    },

    get isOpen(): boolean {
      return isOpen;
    },

    /** Finishes what was asked before, then ends the thread. Callable more than once. */
    async close({ save = false }: { save?: boolean } = {}): Promise<void> {
      const current = channel;
      if (current === null) return;
      isOpen = false;
      await current.close(save);
      if (channel === current) stop(unavailable());
    },
  } satisfies VectorSearcher & Record<string, unknown>;
}

export type VectorIndex = ReturnType<typeof createVectorIndex>;

function emptyStats(dimension: number): IndexStats {
  return { kind: 'exact', building: false, live: 0, dead: 0, strays: 0, watermark: 0n, dimension, bytes: 0 };
}
