import type { ComponentChildren } from 'preact';
import type { Verdict } from '../../digests/feedback.js';
import type { OwnSubscription } from '../../digests/outlook.js';
import type { Paper } from '../../papers/paper.js';
import { zoneScript } from '../assets.js';
import { Facts } from '../components/paper-item.js';
import { EmailField, SubscriptionFields } from '../components/subscription-fields.js';
import { Summary } from '../components/subscription-summary.js';
import { dueText, subjectOf } from '../components/subscription-words.js';
import type { FormProblem } from '../form-bodies.js';
import { Page } from '../layout.js';
import { managePath, paperPath } from '../links.js';
import type { FormValues } from '../subscription-form.js';

/** What may be wrong with the form, in words. */
export function Problem({ problem }: { problem: FormProblem | null }) {
  return (
    problem !== null && (
      <p class="error" role="alert">
        {problem.message}
      </p>
    )
  );
}

export interface SubscribePageProps {
  values: FormValues;
  problem: FormProblem | null;
  /** Nobody has said a time zone: the browser's is put in. */
  ownZone?: boolean | undefined;
}

export function SubscribePage({ values, problem, ownZone = false }: SubscribePageProps) {
  return (
    <Page
      title="A digest by mail · Quire"
      description="New research papers by mail, at the hour you choose."
      canonical="/subscribe"
      script={ownZone ? zoneScript : undefined}
      query={values.query}
    >
      <h1>A digest by mail</h1>
      <p>
        New papers, at most once a day, and never the same one twice. You get a mail to confirm first; every
        digest has a link that ends it.
      </p>
      <Problem problem={problem} />
      <form class="settings" action="/subscribe" method="post">
        <EmailField value={values.email} problem={problem} />
        <SubscriptionFields values={values} problem={problem} ownZone={ownZone} />
        <div class="acts">
          <button type="submit">Subscribe</button>
          <button type="submit" class="plain" formaction="/subscribe/preview" formnovalidate>
            See what it would have sent
          </button>
        </div>
      </form>
      <p class="facts">
        Subscribed already? <a href="/manage">Change or end it</a>.
      </p>
    </Page>
  );
}

export function AskLinkPage({ email, problem }: { email: string; problem: FormProblem | null }) {
  return (
    <Page title="Your digests · Quire" description="Change or end digests by mail." canonical="/manage">
      <h1>Your digests</h1>
      <p>Every digest has a link to this page at its end. Without one at hand, have a link mailed to you.</p>
      <Problem problem={problem} />
      <form class="settings" action="/manage" method="post">
        <EmailField value={email} problem={problem} />
        <button type="submit">Mail me the link</button>
      </form>
    </Page>
  );
}

/** A page that says one thing. */
export function MessagePage({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <Page title={`${title} · Quire`} description={title}>
      <h1>{title}</h1>
      {children}
    </Page>
  );
}

/** The same for every address. */
export function AskedPage() {
  return (
    <MessagePage title="Look into your mailbox">
      <p>
        If this address can take mail from here, a message is on its way, and its link does the rest. None
        within some minutes? Look among the unwanted mail, and whether the address is spelled as it should be.
      </p>
    </MessagePage>
  );
}

/** A button that does what a link must not do: programs follow links. */
export function Act({
  action,
  label,
  name,
  value,
  quiet,
}: {
  action: string;
  label: string;
  name?: string | undefined;
  value?: string | undefined;
  quiet?: boolean | undefined;
}) {
  return (
    <form class="act" action={action} method="post">
      <button type="submit" name={name} value={value} class={quiet ? 'plain' : undefined}>
        {label}
      </button>
    </form>
  );
}

/** When the next digest comes, before anything else is known of it. */
function First({ subscription }: { subscription: OwnSubscription }) {
  const { next, last } = subscription;
  if (next === null) return null;
  return (
    <p>
      The {last === null ? 'first' : 'next'} comes {dueText(next, subscription)}. It holds what comes in from{' '}
      {last === null ? 'your confirmation' : 'the last one'} on.
    </p>
  );
}

export function ConfirmPage({ action, subscription }: { action: string; subscription: OwnSubscription }) {
  if (subscription.state === 'active')
    return (
      <MessagePage title="This digest is confirmed">
        <p class="subject">{subjectOf(subscription)}</p>
        <Summary settings={subscription} />
        <First subscription={subscription} />
        <p>It goes to {subscription.email}. There is nothing left to do here.</p>
        {/* The link to change it is made when it is asked for: a GET must store nothing. */}
        <Act action={action} label="Get the link to change or end it" quiet />
      </MessagePage>
    );
  return (
    <MessagePage title="Confirm your digest">
      <p class="subject">{subjectOf(subscription)}</p>
      <Summary settings={subscription} />
      <First subscription={subscription} />
      <p>It goes to {subscription.email}. If you didn’t ask for it, just close this page.</p>
      <Act action={action} label="Yes, send it" />
    </MessagePage>
  );
}

export function ConfirmedPage({
  subscription,
  manageToken,
}: {
  subscription: OwnSubscription;
  manageToken: string;
}) {
  return (
    <MessagePage title="Your digest is on">
      <p class="subject">{subjectOf(subscription)}</p>
      <Summary settings={subscription} />
      <First subscription={subscription} />
      <p>
        <a href={managePath(manageToken)}>Change it, pause it or end it</a>
      </p>
    </MessagePage>
  );
}

export function UnsubscribePage({
  action,
  token,
  subscription,
}: {
  action: string;
  token: string;
  /** null: all of them. */
  subscription: OwnSubscription | null;
}) {
  return (
    <MessagePage title="End this digest?">
      <p class="subject">{subscription ? subjectOf(subscription) : 'All digests to your address'}</p>
      {subscription?.state === 'ended' ? (
        <p>It has ended already.</p>
      ) : (
        <Act action={action} label="Unsubscribe" />
      )}
      <p>
        <a href={managePath(token)}>Change or pause it instead</a>
      </p>
    </MessagePage>
  );
}

export function UnsubscribedPage({ token }: { token: string }) {
  return (
    <MessagePage title="You are unsubscribed">
      <p>Nothing more of it is sent.</p>
      <p>
        <a href={managePath(token)}>To your digests</a>
      </p>
    </MessagePage>
  );
}

const said: Record<Verdict, string> = {
  saved: 'You saved this paper.',
  unwanted: 'You said that this paper is not for you.',
};

export function FeedbackPage({
  action,
  token,
  paper,
  verdict,
}: {
  action: string;
  token: string;
  paper: Paper;
  verdict: Verdict | null;
}) {
  return (
    <MessagePage title="What about this paper?">
      <p class="subject">
        <a href={paperPath(paper.id)}>{paper.title}</a>
      </p>
      <p class="facts">
        <Facts paper={paper} />
      </p>
      {verdict !== null && <p class="notice">{said[verdict]}</p>}
      <div class="acts">
        {verdict !== 'saved' && <Act action={action} label="Save" name="verdict" value="saved" />}
        {verdict !== 'unwanted' && (
          <Act action={action} label="Not for me" name="verdict" value="unwanted" quiet />
        )}
        {verdict !== null && <Act action={action} label="Take it back" name="verdict" value="none" quiet />}
      </div>
      <p>
        <a href={managePath(token)}>What you saved</a>
      </p>
    </MessagePage>
  );
}
