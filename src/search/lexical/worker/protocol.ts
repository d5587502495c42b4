import type { SerializedError } from '../../../platform/error-transfer.js';
import type { LexicalAnswer, LexicalEngine, LexicalStats } from '../ports.js';

/** The calls of the engine that go to the thread, with their arguments as they are. */
export type LexicalOperation = keyof LexicalEngine;

export interface LexicalRequest {
  id: number;
  op: LexicalOperation;
  args: readonly unknown[];
}

export type LexicalMessage =
  | { id: number; value: unknown; ms: number; stats: LexicalStats }
  | { id: number; error: SerializedError; ms: number; stats: LexicalStats };

export interface LexicalWorkerSettings {
  /** The snapshots' folder. */
  dir: string;
}

/** The answer to a search on its way: an object a hit takes four times as long to copy between threads as two arrays. */
export interface PackedAnswer extends Omit<LexicalAnswer, 'hits' | 'also'> {
  keys: Uint32Array;
  scores: Float32Array;
  also: Float32Array;
}

export function packAnswer({ hits, also, ...rest }: LexicalAnswer): PackedAnswer {
  return {
    ...rest,
    keys: Uint32Array.from(hits, ({ key }) => key),
    scores: Float32Array.from(hits, ({ score }) => score),
    also: Float32Array.from(also),
  };
}

export function unpackAnswer({ keys, scores, also, ...rest }: PackedAnswer): LexicalAnswer {
  return { ...rest, hits: Array.from(keys, (key, at) => ({ key, score: scores[at]! })), also: [...also] };
}
