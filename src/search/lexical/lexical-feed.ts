import type { PaperChange } from '../../papers/paper-feed-store.js';
import { type LexicalDocument, pointsToCode } from './document.js';
import type { LexicalChanges } from './ports.js';

/** What the index takes of a change. */
export function documentOf({ key, paper }: PaperChange): LexicalDocument | null {
  if (paper === null) return null;
  const { url, createdAt, ...rest } = paper;
  return {
    key,
    ...rest,
    hasCode: pointsToCode({ abstract: paper.abstract, url }),
    createdAt: createdAt.getTime(),
  };
}

/** Changes in the order of their commits as one step. A paper's last change is the one that holds. */
export function changesOf(feed: readonly PaperChange[], watermark: bigint): LexicalChanges {
  const last = new Map(feed.map((change) => [change.key, documentOf(change)]));
  const put: LexicalDocument[] = [];
  const removed: number[] = [];
  for (const [key, document] of last) {
    if (document === null) removed.push(key);
    else put.push(document);
  }
  return { put, removed, watermark };
}
