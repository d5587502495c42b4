/** Who waits: a person at the search box, somebody for a paper just taken in, nobody in particular. */
export type Lane = 'query' | 'fresh' | 'backfill';
export const lanes = ['query', 'fresh', 'backfill'] as const satisfies readonly Lane[];

/** Fresh documents that may go before a waiting backfill: every fifth run is its, so that it ends one day. */
export const FRESH_BEFORE_BACKFILL = 4;

/**
 * The longest-waiting documents that are sorted by length and then all handed out, the longest first, before
 * later ones are looked at: cores then end a burst together, memory grows once instead of step by step, and
 * no document is passed over by more than the others of its window.
 */
export const WINDOW = 256;

export interface QueueItem {
  /** Estimated, at least 1. */
  readonly tokens: number;
}

interface Line<T> {
  /** Everything that waits, in order of arrival. A set removes from the middle at once, which an abort needs. */
  waiting: Set<T>;
  /** Put back after having been taken: first in line. */
  again: Set<T>;
  /** The sorted window, its next item last; those that were removed meanwhile are no longer in `waiting`. */
  window: T[];
}

export type TextQueue<T extends QueueItem> = ReturnType<typeof createTextQueue<T>>;

/**
 * Three lines of waiting texts, taken one by one. Pure: no clock, no promise, and no bound, which is the
 * pool's part because texts under way count as well.
 */
export function createTextQueue<T extends QueueItem>() {
  const line = (): Line<T> => ({ waiting: new Set(), again: new Set(), window: [] });
  const lines: Record<Lane, Line<T>> = { query: line(), fresh: line(), backfill: line() };
  /** Fresh documents taken since the last one of the backfill. */
  let freshInARow = 0;

  const sizeOf = ({ waiting, again }: Line<T>): number => waiting.size + again.size;

  const firstOf = (from: Set<T>): T | undefined => from.values().next().value;

  function firstOfWindow(from: Line<T>): T | undefined {
    for (;;) {
      const next = from.window.at(-1);
      if (next !== undefined && from.waiting.has(next)) return next;
      if (next !== undefined) from.window.pop();
      else if (from.waiting.size === 0) return undefined;
      else from.window = sortedWindow(from.waiting);
    }
  }

  function sortedWindow(waiting: Set<T>): T[] {
    const oldest: T[] = [];
    for (const item of waiting) {
      oldest.push(item);
      if (oldest.length === WINDOW) break;
    }
    // Stable, and reversed before: of equal length the longest-waiting is popped first.
    return oldest.reverse().sort((a, b) => a.tokens - b.tokens);
  }

  function documentLane(): Exclude<Lane, 'query'> {
    if (sizeOf(lines.backfill) === 0) return 'fresh';
    return sizeOf(lines.fresh) === 0 || freshInARow >= FRESH_BEFORE_BACKFILL ? 'backfill' : 'fresh';
  }

  /** Answers whether it was waiting. */
  function remove(item: T): boolean {
    let found = false;
    for (const { waiting, again } of Object.values(lines)) {
      found = waiting.delete(item) || again.delete(item) || found;
    }
    return found;
  }

  return {
    add(lane: Lane, item: T): void {
      lines[lane].waiting.add(item);
    },
    /** For an item that was taken and has to be taken once more: before all others of its lane. */
    putBack(lane: Lane, item: T): void {
      lines[lane].again.add(item);
    },
    /** The next query, where there is one that `accepts` takes: none is passed over. */
    takeQuery(accepts: (item: T) => boolean = () => true): T | undefined {
      const { again, waiting } = lines.query;
      const next = firstOf(again) ?? firstOf(waiting);
      if (next === undefined || !accepts(next)) return undefined;
      remove(next);
      return next;
    },
    /** The next document, likewise. */
    takeDocument(accepts: (item: T) => boolean = () => true): T | undefined {
      const lane = documentLane();
      const next = firstOf(lines[lane].again) ?? firstOfWindow(lines[lane]);
      if (next === undefined || !accepts(next)) return undefined;
      remove(next);
      freshInARow = lane === 'backfill' ? 0 : freshInARow + 1;
      return next;
    },
    remove,
    /** Empties the queue. */
    drain(): T[] {
      const all = lanes.flatMap((lane) => [...lines[lane].again, ...lines[lane].waiting]);
      for (const lane of lanes) lines[lane] = line();
      return all;
    },
    waiting: (lane: Lane): number => sizeOf(lines[lane]),
  };
}
