/** Queries are waited for by people, documents by a background job: the first always overtake. */
export type Lane = 'query' | 'document';

export interface QueueLimits {
  /** Waiting texts, by lane. */
  maxWaiting: Readonly<Record<Lane, number>>;
  /** Texts in one batch of documents. */
  maxBatchTexts: number;
  /** Estimated tokens in one batch of documents; a longer text travels alone. */
  maxBatchTokens: number;
}

export interface QueueItem {
  /** Estimated, at least 1. */
  readonly tokens: number;
  /** Travels in a batch of its own. */
  readonly alone: boolean;
}

export type BatchQueue<T extends QueueItem> = ReturnType<typeof createBatchQueue<T>>;

/**
 * Bounded first-in, first-out queue with two lanes, read in small batches. Pure: no clock, no promise.
 *
 * A batch is what a worker does before it can take a query, so it is bounded by tokens, not by texts
 * (as in Hugging Face's text-embeddings-inference). Batches aren't sorted by length: a worker runs texts
 * one by one, without padding, and first-in first-out starves nobody.
 */
export function createBatchQueue<T extends QueueItem>(limits: QueueLimits) {
  const { maxWaiting, maxBatchTexts, maxBatchTokens } = limits;
  // Sets keep their order and remove from the middle at once, which an abort needs.
  const lanes: Record<Lane, Set<T>> = { query: new Set(), document: new Set() };

  function takeDocuments(): T[] {
    const batch: T[] = [];
    let tokens = 0;
    for (const item of lanes.document) {
      tokens += item.tokens;
      const full = tokens > maxBatchTokens || batch.length === maxBatchTexts || item.alone;
      if (batch.length > 0 && full) break;
      lanes.document.delete(item);
      batch.push(item);
      if (item.alone) break;
    }
    return batch;
  }

  return {
    /** Takes all of the items or, where they don't fit, none and answers false. */
    offer(lane: Lane, items: readonly T[]): boolean {
      if (lanes[lane].size + items.length > maxWaiting[lane]) return false;
      for (const item of items) lanes[lane].add(item);
      return true;
    },
    /** Puts items that were taken back at the front, beyond the bound if need be: they were admitted once. */
    putBack(lane: Lane, items: readonly T[]): void {
      lanes[lane] = new Set([...items, ...lanes[lane]]);
    },
    /** The next batch: one query, else some documents; empty where nothing waits. */
    take(): T[] {
      for (const query of lanes.query) {
        lanes.query.delete(query);
        return [query];
      }
      return takeDocuments();
    },
    /** Items that aren't waiting (any more) are ignored. */
    remove(items: Iterable<T>): void {
      for (const item of items) for (const lane of Object.values(lanes)) lane.delete(item);
    },
    /** Empties the queue. */
    drain(): T[] {
      const all = [...lanes.query, ...lanes.document];
      for (const lane of Object.values(lanes)) lane.clear();
      return all;
    },
    waiting: (lane: Lane): number => lanes[lane].size,
  };
}
