import { createHash } from 'node:crypto';
import type { Clock } from '../platform/clock.js';
import { isAppError, messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import type { Mail, MailTransport, SendOutcome } from '../platform/mail/transport.js';
import type { Delivery } from './delivery-rows.js';
import type { DeliveryStore } from './delivery-store.js';
import type { Digest } from './digest.js';
import { dueNext, dueNow, dueSince } from './schedule.js';
import type { Subscription } from './subscription.js';

/** Subscriptions looked at in one statement. */
const PAGE = 500;

/** Waits after a temporary refusal: doubling from the first to the last. Greylisting asks for some minutes. */
const FIRST_RETRY_MS = 5 * 60_000;
const LAST_RETRY_MS = 4 * 3_600_000;

/** After a refusal that concerns all of us (policy), nothing is tried for so long. */
const POLICY_PAUSE_MS = 3_600_000;

/** What a digest is made of, and what a message is made of that. */
export interface DigestComposer {
  /** Papers with numbers (papers.added) after the one and up to the other, as the subscription wants them. */
  compose(subscription: Subscription, window: { after: bigint; until: bigint }, now: Date): Promise<Digest>;
  /** The last number up to which every paper can be judged: those after it still wait for their vectors. */
  until(now: Date): Promise<bigint>;
  /** As it is to be told now: papers that went over into others since are those, once; null: none is left that isn't in another digest. */
  refresh(delivery: Delivery): Promise<Delivery | null>;
  /** Links in it are made anew each time: their tokens are not kept. */
  mail(delivery: Delivery, now: Date): Promise<Mail>;
  webhook(delivery: Delivery, now: Date): Promise<{ url: string; body: unknown }>;
}

export interface WebhookSender {
  /** `id`: the same each time that the same is posted. */
  post(
    url: string,
    body: unknown,
    options: { id: string; mayStillSend: () => Promise<boolean> },
  ): Promise<SendOutcome>;
}

export interface DeliverDeps {
  store: DeliveryStore;
  composer: DigestComposer;
  transport: MailTransport;
  webhooks: WebhookSender;
  clock: Clock;
  log: Logger;
  /** What becomes of a message that may have been sent: held until somebody decides, or sent again, perhaps twice. */
  uncertain: 'hold' | 'resend';
}

/** The books of a run: due = sent + deferred + failed + uncertain + skipped + what was left when it was stopped. */
export interface RunBooks {
  prepared: number;
  /** Empty days of subscriptions that are silent then. */
  empty: number;
  due: number;
  sent: number;
  deferred: number;
  failed: number;
  uncertain: number;
  skipped: number;
  /** Why it was stopped; null: it came to its end. */
  problem: string | null;
}

/** Called when a run has made progress. */
export type Beat = () => Promise<void>;

const noBeat: Beat = async () => {};

/** Digests of all subscriptions, prepared once a local day and sent. For one process of a database at a time. */
export function createDelivery(deps: DeliverDeps) {
  const { store, composer, clock, log } = deps;

  /** Freezes what is due, with a beat for each. Answers how many were, and how many days were empty. */
  async function prepareDue(
    signal?: AbortSignal,
    beat: Beat = noBeat,
  ): Promise<{ prepared: number; empty: number }> {
    const counts = { prepared: 0, empty: 0 };
    const until = await composer.until(clock.now());
    for (let after = 0; !signal?.aborted; ) {
      const now = clock.now();
      const page = await store.listSchedulable(after, now, PAGE);
      for (const { subscription, lastDate } of page) {
        if (signal?.aborted) break;
        const due = dueNow(subscription, { now, last: lastDate, since: dueSince(subscription) });
        if (due === null) continue;
        const day = { localDate: due.localDate, dueAt: due.at, until, now };
        // One that can't be made now is made at a later look, and keeps nobody else waiting.
        const outcome = await prepareOne(subscription, day).catch((error: unknown) => {
          log.warn({ err: error, subscription: subscription.id }, 'a digest could not be made');
          return null;
        });
        if (outcome !== null) counts[outcome] += 1;
        await beat();
      }
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.subscription.id;
    }
    return counts;
  }

  async function prepareOne(
    subscription: Subscription,
    { localDate, dueAt, until, now }: { localDate: string; dueAt: Date; until: bigint; now: Date },
  ): Promise<'prepared' | 'empty' | null> {
    const after = await store.startOfNext(subscription);
    const window = { after, until: until > after ? until : after };
    const digest = await compose(subscription, window, now);
    const recipient = recipientOf(subscription);
    const common = { subscription, localDate, dueAt, recipient, digest, window, now };
    if (digest.papers.length === 0 && !subscription.tellsEmpty) {
      await store.skip(common, 'nothing to tell of');
      return 'empty';
    }
    return store.prepare({ ...common, messageId: messageIdOf(subscription, localDate) });
  }

  /** A subscription that can't be matched any more (a paper of its `like:` is gone) tells its subscriber so. */
  async function compose(
    subscription: Subscription,
    window: { after: bigint; until: bigint },
    now: Date,
  ): Promise<Digest> {
    try {
      return await composer.compose(subscription, window, now);
    } catch (error) {
      if (!isAppError(error) || !['paper_not_found', 'invalid_query', 'invalid_input'].includes(error.code))
        throw error;
      const cut = { sentBefore: 0, belowScore: 0, muted: 0, beyondCap: 0 };
      return {
        papers: [],
        books: { announced: 0, matched: 0, sent: 0, cut },
        ...{ from: null, to: null },
        notices: [`This subscription can’t be answered any more: ${error.message} Please change it.`],
      };
    }
  }

  /** Sends what may be tried now, as many at once as there are connections, with a beat for each. */
  async function sendDue(
    signal?: AbortSignal,
    beat: Beat = noBeat,
  ): Promise<Omit<RunBooks, 'prepared' | 'empty'>> {
    const books = { due: 0, sent: 0, deferred: 0, failed: 0, uncertain: 0, skipped: 0 };
    let problem: string | null = null;
    const worker = async (): Promise<void> => {
      while (problem === null && !signal?.aborted) {
        const delivery = await store.claim(clock.now());
        if (delivery === null) return;
        books.due += 1;
        const outcome = await sendOne(delivery);
        books[outcome.state] += 1;
        problem ??= outcome.problem;
        await beat();
      }
    };
    const workers = Array.from({ length: Math.max(1, deps.transport.connections) }, worker);
    const ends = await Promise.allSettled(workers);
    const failure = ends.find((end) => end.status === 'rejected');
    // What it had claimed is found by the next run.
    if (failure) throw failure.reason;
    return { ...books, problem };
  }

  async function sendOne(delivery: Delivery): Promise<Settled> {
    const now = clock.now();
    const outcome = await speak(delivery, now).catch(
      // Nothing was said yet: the database is away, or the message could not be made.
      (error: unknown): SendOutcome => ({ kind: 'deferred', scope: 'message', response: messageOf(error) }),
    );
    const settled = settle(delivery, outcome);
    if (outcome.kind === 'failed' && outcome.why === 'address')
      await store.suppress(delivery.subscription.subscriberId, outcome.response, clock.now());
    const { response } = settled.row;
    const isOurs =
      outcome.kind === 'withdrawn'
        ? await store.withdraw(delivery, response, settled.row.now)
        : await store.settle(delivery, settled.row);
    const { id, localDate } = delivery;
    if (!isOurs)
      log.warn({ delivery: id, outcome: outcome.kind }, 'another process has taken this digest over');
    log[outcome.kind === 'sent' ? 'info' : 'warn'](
      { delivery: id, localDate, outcome: outcome.kind, response },
      'a digest was tried',
    );
    return settled;
  }

  async function speak(delivery: Delivery, now: Date): Promise<SendOutcome> {
    const mayStillSend = (): Promise<boolean> => armed(delivery);
    const current = await composer.refresh(delivery);
    if (current === null) return { kind: 'withdrawn' };
    if (current.subscription.channel.kind === 'webhook') {
      const { url, body } = await composer.webhook(current, now);
      return deps.webhooks.post(url, body, { id: current.messageId, mayStillSend });
    }
    return deps.transport.send(await composer.mail(current, now), { mayStillSend });
  }

  /**
   * Armed first, for good: a crash from here on leaves an uncertain message. Then the subscription is held as it is until the
   * transport, which goes on in the same turn of the event loop, has said MAIL FROM.
   */
  async function armed(delivery: Delivery): Promise<boolean> {
    const now = clock.now();
    if (!(await store.arm(delivery, now))) return false;
    return new Promise<boolean>((resolve, reject) => {
      store
        .whileWanted(delivery, now, async () => {
          resolve(true);
          await new Promise((spoken) => setImmediate(spoken));
        })
        .then((isWanted) => {
          if (!isWanted) resolve(false);
        }, reject);
    });
  }

  interface Settled {
    state: 'sent' | 'deferred' | 'failed' | 'uncertain' | 'skipped';
    problem: string | null;
    row: Parameters<DeliveryStore['settle']>[1];
  }

  function settle({ subscription, localDate, attempts }: Delivery, outcome: SendOutcome): Settled {
    const now = clock.now();
    const row = (state: Settled['state'], response: string, nextAt?: Date): Settled['row'] => ({
      ...{ state, response, now },
      ...(nextAt === undefined ? {} : { nextAt }),
    });
    const later = (response: string, waitMs: number, problem: string | null): Settled => {
      const again = new Date(now.getTime() + waitMs);
      // It waits for the next digest at most, which takes its place and its papers.
      const { at } = dueNext(subscription, { now, last: localDate });
      return { state: 'deferred', problem, row: row('deferred', response, again < at ? again : at) };
    };
    const backoff = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1));
    switch (outcome.kind) {
      case 'sent':
        return { state: 'sent', problem: null, row: row('sent', outcome.response) };
      case 'withdrawn':
        return {
          state: 'skipped',
          problem: null,
          row: row('skipped', 'not wanted any more when it was to be sent'),
        };
      case 'deferred':
        return later(outcome.response, backoff, outcome.scope === 'run' ? outcome.response : null);
      case 'uncertain':
        if (deps.uncertain === 'resend') return later(outcome.response, backoff, null);
        return { state: 'uncertain', problem: null, row: row('uncertain', outcome.response) };
      case 'failed':
        if (outcome.why === 'policy') return later(outcome.response, POLICY_PAUSE_MS, outcome.response);
        return { state: 'failed', problem: null, row: row('failed', outcome.response) };
    }
  }

  return {
    /** What was claimed by a process that is gone, then what is due, then what may be sent. */
    async run(
      signal?: AbortSignal,
      beat?: Beat,
    ): Promise<RunBooks & { recovered: { uncertain: number; freed: number } }> {
      const recovered = await store.recover(clock.now());
      const { prepared, empty } = await prepareDue(signal, beat);
      const sent = await sendDue(signal, beat);
      return { prepared, empty, ...sent, recovered };
    },
    prepareDue,
    sendDue,
  };
}

export type Delivering = ReturnType<typeof createDelivery>;

function recipientOf({ email, channel }: Subscription): string {
  if (channel.kind === 'webhook') return channel.url;
  if (email === null) throw new Error('a mail needs an address');
  return email;
}

/** The same for the same digest, however often it is tried: receivers may drop what they have. Says nothing of the subscriber. */
function messageIdOf({ id, createdAt }: Subscription, localDate: string): string {
  const hash = createHash('sha256').update(`${id} ${createdAt.toISOString()} ${localDate}`).digest('hex');
  return `digest.${localDate}.${hash.slice(0, 32)}`;
}
