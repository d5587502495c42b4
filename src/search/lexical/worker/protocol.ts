import type { SerializedError } from '../../../platform/error-transfer.js';
import type { LexicalEngine, LexicalStats } from '../ports.js';

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
