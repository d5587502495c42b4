import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError, messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import { createClaims } from './claims.js';
import type { Embedder } from './embedder.js';
import type { EmbeddingStore } from './embedding-store.js';
import { LEASE_S, type PendingDocument, type PendingOrder, type PendingStore } from './pending-store.js';

/**
 * Texts claimed, embedded and stored together at most. Backfill: what a killed process has to compute again,
 * some 1.5 s of work. Fresh: fewer, so that a new paper is findable soon in the midst of a large intake.
 */
const CHUNK_SIZE = { fresh: 32, backfill: 64 } as const satisfies Record<PendingOrder, number>;

/** Chunks under way at once, so that the workers have a window to choose from while vectors are being written. */
const CHUNKS_AHEAD = 3;

/** How often an idle backlog looks by itself; `hint` looks at once. The question reads every paper. */
const IDLE_POLL_MS = 30_000;

/** How often to look whether another process has left something. */
const ELSEWHERE_POLL_MS = 1_000;

const RENEW_MS = (LEASE_S * 1_000) / 3;

const backoffMs = { first: 500, most: 30_000 };

export type BacklogState =
  /** Not started, or closed. */
  | 'stopped'
  /** Every paper has its vector, but for those counted as failed. */
  | 'idle'
  | 'embedding'
  /** Other processes on this database embed what is left. */
  | 'elsewhere'
  /** Waiting to try again after an error. */
  | 'retrying';

export interface BacklogStatus {
  state: BacklogState;
  /** Texts embedded and stored by this process. */
  embedded: number;
  error: string | null;
}

/** The lock that tells other processes that this one lives, and so that its claims hold. */
export interface Lease {
  /** The lock's key. */
  readonly owner: bigint;
  /** Aborts when the lock is lost, with the connection that held it. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

export interface BacklogDeps {
  pending: PendingStore;
  store: Pick<EmbeddingStore, 'add'>;
  embedder: Pick<Embedder, 'tryDocuments'>;
  lease: () => Promise<Lease>;
  log: Logger;
  /** Called after each stored chunk. */
  onStored: () => void;
}

/**
 * Embeds whatever lacks a vector, until there is nothing left, and then whenever something comes in. Any number
 * of processes may do so on one database: each claims what it takes on.
 */
export function createBacklog({ pending, store, embedder, lease, log, onStored }: BacklogDeps) {
  const closing = new AbortController();
  const status: BacklogStatus = { state: 'stopped', embedded: 0, error: null };
  let orders: readonly PendingOrder[] = ['fresh', 'backfill'];
  let wake = new AbortController();
  /** Aborts when `orders` has changed. */
  let regroup = new AbortController();
  let running: Promise<void> | null = null;
  let chunksUnderWay = 0;
  const claims = { fresh: createClaims(pending, 'fresh'), backfill: createClaims(pending, 'backfill') };

  async function run(): Promise<void> {
    let wait = backoffMs.first;
    while (!closing.signal.aborted) {
      try {
        const held = await lease();
        try {
          await work(held);
        } finally {
          await held.release();
        }
        wait = backoffMs.first;
      } catch (error) {
        if (closing.signal.aborted) break;
        status.state = 'retrying';
        status.error = messageOf(error);
        log.error({ err: error, retryInMs: wait }, 'embedding stopped; it will be tried again');
        await pause(wait, closing.signal);
        wait = Math.min(wait * 2, backoffMs.most);
      }
    }
    status.state = 'stopped';
  }

  /** Until the lease is lost or the backlog closes. */
  async function work({ owner, signal: lost }: Lease): Promise<void> {
    const failed = new AbortController();
    regroup = new AbortController();
    const signal = AbortSignal.any([closing.signal, lost, failed.signal, regroup.signal]);
    const renewal = setInterval(() => {
      pending.renew(owner).catch((error: unknown) => log.warn({ err: error }, 'claims were not renewed'));
    }, RENEW_MS);
    try {
      const loops = orders.map((order) => loop(order, owner, signal));
      // One that fails ends the others, or the caller would start anew beside them.
      for (const one of loops) one.catch(() => failed.abort());
      const ended = await Promise.allSettled(loops);
      const failure = ended.find((one) => one.status === 'rejected');
      if (failure) throw failure.reason;
    } finally {
      clearInterval(renewal);
    }
  }

  /** Each order has its own loop: a paper that comes in must not wait for the end of a backfill. */
  async function loop(order: PendingOrder, owner: bigint, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const woken = wake.signal;
      if ((await pass(order, owner, signal)) > 0 || signal.aborted) continue;
      const elsewhere = await pending.isClaimedElsewhere(owner);
      if (chunksUnderWay === 0) {
        status.state = elsewhere ? 'elsewhere' : 'idle';
        status.error = null;
      }
      await pause(elsewhere ? ELSEWHERE_POLL_MS : IDLE_POLL_MS, AbortSignal.any([signal, woken]));
    }
  }

  /** Once over everything that is pending. Returns how many papers were settled. */
  async function pass(order: PendingOrder, owner: bigint, signal: AbortSignal): Promise<number> {
    const underWay: Promise<number>[] = [];
    let settled = 0;
    try {
      while (!signal.aborted) {
        const due = await claims[order].next(owner, CHUNK_SIZE[order]);
        if (due.length === 0) break;
        status.state = 'embedding';
        chunksUnderWay += 1;
        const chunk = embedChunk(due, { order, owner, signal }).finally(() => {
          chunksUnderWay -= 1;
        });
        // Its error is met where it is awaited; until then it must not count as unhandled.
        chunk.catch(() => undefined);
        underWay.push(chunk);
        if (underWay.length >= CHUNKS_AHEAD) settled += await underWay.shift()!;
      }
      for (const chunk of underWay) settled += await chunk;
      return settled;
    } finally {
      await Promise.allSettled(underWay);
    }
  }

  /** Every paper of a chunk gets a vector or a reason; what gets neither is given back. */
  async function embedChunk(
    documents: PendingDocument[],
    { order, owner, signal }: { order: PendingOrder; owner: bigint; signal: AbortSignal },
  ): Promise<number> {
    const keys = documents.map(({ paperKey }) => paperKey);
    try {
      const results = await embedder.tryDocuments(documents, { signal, lane: order });
      const embeddings = documents.flatMap(({ paperKey, textHash }, at) => {
        const result = results[at]!;
        return 'vector' in result ? [{ paperKey, textHash, vector: result.vector }] : [];
      });
      const stored = embeddings.length === 0 ? 0 : await store.add(embeddings);
      status.embedded += stored;
      if (stored > 0) onStored();
      const refused = documents.flatMap((document, at) => {
        const result = results[at]!;
        return 'refused' in result ? [{ document, reason: result.refused }] : [];
      });
      for (const { document, reason } of refused) {
        log.error({ paper: document.paperKey, reason }, 'this text could not be embedded');
        await pending.markFailed(document, reason);
      }
      if (refused.length > 0) await pending.release(owner, keys);
      return documents.length;
    } catch (error) {
      await pending.release(owner, keys).catch(() => undefined);
      if (signal.aborted && isAppError(error)) return 0;
      throw error;
    }
  }

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  return {
    /** Begins; returns at once. `orders`: what this process does, everything when not given. */
    start(wanted: readonly PendingOrder[] = ['fresh', 'backfill']): void {
      orders = wanted;
      running ??= run();
    },
    /** From now on these as well. */
    also(order: PendingOrder): void {
      if (orders.includes(order)) return;
      orders = [...orders, order];
      regroup.abort();
    },
    /** Something came in: look now. */
    hint(): void {
      claims.fresh.hint();
      wake.abort();
      wake = new AbortController();
    },
    status: (): BacklogStatus => ({ ...status }),
    /** Ends once the texts under way are done; what wasn't stored stays pending. */
    async close(): Promise<void> {
      closing.abort();
      await running;
    },
  };
}

export type Backlog = ReturnType<typeof createBacklog>;
