import type { SubscriptionSettings } from '../../digests/subscription.js';
import { leftOutText, timesOf } from './subscription-words.js';

/** When it comes, how much of it, and what never. */
export function Summary({ settings }: { settings: SubscriptionSettings }) {
  const leftOut = leftOutText(settings);
  return (
    <>
      <p class="facts">{timesOf(settings)}</p>
      {leftOut !== null && <p class="facts">{leftOut}</p>}
    </>
  );
}
