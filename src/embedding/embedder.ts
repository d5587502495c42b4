/** What a vector must match to be comparable: two vectors with different `id` never meet in one index. */
export interface EmbeddingModel {
  /** Name and fingerprint, e.g. `Xenova/all-MiniLM-L6-v2@1f0c9a3b52d7`. Changes with anything that changes vectors. */
  readonly id: string;
  /** Length of every vector. */
  readonly dimension: number;
  /** Longer texts are cut here, counted with the model's special tokens. */
  readonly maxTokens: number;
}

export interface DocumentText {
  title: string;
  /** '' where the paper has none. */
  abstract: string;
}

export interface EmbedOptions {
  /** Takes a waiting text out of the queue; a run under way finishes and its result is dropped. */
  signal?: AbortSignal | undefined;
}

/**
 * Text in, vectors out. Vectors are float32, `model.dimension` long, L2-normalised.
 * Queries overtake documents. Errors: `overloaded` (queue full), `cancelled` (signal), `shutting_down`,
 * `model_invalid` (files missing or changed), `model_unavailable` (a worker died more often than allowed).
 */
export interface Embedder {
  readonly model: EmbeddingModel;
  /** Loads the model; resolves when a first text could be embedded. Callable more than once. */
  warm(): Promise<void>;
  /** True once a worker has the model loaded: `embedQuery` would be answered without the load's wait. */
  readonly isWarm: boolean;
  embedQuery(text: string, options?: EmbedOptions): Promise<Float32Array>;
  /**
   * One vector a document, in the order given, at most 1,024 documents a call. Where one document is at
   * fault (a worker died on it twice), the call fails with `model_unavailable` and its place in
   * `details.index`; the rest of that call is withdrawn, other calls don't notice.
   */
  embedDocuments(documents: readonly DocumentText[], options?: EmbedOptions): Promise<Float32Array[]>;
  /** Waits for runs under way (stopping one in the middle would abort the process), refuses the rest. */
  close(): Promise<void>;
}
