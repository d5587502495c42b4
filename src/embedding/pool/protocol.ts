import type { ModelManifest } from '../model/manifest.js';

/** What a worker thread is started with. */
export interface WorkerSettings {
  /** Absolute. */
  modelDir: string;
  manifest: ModelManifest;
  /** See native-gate.ts. */
  gate: SharedArrayBuffer;
}

export interface EmbedRequest {
  /** Unlike that of any other text the worker has. */
  id: number;
  text: string;
  /** Goes before every text that isn't, once the run under way is over. */
  urgent: boolean;
}

export type ToWorker =
  | ({ kind: 'embed' } & EmbedRequest)
  /** A text that was given already has become urgent. Ignored where it is done or under way. */
  | { kind: 'hurry'; id: number }
  /** End once every text given has been answered. */
  | { kind: 'stop' };

export type TextResult =
  | {
      ok: true;
      vector: Float32Array<ArrayBuffer>;
      /** Tokens that the model saw, special ones included. */
      tokens: number;
      /** The text was longer than the model's maximum. */
      truncated: boolean;
    }
  | { ok: false; reason: string };

export interface Answer {
  id: number;
  result: TextResult;
  /** Milliseconds from the text's turn to its result. */
  runMs: number;
}

export type FromWorker =
  | { kind: 'ready'; loadMs: number }
  | { kind: 'load-failed'; reason: string }
  | ({ kind: 'answer' } & Answer);
