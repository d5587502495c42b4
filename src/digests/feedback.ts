import type { Catalog } from '../papers/catalog.js';
import type { Paper } from '../papers/paper.js';
import type { Clock } from '../platform/clock.js';
import type { FeedbackStore } from './feedback-store.js';
import type { SubscriptionStore } from './subscription-store.js';
import { fullLinkNeeded, type Tokens } from './tokens.js';

export type Verdict = 'saved' | 'unwanted';

export interface Feedback {
  /** Public id. */
  paper: string;
  verdict: Verdict;
  at: Date;
}

export interface FeedbackDeps {
  store: FeedbackStore;
  subscriptions: Pick<SubscriptionStore, 'findInDigests'>;
  tokens: Pick<Tokens, 'read'>;
  catalog: Pick<Catalog, 'get'>;
  clock: Clock;
}

/** All that a paper may have been called in a digest and in what was said of it. */
export const idsOf = ({ id, aliases }: Paper): string[] => [id, ...aliases];

/** What a subscriber says of the papers of a digest, by its links. */
export function createFeedback({ store, subscriptions, tokens, catalog, clock }: FeedbackDeps) {
  /** The link of a digest is for the papers of its subscription. */
  async function open(token: string, ref: string) {
    const { subscriberId, subscriptionId } = await tokens.read(token, 'manage');
    const paper = await catalog.get(ref);
    if (subscriptionId !== null) {
      const found = await subscriptions.findInDigests(subscriptionId, idsOf(paper));
      if (found.size === 0) throw fullLinkNeeded();
    }
    return { subscriberId, paper };
  }

  return {
    /** The paper, and what was said of it; null: nothing yet. @throws AppError link_not_found, full_link_needed, paper_not_found */
    async view(token: string, ref: string): Promise<{ paper: Paper; verdict: Verdict | null }> {
      const { subscriberId, paper } = await open(token, ref);
      return { paper, verdict: await store.find(subscriberId, idsOf(paper)) };
    },

    /** null takes back what was said. @throws as `view` */
    async say(token: string, ref: string, verdict: Verdict | null): Promise<Paper> {
      const { subscriberId, paper } = await open(token, ref);
      await store.remove(subscriberId, idsOf(paper));
      if (verdict !== null) await store.set(subscriberId, { paper: paper.id, verdict, at: clock.now() });
      return paper;
    },
  };
}

export type FeedbackService = ReturnType<typeof createFeedback>;
