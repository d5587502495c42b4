import type { ModelManifest } from './manifest.js';

/** What a worker thread is started with. */
export interface WorkerSettings {
  /** Absolute. */
  modelDir: string;
  manifest: ModelManifest;
  /** See run-gate.ts. */
  gate: SharedArrayBuffer;
}

/** Messages are handled strictly one after another, so `stop` takes effect after everything sent before. */
export type ToWorker = { kind: 'embed'; texts: readonly string[] } | { kind: 'stop' };

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

export type FromWorker =
  | { kind: 'ready'; loadMs: number }
  | { kind: 'load-failed'; reason: string }
  /** One a text, in order, as soon as it is there. */
  | { kind: 'result'; result: TextResult };
