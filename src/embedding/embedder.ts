import type { Lane } from './pool/text-queue.js';

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

export type DocumentLane = Exclude<Lane, 'query'>;

export interface EmbedDocumentsOptions extends EmbedOptions {
  /** `fresh` (the default) for what somebody waits for, `backfill` for what can wait behind it. */
  lane?: DocumentLane | undefined;
}

/** What became of one text: its vector, or why this very text can't be embedded, now or later. */
export type DocumentOutcome = { vector: Float32Array } | { refused: string };

/**
 * Text in, vectors out. Vectors are float32, finite, `model.dimension` long, L2-normalised, and the caller's
 * own. Queries overtake documents. Errors: `overloaded` (too many texts open), `cancelled` (signal),
 * `shutting_down`, `model_invalid` (files missing or changed), `model_unavailable` (workers died more often
 * than allowed).
 */
export interface Embedder {
  readonly model: EmbeddingModel;
  /** Loads the model; resolves when a first text could be embedded. Callable more than once. */
  warm(): Promise<void>;
  /** True once a worker has the model loaded: `embedQuery` would be answered without the load's wait. */
  readonly isWarm: boolean;
  /** White space and Unicode form of a query make no difference: it is embedded in NFC, single-spaced. */
  embedQuery(text: string, options?: EmbedOptions): Promise<Float32Array>;
  /**
   * One vector a document, in the order given, at most 1,024 documents a call. Where one document is at
   * fault (a worker died on it twice), the call fails with `model_unavailable` and its place in
   * `details.index`; the rest of that call is withdrawn, other calls don't notice.
   */
  embedDocuments(
    documents: readonly DocumentText[],
    options?: EmbedDocumentsOptions,
  ): Promise<Float32Array[]>;
  /**
   * As `embedDocuments`, but a document at fault is refused alone and the others get their vectors. Rejects
   * only for what isn't a text's fault.
   */
  tryDocuments(
    documents: readonly DocumentText[],
    options?: EmbedDocumentsOptions,
  ): Promise<DocumentOutcome[]>;
  /** Waits for runs under way (stopping one in the middle would abort the process), refuses the rest. */
  close(): Promise<void>;
}
