import type { DeliveryState, Digest } from './digest.js';
import type { Channel, Subscription } from './subscription.js';

/** What is to be sent, frozen when it was prepared. */
export interface Delivery {
  id: number;
  subscription: Subscription;
  localDate: string;
  state: DeliveryState;
  dueAt: Date;
  /** When it may be tried again, of one that waits. */
  nextAt: Date;
  recipient: string;
  messageId: string;
  digest: Digest;
  attempts: number;
  response: string | null;
}

/** What is kept in `deliveries.content`, until it is shortened (history-store.ts). */
export interface Content extends Digest {
  /** A string, because JSON has no 64-bit numbers. */
  after: string;
}

export interface DeliveryRow {
  id: number;
  local_date: string;
  state: DeliveryState;
  due_at: Date;
  next_at: Date;
  recipient: string;
  message_id: string;
  content: Content;
  attempts: number;
  response: string | null;
  subscription: SubscriptionRow;
}

export interface SubscriptionRow {
  id: number;
  subscriber_id: number;
  email: string | null;
  kind: Subscription['kind'];
  query: string;
  likes: string[];
  days: number;
  hour: number;
  time_zone: string;
  cap: number;
  min_score: number | null;
  muted_words: string[];
  muted_authors: string[];
  muted_categories: string[];
  tells_empty: boolean;
  channel: 'mail' | 'webhook';
  webhook_url: string | null;
  webhook_shape: 'generic' | 'slack' | 'discord' | null;
  state: Subscription['state'];
  paused_until: string | null;
  confirmed_at: string | null;
  ended_at: string | null;
  ended_by: string | null;
  seen_until: string;
  created_at: string;
}

const dateOrNull = (text: string | null): Date | null => (text === null ? null : new Date(text));

export function toSubscription(row: SubscriptionRow): Subscription {
  const channel: Channel =
    row.channel === 'mail'
      ? { kind: 'mail' }
      : { kind: 'webhook', url: row.webhook_url!, shape: row.webhook_shape ?? 'generic' };
  return {
    id: row.id,
    subscriberId: row.subscriber_id,
    email: row.email,
    channel,
    kind: row.kind,
    query: row.query,
    likes: row.likes,
    days: [1, 2, 3, 4, 5, 6, 7].filter((day) => (row.days >> (day - 1)) & 1),
    hour: row.hour,
    timeZone: row.time_zone,
    cap: row.cap,
    minScore: row.min_score,
    mutedWords: row.muted_words,
    mutedAuthors: row.muted_authors,
    mutedCategories: row.muted_categories,
    tellsEmpty: row.tells_empty,
    state: row.state,
    pausedUntil: dateOrNull(row.paused_until),
    confirmedAt: dateOrNull(row.confirmed_at),
    endedAt: dateOrNull(row.ended_at),
    endedBy: row.ended_by,
    seenUntil: BigInt(row.seen_until),
    createdAt: new Date(row.created_at),
  };
}

export function toDelivery(row: DeliveryRow): Delivery {
  const { after: _, ...digest } = row.content;
  return {
    id: row.id,
    subscription: toSubscription(row.subscription),
    localDate: row.local_date,
    state: row.state,
    dueAt: row.due_at,
    nextAt: row.next_at,
    recipient: row.recipient,
    messageId: row.message_id,
    digest,
    attempts: row.attempts,
    response: row.response,
  };
}
