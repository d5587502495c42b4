import type { SubscriptionSettings } from '../../digests/subscription.js';
import { hintsOf } from '../../digests/subscription-request.js';
import { leftOutText, timesOf } from './subscription-words.js';

/** When it comes, how much of it, what never, and what of its query may have been meant otherwise. */
export function Summary({ settings }: { settings: SubscriptionSettings }) {
  const leftOut = leftOutText(settings);
  return (
    <>
      <p class="facts">{timesOf(settings)}</p>
      {leftOut !== null && <p class="facts">{leftOut}</p>}
      {hintsOf(settings).map((hint) => (
        <p key={hint} class="notice">
          {hint}
        </p>
      ))}
    </>
  );
}
