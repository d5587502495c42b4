import type { Entry } from './open-texts.js';
import type { ModelWorker } from './thread.js';

/** One under way and one for when it is done, so that no worker idles for a message's way there and back. */
export const AHEAD = 2;

/** A worker and what it has. */
export interface Slot {
  readonly worker: ModelWorker;
  state: 'loading' | 'ready' | 'draining';
  /** Texts given to it and not answered yet, by id. */
  readonly underWay: Map<number, Entry>;
  /** Monotonic milliseconds of the last answer, or of the first text given since it was idle. */
  busySince: number;
  /** Runs while a load or a run does. */
  timer: NodeJS.Timeout | undefined;
}

/** So long after a query others are expected: people page and refine, and programs ask one after the other. */
const MORE_QUERIES_MS = 250;

/**
 * The workers that may take documents. While queries are coming in one is kept free of them: a document takes 25 ms, which
 * each query would wait for on average by half, and can't be broken off.
 */
export function workersForDocuments(slots: Iterable<Slot>, msSinceQuery: number): Slot[] {
  const ready = [...slots].filter(({ state }) => state === 'ready');
  return ready.length > 1 && msSinceQuery < MORE_QUERIES_MS ? ready.slice(1) : ready;
}

function countOf(slot: Slot, isQuery: boolean): number {
  let count = 0;
  for (const { lane } of slot.underWay.values()) if ((lane === 'query') === isQuery) count += 1;
  return count;
}

const hasLonely = (slot: Slot): boolean => [...slot.underWay.values()].some(({ alone }) => alone);

/**
 * The worker that would begin with a text of this kind first: an idle one, else the one with the fewest
 * texts before it, among equals the one whose run began first. null where all have enough.
 */
export function workerFor(kind: 'query' | 'document', slots: Iterable<Slot>): Slot | null {
  let best: { slot: Slot; before: number } | null = null;
  for (const slot of slots) {
    if (slot.state !== 'ready' || hasLonely(slot)) continue;
    const alike = countOf(slot, kind === 'query');
    if (alike >= AHEAD) continue;
    // A query goes before waiting documents, but not before the one that may be under way.
    const others = slot.underWay.size - alike;
    const before = kind === 'query' ? alike + Math.min(others, 1) : slot.underWay.size;
    const better =
      best === null ||
      before < best.before ||
      (before === best.before && slot.busySince < best.slot.busySince);
    if (better) best = { slot, before };
  }
  return best?.slot ?? null;
}
