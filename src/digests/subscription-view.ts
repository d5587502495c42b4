import type { Feedback } from './feedback.js';
import type { OwnSubscription } from './outlook.js';
import type { Subscription } from './subscription.js';
import { hintsOf } from './subscription-request.js';

/** A subscription as its owner may see it: plain JSON. */
export function subscriptionView({
  channel,
  seenUntil: _,
  subscriberId: __,
  email: ___,
  ...rest
}: Subscription) {
  return {
    ...rest,
    channel: channel.kind,
    url: channel.kind === 'webhook' ? channel.url : null,
    shape: channel.kind === 'webhook' ? channel.shape : null,
    pausedUntil: rest.pausedUntil?.toISOString() ?? null,
    confirmedAt: rest.confirmedAt?.toISOString() ?? null,
    endedAt: rest.endedAt?.toISOString() ?? null,
    createdAt: rest.createdAt.toISOString(),
  };
}

/** The same with the next digest and the last one. */
export function ownView({ next, last, firstLike: _, ...subscription }: OwnSubscription) {
  return {
    ...subscriptionView(subscription),
    next: next && { localDate: next.localDate, at: next.at.toISOString() },
    hints: hintsOf(subscription),
    last: last && { ...last, at: last.at.toISOString() },
  };
}

/** What a link in a mail leads to, as plain JSON; with `sent` it is all that is stored. */
export function managedView<S>({
  email,
  subscriptions,
  feedback,
  only,
  sent,
}: {
  email: string | null;
  subscriptions: readonly OwnSubscription[];
  feedback: readonly Feedback[];
  only?: number | null;
  sent?: S;
}) {
  return {
    email,
    subscriptions: subscriptions.map(ownView),
    feedback: feedback.map(({ paper, verdict, at }) => ({ paper, verdict, at: at.toISOString() })),
    ...(only === undefined ? {} : { only }),
    ...(sent === undefined ? {} : { sent }),
  };
}
