import type { SerializedError } from '../../platform/error-transfer.js';
import type { Hit, IndexStats, OpenedIndex, SavedSnapshot } from '../ports.js';

/** What the worker is started with. */
export interface WorkerSettings {
  dimension: number;
  modelId: string;
  /** The snapshots' folder. */
  dir: string;
  exactLimit: number;
  exactCeiling: number;
  /** Of native-gate.ts: the process doesn't end while the thread is in native code. */
  gate: SharedArrayBuffer;
}

/** Changes in order. `rows` gives for each label its row in `vectors`, counted from 1; 0 where it is retired. */
export interface PackedChanges {
  labels: Uint32Array<ArrayBuffer>;
  rows: Uint32Array<ArrayBuffer>;
  vectors: Float32Array<ArrayBuffer>;
}

export interface PackedHits {
  labels: Uint32Array<ArrayBuffer>;
  scores: Float64Array<ArrayBuffer>;
  /** What the search took without its waiting. */
  ms: number;
}

/** What the thread knows of itself; the client adds what was done. */
export type ThreadStats = Omit<IndexStats, 'activity'>;

export interface SearchBody {
  vector: Float32Array<ArrayBuffer>;
  k: number;
  within: Uint32Array<ArrayBuffer> | undefined;
}

/** One entry a request: what goes to the worker and what comes back. */
export interface IndexOperations {
  open: { request: object; reply: OpenedIndex };
  search: { request: SearchBody; reply: PackedHits };
  vectors: { request: { labels: readonly number[] }; reply: (Float32Array | null)[] };
  scores: { request: { vector: Float32Array; labels: Uint32Array }; reply: Float64Array };
  /** `watermark` is null where more batches of the same call follow. */
  apply: { request: { changes: PackedChanges; watermark: bigint | null }; reply: null };
  /** null: there is nothing to save, because the index is exact or its graph is being built. */
  save: { request: object; reply: SavedSnapshot | null };
  reset: { request: object; reply: null };
  /** `close` will follow: additions don't wait for the graph that is being built any more. Answered at once. */
  hurry: { request: object; reply: null };
  /** Finishes what was asked before, saves where told and ends the thread. */
  close: { request: { save: boolean }; reply: null };
}

export type Operation = keyof IndexOperations;
export type IndexRequest = {
  [Op in Operation]: { id: number; op: Op } & IndexOperations[Op]['request'];
}[Operation];

export type WorkerMessage =
  | { type: 'reply'; id: number; value: IndexOperations[Operation]['reply']; stats: ThreadStats }
  | { type: 'failure'; id: number; error: SerializedError; stats: ThreadStats }
  | { type: 'stats'; stats: ThreadStats }
  /** A snapshot was written, or failed to be: then there is no `bytes`. */
  | { type: 'snapshot'; ms: number; bytes: number | null }
  /** A graph went into service. */
  | { type: 'built'; isRebuild: boolean }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string; fields: Record<string, unknown> };

export function packHits(hits: readonly Hit[], ms: number): PackedHits {
  return {
    ms,
    labels: Uint32Array.from(hits, (hit) => hit.label),
    scores: Float64Array.from(hits, (hit) => hit.score),
  };
}

export function unpackHits({ labels, scores }: PackedHits): Hit[] {
  return Array.from(labels, (label, i) => ({ label, score: scores[i]! }));
}
