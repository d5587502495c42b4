import type { Verdict } from '../../digests/feedback.js';
import { MAX_NEW_PAPERS } from '../../digests/new-papers.js';
import type { OwnSubscription } from '../../digests/outlook.js';
import { pauseBounds } from '../../digests/pause.js';
import { localDate } from '../../digests/schedule.js';
import type { Managed } from '../../digests/subscriptions.js';
import { SubscriptionFields } from '../components/subscription-fields.js';
import { Summary } from '../components/subscription-summary.js';
import { dayText, outlookText, subjectOf } from '../components/subscription-words.js';
import type { FormProblem } from '../form-bodies.js';
import { feedPath, managePath, ownPath, type PageFeed, paperPath } from '../links.js';
import { type FormValues, previewPath, valuesOf } from '../subscription-form.js';
import { Act, MessagePage, Problem } from './subscribe-pages.js';

export function ManagePage({ token, managed }: { token: string; managed: Managed }) {
  const { email, only, subscriptions, feedback, at } = managed;
  const here = managePath(token);
  const active = subscriptions.filter(({ state }) => state === 'active');
  const ended = subscriptions.filter(({ state }) => state === 'ended');
  return (
    <MessagePage title={only === null ? 'Your digests' : 'Your digest'}>
      <p class="facts">{email === null ? 'To a webhook' : `To ${email}`}</p>
      {active.length === 0 && (
        <p class="notice">{only === null ? 'Nothing is sent to you.' : 'This digest has ended.'}</p>
      )}
      <ol class="results">
        {active.map((one) => (
          <li key={one.id}>
            <One token={token} subscription={one} now={at} />
          </li>
        ))}
      </ol>
      {active.length > 1 && <Act action={`${here}/end`} label="Unsubscribe from all" quiet />}
      <p>
        <a href="/subscribe">Subscribe to something else</a>
      </p>
      <Said feedback={feedback} token={token} />
      {ended.length > 0 && (
        <details>
          <summary>Ended: {ended.length}</summary>
          <ul>
            {ended.map((one) => (
              <li key={one.id}>
                {subjectOf(one)}{' '}
                <span class="facts">
                  {one.endedBy}, {one.endedAt && localDate(one.endedAt, one.timeZone)}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {only === null && (
        <>
          <h2 class="section">What is stored of you</h2>
          <p>
            <a href={`${here}/export`}>Export it</a> (JSON) or <a href={`${here}/delete`}>delete it</a>.
          </p>
        </>
      )}
      {only !== null && email !== null && <TheRest here={here} email={email} />}
    </MessagePage>
  );
}

/** Digests are handed on, with their links: those open one subscription, and the mailbox says whose the others are. */
function TheRest({ here, email }: { here: string; email: string }) {
  return (
    <>
      <h2 class="section">Your other digests, and what is stored of you</h2>
      <p>
        The link that you followed came with a digest and opens that one alone. The link to everything goes to{' '}
        {email}, if you ask for it here.
      </p>
      <Act action={`${here}/link`} label="Mail me the link to everything" quiet />
    </>
  );
}

function One({ token, subscription, now }: { token: string; subscription: OwnSubscription; now: Date }) {
  const { id, pausedUntil, timeZone, cap } = subscription;
  const { first, last } = pauseBounds(subscription, now);
  const path = ownPath(token, id);
  const preview = previewPath(valuesOf(subscription));
  const isPaused = pausedUntil !== null && pausedUntil > now;
  return (
    <article>
      <h2>{subjectOf(subscription)}</h2>
      <Summary settings={subscription} />
      <p>{outlookText(subscription, now)}</p>
      {isPaused && (
        <p class="notice">
          Paused until {dayText(localDate(pausedUntil, timeZone))}, the day on which it goes on. The first
          digest after it has what comes in meanwhile: the best {cap} of the last{' '}
          {MAX_NEW_PAPERS.toLocaleString('en')} papers at most.
        </p>
      )}
      <div class="acts">
        <a class="button plain" href={path}>
          Change
        </a>
        {preview !== null && (
          <a class="button plain" href={preview} rel="nofollow">
            What it would have sent
          </a>
        )}
        {isPaused && <Act action={`${path}/resume`} label="Go on now" quiet />}
        <Act action={`${path}/feed`} label="Make a feed address" quiet />
        <Act action={`${path}/end`} label="Unsubscribe" quiet />
      </div>
      <details>
        <summary>{isPaused ? 'Pause until another day' : 'Pause'}</summary>
        <form class="settings" action={`${path}/pause`} method="post">
          <label>
            The day on which it goes on
            <input
              type="date"
              name="until"
              min={first}
              max={last}
              value={isPaused ? localDate(pausedUntil, timeZone) : undefined}
              required
            />
          </label>
          <button type="submit" class="plain">
            {isPaused ? 'Change the pause' : 'Pause'}
          </button>
        </form>
      </details>
    </article>
  );
}

const headings: readonly [Verdict, string][] = [
  ['saved', 'Saved'],
  ['unwanted', 'Not for you'],
];

function Said({ feedback, token }: Pick<Managed, 'feedback'> & { token: string }) {
  return headings.map(([verdict, heading]) => {
    const papers = feedback.filter((one) => one.verdict === verdict);
    if (papers.length === 0) return null;
    return (
      <details key={verdict} open={verdict === 'saved'}>
        <summary>
          {heading}: {papers.length}
        </summary>
        <ul>
          {papers.map(({ paper, title }) => (
            <li key={paper}>
              <a href={paperPath(paper)}>{title ?? paper}</a>{' '}
              <a class="quiet" href={`/digest/${token}/papers/${encodeURIComponent(paper)}`}>
                Change
              </a>
            </li>
          ))}
        </ul>
      </details>
    );
  });
}

export function ChangePage({
  action,
  token,
  values,
  problem,
}: {
  action: string;
  token: string;
  values: FormValues;
  problem: FormProblem | null;
}) {
  return (
    <MessagePage title="Change this digest">
      <Problem problem={problem} />
      <form class="settings" action={action} method="post">
        <SubscriptionFields values={values} problem={problem} />
        <button type="submit">Save</button>
      </form>
      <p>
        <a href={managePath(token)}>Leave it as it is</a>
      </p>
    </MessagePage>
  );
}

export function DeletePage({ token, email }: { token: string; email: string | null }) {
  return (
    <MessagePage title="Delete everything?">
      <p>
        All that is stored of {email ?? 'you'} is deleted for good: digests and their settings, what you were
        sent, what you saved. If you subscribe again, papers that you know may come again.
      </p>
      <Act action={`${managePath(token)}/delete`} label="Delete it all" />
      <p>
        <a href={managePath(token)}>Keep it</a>
      </p>
    </MessagePage>
  );
}

/** Shown once: nobody can look the address up again. */
export function FeedAddressPage({ token, base, feed }: { token: string; base: string; feed: PageFeed }) {
  const kinds = [
    ['atom', 'Atom'],
    ['rss', 'RSS'],
    ['json', 'JSON Feed'],
  ] as const;
  return (
    <MessagePage title="A feed of your digest">
      <p>
        Put one of these into your feed reader now: they are not shown again. Whoever has one sees what this
        digest sent, and can change nothing. The address that you made before, if any, works no more.
      </p>
      <ul>
        {kinds.map(([format, label]) => (
          <li key={format}>
            {label}: <code>{base + feedPath(feed, format)}</code>
          </li>
        ))}
      </ul>
      <p>
        <a href={managePath(token)}>Back to your digests</a>
      </p>
    </MessagePage>
  );
}
