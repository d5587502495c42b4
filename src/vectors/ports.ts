import type { AppError } from '../platform/errors.js';

/** A vector's name in the index: the id of its embedding row. 0 to 2^32 - 1, never used twice. */
export type Label = number;

export interface Hit {
  label: Label;
  /** Inner product of normalised vectors: cosine similarity, -1 to 1, higher is nearer. */
  score: number;
}

/**
 * One change of the set of live vectors. `seq` grows in commit order, so "everything after seq" never
 * misses a change that was committed later.
 */
export interface VectorChange {
  seq: bigint;
  label: Label;
  /** null: the label is retired (superseded by a newer embedding, or its paper is gone). */
  vector: Float32Array | null;
}

/** The database's side of the index: what it has to cover. */
export interface VectorSource {
  readonly modelId: string;
  readonly dimension: number;
  /** Changes with seq greater than `after`, ascending, at most `limit`. A label retired after its insertion appears once, as retired. */
  changesSince(after: bigint, limit: number): Promise<VectorChange[]>;
  /** The highest seq there is; 0n where there is none. */
  head(): Promise<bigint>;
  /** How many labels are live. */
  countLive(): Promise<number>;
}

export interface VectorSearchOptions {
  signal?: AbortSignal | undefined;
  /**
   * The labels that may be hits, in any order; those that are unknown or retired do no harm. It is not changed,
   * and may be changed again once the call has returned its promise. Without it every live label may be a hit.
   */
  within?: Uint32Array | undefined;
}

/** k nearest by inner product, best first, ties by ascending label; fewer where there are fewer. */
export interface VectorSearcher {
  search(vector: Float32Array, k: number, options?: VectorSearchOptions): Promise<Hit[]>;
}

export interface VectorReader {
  /** The vectors of these labels, in their order; null for one that isn't live. At most 1,000 a call. */
  vectorsOf(labels: readonly Label[]): Promise<(Float32Array | null)[]>;
  /**
   * Inner products of a vector and those of these labels, in their order; NaN for one that isn't live. May be off by
   * some 5e-4 (standard deviation, 384 numbers): an index need not read the vectors themselves for this. At most
   * 10,000 a call.
   */
  scoresOf(vector: Float32Array, labels: Uint32Array): Promise<Float64Array>;
}

export interface OpenedIndex {
  /** The last change that the index holds: those after it have to be applied. */
  watermark: bigint;
  size: number;
  source: 'snapshot' | 'previous-snapshot' | 'empty';
  kind: 'exact' | 'hnsw';
}

export interface SavedSnapshot {
  file: string;
  bytes: number;
  count: number;
  dead: number;
  watermark: bigint;
}

/** Times of finished work, in milliseconds, since the index was created. */
export interface WorkTimes {
  count: number;
  totalMs: number;
  maxMs: number;
}

/** What the index has done since it was created, over every thread that it has had. */
export interface IndexActivity {
  /** Answered searches, from the call to the answer; `waitMs` is the part of it in which nothing worked on them. */
  searches: WorkTimes & { failed: number; waitMs: number; maxWaitMs: number };
  /** Calls of `apply`, and how many changes they brought. */
  applies: WorkTimes & { changes: number };
  snapshots: WorkTimes & { failed: number; lastMs: number; lastBytes: number };
  /** Graphs that went into service: the first one, and those that took the place of another. */
  builds: number;
  rebuilds: number;
}

export interface IndexStats {
  kind: 'exact' | 'hnsw';
  /** A graph is being built in the background; searches are complete all the same. */
  building: boolean;
  /** Vectors in that graph so far, and those it will have as far as is known; 0 where none is being built. */
  built: number;
  buildTotal: number;
  live: number;
  /** Tombstones in the graph. */
  dead: number;
  /** Vectors searched exactly beside the graph because its search misses them. */
  strays: number;
  /** The last change that the index holds. */
  watermark: bigint;
  dimension: number;
  /** Memory of vectors, links and the copies that filters are answered from. */
  bytes: number;
  /** The copies' part of it. */
  copyBytes: number;
  activity: IndexActivity;
}

/**
 * The vector index of a process: a derived set of live vectors, kept in step by the indexer, which is told by
 * `open` from where to go on. Ours is a thread with a graph (worker/client.ts); an outside engine can stand here
 * as well. Errors of every call: `index_unavailable` before `open`, after `close` and once the engine is gone;
 * `onDeath` tells of that, and `open` starts anew.
 */
export interface VectorIndex extends VectorSearcher, VectorReader {
  readonly isOpen: boolean;

  /** Starts, and loads what was saved, where there is something of this model and dimension. */
  open(): Promise<OpenedIndex>;

  /** Called with the reason whenever the engine ends unasked. Returns what takes the listener off again. */
  onDeath(listener: (error: AppError) => void): () => void;

  /**
   * Applies changes in order; resolves when searches see them. Idempotent: a live label is not added twice,
   * and a retired one stays retired. `watermark` is kept as the last change that the index holds. `changes`
   * must not be changed before the end. Errors: `vector_invalid` names the first label in `changes` that can't
   * be taken; nothing was applied then.
   */
  apply(changes: readonly VectorChange[], watermark: bigint): Promise<void>;

  /**
   * k nearest of all live vectors, or of those in `within`. Errors: `vector_invalid`, `invalid_input` (k),
   * `overloaded`, `timeout`, `cancelled`, `index_unavailable`.
   */
  search(vector: Float32Array, k: number, options?: VectorSearchOptions): Promise<Hit[]>;

  /** Saves everything applied so far; null where there is nothing to save yet. Errors: `snapshot_failed`. */
  save(): Promise<SavedSnapshot | null>;

  /** Empties the index and what was saved of it. */
  reset(): Promise<void>;

  /** As of the last answer of the engine; of an empty index while it is not open. */
  stats(): IndexStats;

  /** Finishes what was asked before, saves where told, and ends. Callable more than once; never rejects. */
  close(options?: { save?: boolean }): Promise<void>;
}
