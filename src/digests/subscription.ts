export const subscriptionKinds = ['query', 'daily', 'likes'] as const;
export type SubscriptionKind = (typeof subscriptionKinds)[number];

export const channels = ['mail', 'webhook'] as const;
export const webhookShapes = ['generic', 'slack', 'discord'] as const;
export type WebhookShape = (typeof webhookShapes)[number];

export const MAX_CAP = 100;
/** Papers that one message of each shape can hold: Slack takes 50 blocks a message, Discord 10 embeds. */
export const webhookRoom: Readonly<Record<WebhookShape, number>> = {
  generic: MAX_CAP,
  slack: 45,
  discord: 10,
};
export const DEFAULT_CAP = 10;
/** Papers that a subscription may be like. */
export const MAX_LIKES = 50;
/** Muted words, authors and categories, each. */
export const MAX_MUTED = 100;
export const MAX_EMAIL_LENGTH = 254;

/** What a subscriber chooses. */
export interface SubscriptionSettings {
  kind: SubscriptionKind;
  /** In canonical form, filters and all; '' for `daily` and `likes`. */
  query: string;
  /** Public ids; empty but for `likes`. */
  likes: string[];
  /** 1 (Monday) to 7; at least one. */
  days: number[];
  /** 0 to 23, in the time zone. */
  hour: number;
  /** IANA: `Europe/Berlin`. */
  timeZone: string;
  /** Papers of one digest at most. */
  cap: number;
  /** Papers with a lower score are left out; null: none. */
  minScore: number | null;
  mutedWords: string[];
  mutedAuthors: string[];
  mutedCategories: string[];
  /** An empty day says why; otherwise it is silent. */
  tellsEmpty: boolean;
}

/** What a subscription is called by. */
export type Named = Pick<SubscriptionSettings, 'kind' | 'query' | 'likes'> & {
  /** Title of the first of `likes`, where it was looked up (naming.ts) and is known. */
  firstLike?: string | null;
};

export type Channel = { kind: 'mail' } | { kind: 'webhook'; url: string; shape: WebhookShape };

export interface Subscription extends SubscriptionSettings {
  id: number;
  subscriberId: number;
  /** null for a webhook. */
  email: string | null;
  channel: Channel;
  state: 'pending' | 'active' | 'ended';
  pausedUntil: Date | null;
  confirmedAt: Date | null;
  endedAt: Date | null;
  endedBy: string | null;
  /** Number of the last paper (papers.added) that a digest has looked at. */
  seenUntil: bigint;
  createdAt: Date;
}
