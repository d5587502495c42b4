import type { Prisma } from '../platform/db/generated/client.js';
import type { Subscription, SubscriptionSettings, WebhookShape } from './subscription.js';

export const withSubscriber = { subscriber: true } as const;
export type SubscriptionRow = Prisma.SubscriptionGetPayload<{ include: { subscriber: true } }>;

export function columnsOf({ days, ...settings }: SubscriptionSettings) {
  return { ...settings, days: days.reduce((bits, day) => bits | (1 << (day - 1)), 0) };
}

export function toSubscription({
  subscriber,
  channel,
  webhookUrl,
  webhookShape,
  days,
  updatedAt: _,
  ...row
}: SubscriptionRow): Subscription {
  return {
    ...row,
    kind: row.kind as Subscription['kind'],
    state: row.state as Subscription['state'],
    days: [1, 2, 3, 4, 5, 6, 7].filter((day) => days & (1 << (day - 1))),
    email: subscriber.email,
    channel:
      channel === 'webhook'
        ? { kind: 'webhook', url: webhookUrl!, shape: webhookShape as WebhookShape }
        : { kind: 'mail' },
  };
}
