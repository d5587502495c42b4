import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import type { Embedder } from './embedder.js';
import type { EmbeddingStore, NewEmbedding, PendingDocument } from './embedding-store.js';

/** Texts embedded and stored together: what a killed process has to compute again, some 1.5 s of work. */
const CHUNK_SIZE = 64;

/** Chunks under way at once, so that the workers have work while vectors are being written. */
const CHUNKS_AHEAD = 2;

/** How often an idle backlog looks by itself; `hint` looks at once. */
const IDLE_POLL_MS = 30_000;

/** How often to ask whether the process that embeds has gone. */
const LOCK_POLL_MS = 1_000;

const backoffMs = { first: 500, most: 30_000 };

export type BacklogState =
  /** Not started, or closed. */
  | 'stopped'
  /** Every paper has its vector, but for those counted as failed. */
  | 'idle'
  | 'embedding'
  /** Another process on this database embeds; this one takes over when it ends. */
  | 'elsewhere'
  /** Waiting to try again after an error. */
  | 'retrying';

export interface BacklogStatus {
  state: BacklogState;
  /** Texts embedded by this process. */
  embedded: number;
  /** Papers whose text the model could not embed; tried again at the next start or when the text changes. */
  failed: number;
  error: string | null;
}

export interface HeldLock {
  /** Aborts when the lock is lost, with the connection that held it. */
  signal: AbortSignal;
  release(): Promise<void>;
}

export interface BacklogDeps {
  store: EmbeddingStore;
  embedder: Pick<Embedder, 'embedDocuments'>;
  /** One process embeds at a time, or two would compute the same vectors. null: another one has it. */
  lock: () => Promise<HeldLock | null>;
  log: Logger;
  /** Called after each stored chunk. */
  onStored: () => void;
}

/** Embeds whatever lacks a vector, until there is nothing left, and then whenever something comes in. */
export function createBacklog({ store, embedder, lock, log, onStored }: BacklogDeps) {
  const closing = new AbortController();
  const status: BacklogStatus = { state: 'stopped', embedded: 0, failed: 0, error: null };
  /** Text hashes that failed, by paper: a changed text is tried again. */
  const failed = new Map<number, Uint8Array>();
  let wake = new AbortController();
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    let wait = backoffMs.first;
    while (!closing.signal.aborted) {
      try {
        const held = await lock();
        if (held === null) {
          status.state = 'elsewhere';
          await pause(LOCK_POLL_MS);
          continue;
        }
        try {
          await work(AbortSignal.any([closing.signal, held.signal]));
        } finally {
          await held.release();
        }
        wait = backoffMs.first;
      } catch (error) {
        if (closing.signal.aborted) break;
        status.state = 'retrying';
        status.error = messageOf(error);
        log.error({ err: error, retryInMs: wait }, 'embedding stopped; it will be tried again');
        await pause(wait);
        wait = Math.min(wait * 2, backoffMs.most);
      }
    }
    status.state = 'stopped';
  }

  async function work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      wake = new AbortController();
      const stored = await pass(signal);
      if (stored > 0 || signal.aborted) continue;
      status.state = 'idle';
      status.error = null;
      await pause(IDLE_POLL_MS, AbortSignal.any([signal, wake.signal]));
    }
  }

  /** Once over everything that is pending, in key order. Returns how many vectors were stored. */
  async function pass(signal: AbortSignal): Promise<number> {
    let after = 0;
    let stored = 0;
    const underWay: Promise<number>[] = [];
    try {
      while (!signal.aborted) {
        const pending = await store.listPending(after, CHUNK_SIZE);
        if (pending.length === 0) break;
        after = pending.at(-1)!.paperKey;
        const due = pending.filter(({ paperKey, textHash }) => !isFailed(paperKey, textHash));
        if (due.length === 0) continue;
        status.state = 'embedding';
        const chunk = embedChunk(due, signal);
        // Its error is met where it is awaited; until then it must not count as unhandled.
        chunk.catch(() => undefined);
        underWay.push(chunk);
        if (underWay.length >= CHUNKS_AHEAD) stored += await underWay.shift()!;
      }
      for (const chunk of underWay) stored += await chunk;
      return stored;
    } finally {
      await Promise.allSettled(underWay);
    }
  }

  async function embedChunk(documents: PendingDocument[], signal: AbortSignal): Promise<number> {
    const vectors = await embedAll(documents, signal);
    const embeddings: NewEmbedding[] = documents.flatMap(({ paperKey, textHash }, at) => {
      const vector = vectors[at];
      return vector ? [{ paperKey, textHash, vector }] : [];
    });
    if (embeddings.length === 0) return 0;
    const stored = await store.add(embeddings);
    status.embedded += stored;
    onStored();
    return stored;
  }

  /** One text that the model can't take must not cost the chunk: after an error each is tried alone. */
  async function embedAll(
    documents: PendingDocument[],
    signal: AbortSignal,
  ): Promise<(Float32Array | null)[]> {
    try {
      return await embedder.embedDocuments(documents, { signal });
    } catch (error) {
      if (signal.aborted || documents.length === 0) throw error;
      if (documents.length > 1) {
        const vectors: (Float32Array | null)[] = [];
        for (const one of documents) vectors.push(...(await embedAll([one], signal)));
        if (vectors.every((vector) => vector === null)) throw error;
        return vectors;
      }
      const [{ paperKey, textHash }] = documents as [PendingDocument];
      failed.set(paperKey, textHash);
      status.failed = failed.size;
      log.error({ err: error, paper: paperKey }, 'this text could not be embedded');
      return [null];
    }
  }

  function isFailed(key: number, hash: Uint8Array): boolean {
    const known = failed.get(key);
    return known !== undefined && Buffer.compare(known, hash) === 0;
  }

  async function pause(ms: number, signal: AbortSignal = closing.signal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  return {
    start(): void {
      running ??= run();
    },
    /** Something came in: look now. */
    hint(): void {
      wake.abort();
    },
    status: (): BacklogStatus => ({ ...status }),
    /** Lets go of the lock once the texts under way are done; what wasn't stored stays pending. */
    async close(): Promise<void> {
      closing.abort();
      await running;
    },
  };
}

export type Backlog = ReturnType<typeof createBacklog>;
