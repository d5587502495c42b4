import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backlog, createBacklog } from '../embedding/backlog.js';
import { createEmbedder, type LocalEmbedder } from '../embedding/create-embedder.js';
import { createEmbeddingStore, type EmbeddingStore } from '../embedding/embedding-store.js';
import { createPendingStore, type PendingStore } from '../embedding/pending-store.js';
import type { Clock } from '../platform/clock.js';
import { tryAdvisoryLock } from '../platform/db/advisory-lock.js';
import type { Database } from '../platform/db/database.js';
import { AppError, messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import type { EngineHooks } from './engine-metrics.js';

/** Between two looks whether the model is loaded: after a failure it is tried again, for files can be mended. */
const LOAD_RETRY_MS = 10_000;

/** Everything of one model in one process, whatever index is over its vectors. */
export interface ModelPart {
  readonly id: string;
  readonly dimension: number;
  readonly embedder: LocalEmbedder;
  readonly embeddings: EmbeddingStore;
  readonly pending: PendingStore;
  readonly backlog: Backlog;
  /** Loads the model, and again whenever it is not there; returns at once. */
  load(): void;
  /** Why it couldn't be loaded the last time; null where it was, or is being loaded. */
  readonly loadError: string | null;
  /** Calls after vectors were stored, until the returned function is called. */
  onStored(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface ModelPartDeps {
  db: Database;
  clock: Clock;
  log: Logger;
  workers: number;
  onRun?: EngineHooks['onRun'] | undefined;
}

/** Reads the manifest; the model itself is loaded by the first text, or `load`. */
export async function openModelPart(
  modelDir: string,
  { db, clock, log, workers, onRun }: ModelPartDeps,
): Promise<ModelPart> {
  const embedder = await createEmbedder({ modelDir, workers, log, ...(onRun ? { onRun } : {}) });
  const { model } = embedder;
  const embeddings = createEmbeddingStore(db, model, clock);
  const pending = createPendingStore(db, model.id);
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let loading: Promise<void> | null = null;
  let loadError: string | null = null;

  async function keepLoaded(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await embedder.warm();
        loadError = null;
      } catch (error) {
        if (closing.signal.aborted) return;
        loadError = messageOf(error);
        log.error({ err: error, retryInMs: LOAD_RETRY_MS }, 'the model could not be loaded');
      }
      await sleep(LOAD_RETRY_MS, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  }
  const backlog = createBacklog({
    pending,
    store: embeddings,
    embedder,
    lease: async () => {
      // A name of its own: the lock is never waited for, it only shows that its holder lives.
      const lock = await tryAdvisoryLock(db.pool, `embedding process ${randomUUID()}`);
      if (lock === null) throw new AppError('internal', 'a random lock was taken already');
      return { owner: lock.key, signal: lock.signal, release: lock.release };
    },
    log,
    onStored: () => {
      for (const listener of listeners) listener();
    },
  });
  return {
    id: model.id,
    dimension: model.dimension,
    embedder,
    embeddings,
    pending,
    backlog,
    load() {
      loading ??= keepLoaded();
    },
    get loadError() {
      return loadError;
    },
    onStored(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      await backlog.close();
      await embedder.close();
      await loading;
    },
  };
}
