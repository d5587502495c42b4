import { type Catalog, MAX_LOOKED_UP } from '../papers/catalog.js';
import type { Paper } from '../papers/paper.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { type Feedback, idsOf } from './feedback.js';
import type { FeedbackStore } from './feedback-store.js';
import type { FormMailer } from './form-mailer.js';
import { withFirstLike } from './naming.js';
import type { Outlook, OwnSubscription } from './outlook.js';
import { pauseOf } from './pause.js';
import type { Subscription } from './subscription.js';
import {
  checkEmail,
  checkSettings,
  type EmailAddress,
  hintsOf,
  type SettingsRequest,
} from './subscription-request.js';
import type { SubscriptionStore } from './subscription-store.js';
import { nameOf } from './templates/words.js';
import type { TokenScope } from './token-store.js';
import {
  CONFIRM_DAYS,
  DIGEST_LINK_DAYS,
  FEED_DAYS,
  fullLinkNeeded,
  linkNotFound,
  MANAGE_DAYS,
  type Tokens,
} from './tokens.js';

/** Active ones of an address: each is a digest a day. */
export const MAX_SUBSCRIPTIONS = 50;

/** Of a manage page and an export: some 100 bytes each, and what the catalog looks up at once. */
const MAX_FEEDBACK = MAX_LOOKED_UP;
const MAX_SENT = 100_000;

/** Of a feed: as of all of ours. */
const MAX_FEED_PAPERS = 100;

const DAY_MS = 86_400_000;

export interface SubscriptionsDeps {
  store: SubscriptionStore;
  feedback: Pick<FeedbackStore, 'listOf'>;
  tokens: Tokens;
  mailer: FormMailer;
  outlook: Outlook;
  catalog: Pick<Catalog, 'resolve' | 'lookUp'>;
  clock: Clock;
}

export interface SubscribeRequest {
  email: string;
  /** Where the request came from. */
  ip: string;
  settings: SettingsRequest;
}

/** What a manage link shows. */
export interface Managed {
  email: string | null;
  /** The subscription whose digest held the link: there is nothing but of that one. null: it opens all of them. */
  only: number | null;
  /** Oldest first; ended ones among them. */
  subscriptions: OwnSubscription[];
  feedback: (Feedback & { title: string | null })[];
  /** When it was read. */
  at: Date;
}

/** A paper of a digest, as it is now. */
export interface ToldPaper {
  paper: Paper;
  /** When the digest was sent, or due where it isn't yet. */
  at: Date;
  /** Why it was in it; null: that is no longer kept. */
  why: string | null;
}

/** Subscribing with double opt-in, and all that the links in mails do. Only POST, PATCH and DELETE may call what changes something. */
export function createSubscriptions(deps: SubscriptionsDeps) {
  const { store, feedback, tokens, mailer, outlook, catalog, clock } = deps;

  /** One that the token opens. @throws AppError link_not_found, full_link_needed, subscription_not_found */
  async function readOwn(token: string, id: number): Promise<Subscription> {
    const { subscriberId, subscriptionId } = await tokens.read(token, 'manage');
    if (subscriptionId !== null && subscriptionId !== id) throw fullLinkNeeded();
    const found = await store.find(id);
    if (found?.subscriberId !== subscriberId || found.state === 'pending') throw notYours(id);
    return found;
  }

  async function readActive(token: string, id: number): Promise<Subscription> {
    const found = await readOwn(token, id);
    if (found.state !== 'active') throw hasEnded();
    return found;
  }

  async function readConfirm(token: string): Promise<Subscription> {
    const { subscriptionId } = await tokens.read(token, 'confirm');
    const found = subscriptionId === null ? null : await store.find(subscriptionId);
    if (found === null || found.state === 'ended') throw hasEnded();
    return found;
  }

  async function manage({ subscriberId, subscriptionId: only }: TokenScope): Promise<Managed> {
    const [all, said] = await Promise.all([
      store.listOf(subscriberId),
      feedback.listOf(subscriberId, MAX_FEEDBACK),
    ]);
    const papers = await catalog.resolve(said.map(({ paper }) => paper));
    const idsAt = (at: number): string[] => [said[at]!.paper, ...(papers[at] ? idsOf(papers[at]) : [])];
    const own =
      only === null
        ? null
        : await store.findInDigests(
            only,
            said.flatMap((_, at) => idsAt(at)),
          );
    return {
      email: all[0]?.email ?? null,
      only,
      subscriptions: await outlook.listOwn(all.filter(({ id }) => only === null || id === only)),
      // A paper that has a better id by now goes by that one.
      feedback: said.flatMap((one, at) =>
        own === null || idsAt(at).some((id) => own.has(id))
          ? [{ ...one, paper: papers[at]?.id ?? one.paper, title: papers[at]?.title ?? null }]
          : [],
      ),
      at: clock.now(),
    };
  }

  return {
    /**
     * Asks the address to confirm. Resolves when the request is understood and kept; what follows, and whether anything does, is done
     * behind the answer. `hints` say what of the query was read as words. @throws AppError invalid_input, invalid_query, overloaded,
     * mail_unavailable
     */
    async subscribe({ email, ip, settings }: SubscribeRequest): Promise<{ hints: string[] }> {
      const address = checkEmail(email);
      const checked = await checkSettings(settings, { catalog });
      await mailer.accept({ ...toRow(address), ip, wish: { kind: 'confirm', settings: checked } });
      return { hints: hintsOf(checked) };
    },

    /** Mails the link to the manage page to an address that has subscriptions. Errors and silence as of `subscribe`. */
    async requestManageLink({ email, ip }: { email: string; ip: string }): Promise<void> {
      await mailer.accept({ ...toRow(checkEmail(email)), ip, wish: { kind: 'manage' } });
    },

    /** What would be confirmed. @throws AppError link_not_found, subscription_not_found (it has ended) */
    viewConfirm: async (token: string): Promise<OwnSubscription> => outlook.readOwn(await readConfirm(token)),

    /** Again is fine. The token opens the manage page. @throws as viewConfirm; invalid_input: too many */
    async confirm(token: string): Promise<{ subscription: OwnSubscription; manageToken: string }> {
      const { id, subscriberId } = await readConfirm(token);
      const subscription = await store.confirm(id, { now: clock.now(), limit: MAX_SUBSCRIPTIONS });
      if (subscription === null)
        throw new AppError(
          'invalid_input',
          `This address has ${MAX_SUBSCRIPTIONS} subscriptions, which is the most: end one first.`,
          { details: { limit: MAX_SUBSCRIPTIONS } },
        );
      if (subscription.state === 'ended') throw hasEnded();
      const scope = { subscriberId, subscriptionId: null, purpose: 'manage' } as const;
      return {
        subscription: await outlook.readOwn(subscription),
        manageToken: await tokens.issue(scope, MANAGE_DAYS),
      };
    },

    /** What the link opens. @throws AppError link_not_found */
    view: async (token: string): Promise<Managed> => manage(await tokens.read(token, 'manage')),

    /** As `view`, of a link to everything. @throws AppError link_not_found, full_link_needed */
    viewAll: async (token: string): Promise<Managed> => manage(await tokens.readFull(token)),

    /**
     * Mails the link to everything to the address whose link this is. Silence as of `subscribe`.
     * @throws AppError link_not_found, invalid_input (a webhook has no address), overloaded, mail_unavailable
     */
    async requestFullLink({ token, ip }: { token: string; ip: string }): Promise<void> {
      const { subscriberId } = await tokens.read(token, 'manage');
      const address = await store.findAddress(subscriberId);
      if (address === null)
        throw new AppError('invalid_input', 'This subscription goes to a webhook, which takes no mail.');
      await mailer.accept({ ...toRow(address), ip, wish: { kind: 'manage' } });
    },

    /** @throws AppError link_not_found, full_link_needed, subscription_not_found, invalid_input, invalid_query */
    async change(token: string, id: number, request: SettingsRequest): Promise<OwnSubscription> {
      const current = await readActive(token, id);
      await store.update(id, await checkSettings(request, { catalog, current }), clock.now());
      return outlook.readOwn(await readOwn(token, id));
    },

    /** Nothing is sent before this day (YYYY-MM-DD) begins in its time zone; null: it goes on now. */
    async pause(token: string, id: number, until: string | null): Promise<OwnSubscription> {
      const now = clock.now();
      const current = await readActive(token, id);
      const end = pauseOf(until, current, now);
      if (end !== null) await store.pause(id, end, now);
      return outlook.readOwn(await readOwn(token, id));
    },

    /** Ends one. Durable when it resolves; again is fine. @throws AppError link_not_found, full_link_needed, subscription_not_found */
    async end(token: string, id: number): Promise<void> {
      await readOwn(token, id);
      await store.end({ id }, { by: 'unsubscribed', now: clock.now() });
    },

    /**
     * A token of the feed of one, which gives no right but to read it; the older one of it ends.
     * @throws AppError link_not_found, full_link_needed, subscription_not_found
     */
    async issueFeed(token: string, id: number): Promise<string> {
      const { subscriberId } = await readActive(token, id);
      return tokens.issueOnly({ subscriberId, subscriptionId: id, purpose: 'feed' }, FEED_DAYS);
    },

    /** What a subscription was sent, the latest digest first. Goes on to be there when it has ended. @throws AppError link_not_found */
    async readFeed(token: string): Promise<{ name: string; told: ToldPaper[]; begun: Date }> {
      const { subscriptionId } = await tokens.read(token, 'feed');
      const found = subscriptionId === null ? null : await store.find(subscriptionId);
      if (found === null) throw linkNotFound();
      const entries = await store.listDigestPapers(found.id, MAX_FEED_PAPERS);
      const papers = await catalog.resolve(entries.map(({ id }) => id));
      // Two that are one paper by now are told of once, as in the later digest.
      const told = new Map<number, ToldPaper>();
      for (const [at, paper] of papers.entries()) {
        if (paper === null || told.has(paper.key)) continue;
        told.set(paper.key, { paper, at: entries[at]!.at, why: entries[at]!.why });
      }
      return {
        name: nameOf(await withFirstLike(found, catalog)),
        told: [...told.values()],
        begun: found.confirmedAt ?? found.createdAt,
      };
    },

    /** @throws AppError link_not_found, full_link_needed */
    async endAll(token: string): Promise<void> {
      const { subscriberId } = await tokens.readFull(token);
      await store.end({ subscriberId }, { by: 'unsubscribed', now: clock.now() });
    },

    /** What the unsubscribe link of a mail ends: its subscription, or all of them (RFC 8058). @throws AppError link_not_found */
    async unsubscribe(token: string): Promise<void> {
      const { subscriberId, subscriptionId } = await tokens.read(token, 'manage');
      const which = subscriptionId === null ? { subscriberId } : { id: subscriptionId };
      await store.end(which, { by: 'unsubscribed', now: clock.now() });
    },

    /** All that is stored of the subscriber but the tokens' hashes. @throws AppError link_not_found, full_link_needed */
    async exportData(token: string) {
      const scope = await tokens.readFull(token);
      const { only: _, ...found } = await manage(scope);
      return { ...found, sent: await store.listSent(scope.subscriberId, MAX_SENT) };
    },

    /**
     * Forgets the subscriber: subscriptions, deliveries, what was sent, feedback, links, requests.
     * @throws AppError link_not_found, full_link_needed
     */
    async deleteData(token: string): Promise<void> {
      const { subscriberId } = await tokens.readFull(token);
      await store.removeSubscriber(subscriberId);
    },

    // For the delivery of digests.

    /**
     * Subscriptions that may be due now: active, not paused, their address not suppressed. By id, from the one behind `after`, at
     * most `limit`. Of one that was paused nothing from before `pausedUntil` is due.
     */
    findActive: ({ after = 0, limit }: { after?: number; limit: number }): Promise<Subscription[]> =>
      store.listActive({ now: clock.now(), after, limit }),

    /** Whether a prepared digest may still go out; to be asked right before it does. */
    isStillWanted: (deliveryId: number): Promise<boolean> => store.isWanted(deliveryId, clock.now()),

    /** Nothing is sent to the address any more; `why` is kept: the server's answer, say. */
    suppress: (email: string, why: string): Promise<void> =>
      store.suppress(email.toLowerCase(), { by: why, now: clock.now() }),

    /** A token for the links of a mail about a subscription. @throws AppError subscription_not_found */
    async issueToken(subscriptionId: number, purpose: 'confirm' | 'manage'): Promise<string> {
      const found = await store.find(subscriptionId);
      if (found === null) throw notYours(subscriptionId);
      const scope = { subscriberId: found.subscriberId, subscriptionId, purpose };
      return tokens.issue(scope, purpose === 'confirm' ? CONFIRM_DAYS : DIGEST_LINK_DAYS);
    },

    /** Forgets requests that nobody confirmed, and tokens that have expired; once a day is enough. */
    async prune(): Promise<void> {
      await tokens.removeExpired();
      await store.removeUnconfirmed(new Date(clock.now().getTime() - CONFIRM_DAYS * DAY_MS));
    },

    /** What became of the public forms' requests. */
    counts: mailer.counts,
    openCounts: mailer.openCounts,
    /** Begins with what was asked for; returns at once. */
    start: mailer.start,
    /** Resolves when nothing that was asked for is under way or due. */
    idle: mailer.idle,
    close: mailer.close,
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

const toRow = ({ email, key: emailKey }: EmailAddress) => ({ email, emailKey });

function notYours(id: number): AppError {
  return new AppError('subscription_not_found', `There is no subscription ${id} here.`, { details: { id } });
}

function hasEnded(): AppError {
  return new AppError('subscription_not_found', 'This subscription has ended. You can subscribe again.');
}
