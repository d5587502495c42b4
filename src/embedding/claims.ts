import type { PendingDocument, PendingOrder, PendingStore } from './pending-store.js';

/** Keys of one look: some ten seconds of work. */
const LIST_LIMIT = 1_000;

/** Between two looks while there is work, so that a stream of new papers isn't looked for at every claim. */
const LOOK_PAUSE_MS = 500;
/** … and this many times what a look takes, which grows with the papers that are done. */
const LOOK_SHARE = 20;

export interface Claims {
  /** Something came in: where the newest go first, it goes before what is listed. */
  hint(): void;
  /** Up to `limit` papers; none where nothing is due, or at the end of a pass from the first paper to the last. */
  next(owner: bigint, limit: number): Promise<PendingDocument[]>;
}

/**
 * Claims what is due, in one of the orders. Who is due is looked up for many claims at once: a look passes over
 * all papers that are done, and with one for each claim n papers would cost n² of that.
 */
export function createClaims(
  pending: Pick<PendingStore, 'claim' | 'listFresh' | 'listAfter'>,
  order: PendingOrder,
  now: () => number = () => performance.now(),
): Claims {
  let keys: number[] = [];
  let after = 0;
  let hinted = false;
  let lookAgainAt = 0;

  async function look(): Promise<void> {
    hinted = false;
    const started = now();
    keys = await (order === 'fresh' ? pending.listFresh(LIST_LIMIT) : pending.listAfter(after, LIST_LIMIT));
    after = keys.at(-1) ?? 0;
    const ended = now();
    lookAgainAt = ended + Math.max(LOOK_PAUSE_MS, (ended - started) * LOOK_SHARE);
  }

  return {
    hint(): void {
      hinted = order === 'fresh';
    },

    async next(owner, limit) {
      if (hinted && now() >= lookAgainAt) await look();
      // Others may have taken what was listed; after a second list that says nothing, there is nothing.
      for (let looks = 0; looks < 2; looks++) {
        while (keys.length > 0) {
          const claimed = await pending.claim(keys.splice(0, limit), owner);
          if (claimed.length > 0) return claimed;
        }
        await look();
        if (keys.length === 0) return [];
      }
      return [];
    },
  };
}
