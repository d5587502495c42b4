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

/** k nearest by inner product, best first, ties by ascending label; fewer where there are fewer. */
export interface VectorSearcher {
  search(vector: Float32Array, k: number, options?: { signal?: AbortSignal | undefined }): Promise<Hit[]>;
}
