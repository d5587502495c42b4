import type { PendingDocument, PendingStore } from './pending-store.js';

/** Keys of one look: some ten seconds of work. */
const LIST_LIMIT = 1_000;

/** Between two looks while there is work, so that a stream of new papers isn't looked for at every claim. */
const LOOK_PAUSE_MS = 500;
/** … and this many times what a look takes, which grows with the papers of the last hour. */
const LOOK_SHARE = 20;

/**
 * Claims new papers, the newest first. Who is due is looked up for many claims at once: a look passes over all
 * that came in and are done, and with one for each claim an intake of n papers would cost n² of that.
 */
export function createFreshClaims(
  pending: Pick<PendingStore, 'claim' | 'listFresh'>,
  now: () => number = () => performance.now(),
) {
  let keys: number[] = [];
  let hinted = false;
  let lookAgainAt = 0;

  async function look(): Promise<void> {
    hinted = false;
    const started = now();
    keys = await pending.listFresh(LIST_LIMIT);
    const ended = now();
    lookAgainAt = ended + Math.max(LOOK_PAUSE_MS, (ended - started) * LOOK_SHARE);
  }

  return {
    /** Something came in: it goes before what is known. */
    hint(): void {
      hinted = true;
    },

    /** Up to `limit` papers; none where nothing is due. */
    async claim(owner: bigint, limit: number): Promise<PendingDocument[]> {
      if (hinted && now() >= lookAgainAt) await look();
      // Others may have taken what was listed; after a second list that says nothing, there is nothing.
      for (let looks = 0; looks < 2; looks++) {
        while (keys.length > 0) {
          const claimed = await pending.claim({ from: { keys: keys.splice(0, limit) }, owner });
          if (claimed.length > 0) return claimed;
        }
        await look();
      }
      return [];
    },
  };
}
