import type { DocumentText } from '../../src/embedding/embedder.js';

/**
 * Who runs against whom: ours; the library's plain pipeline in batches as they come, and one text at a time;
 * and the limit, bare runs of the network over texts that were tokenised and sorted before.
 */
export const contenderNames = ['ours', 'batches', 'singly', 'limit'] as const;
export type ContenderName = (typeof contenderNames)[number];

export type ToContender =
  | { kind: 'prepare'; documents: DocumentText[] }
  | { kind: 'run' }
  | { kind: 'close' };

export type FromContender =
  /** Loaded, or prepared for a run. */
  { kind: 'ready' } | { kind: 'done'; ms: number; peakMb: number | null };
