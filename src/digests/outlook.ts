import type { Catalog } from '../papers/catalog.js';
import type { Clock } from '../platform/clock.js';
import type { HistoryStore, LastDigests } from './history-store.js';
import { withFirstLikes } from './naming.js';
import { comesNext, type Due, dueSince } from './schedule.js';
import type { Subscription } from './subscription.js';

/** A subscription with what its owner asks first: when does a digest come, and did one? */
export interface OwnSubscription extends Subscription {
  /** The next one, or the first of one that isn't confirmed yet; past: it is about to be sent. null: it has ended. */
  next: Due | null;
  /** The last one that was sent; null: none was. */
  last: LastDigests['sent'];
  /** Title of the first of `likes`; null: none is known. */
  firstLike: string | null;
}

export interface OutlookDeps {
  history: Pick<HistoryStore, 'listLast'>;
  catalog: Pick<Catalog, 'resolve'>;
  clock: Clock;
}

export function createOutlook({ history, catalog, clock }: OutlookDeps) {
  /** Each of them, in their order. */
  async function listOwn(subscriptions: readonly Subscription[]): Promise<OwnSubscription[]> {
    const now = clock.now();
    const found = await history.listLast(
      subscriptions.map(({ id }) => id),
      now,
    );
    const lasts = new Map(found.map((one) => [one.subscription, one]));
    return (await withFirstLikes(subscriptions, catalog)).map((one) => {
      const last = lasts.get(one.id);
      // What waits for its confirmation begins with it.
      const since = one.state === 'pending' ? now : dueSince(one);
      const next =
        one.state === 'ended' ? null : comesNext(one, { now, last: last?.localDate ?? null, since });
      return { ...one, next, last: last?.sent ?? null };
    });
  }

  return {
    listOwn,
    readOwn: async (subscription: Subscription): Promise<OwnSubscription> =>
      (await listOwn([subscription]))[0]!,
  };
}

export type Outlook = ReturnType<typeof createOutlook>;
