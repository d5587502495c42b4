import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { createFollower } from '../platform/follower.js';
import { type Logger, withoutAddresses } from '../platform/log.js';
import type { Mail, MailTransport, SendOutcome } from '../platform/mail/transport.js';
import type { FormRequest, FormRequestStore, NewFormRequest } from './form-request-store.js';

/** What became of requests of the public forms. */
export const formOutcomes = ['sent', 'failed', 'over_budget', 'suppressed', 'unknown'] as const;
export type FormOutcome = (typeof formOutcomes)[number];

/** A mail to send, or why there is none. */
export type FormResult = Mail | Exclude<FormOutcome, 'sent' | 'failed'>;

export interface FormMailerDeps {
  store: FormRequestStore;
  /** The mail that a request asks for, with a new token: at each try, as of the one before there is but the hash. */
  mailFor: (request: FormRequest) => Promise<FormResult>;
  /** Its mail was refused for good, for what it is or whom it is to. */
  onRefused: (request: FormRequest, response: string) => Promise<void>;
  /** null: the service has no way to send mail. */
  transport: Pick<MailTransport, 'send'> | null;
  clock: Clock;
  log: Logger;
  pollMs?: number;
}

/** A day's budget of mails (budgets.ts): beyond that a request would be given up before its turn. Each is a few kB. */
export const MAX_OPEN = 1_000;

/** Mails sent at once: digests need the other connections. */
const AT_ONCE = 2;

/** What no hint tells of (another try, another process's end) is seen so late at most. A look is a statement on an index. */
const POLL_MS = 10_000;

/**
 * A request is nobody else's for so long. What isn't sent a minute before its end is broken off, so that never two processes speak for
 * it, though their clocks differ by some seconds.
 */
export const LEASE_MS = 5 * 60_000;
const SPEAK_MS = LEASE_MS - 60_000;

/** Before each further try: a connection that broke, a server that is restarted, greylisting, a server that is away. */
const WAITS_MS = [10_000, 60_000, 5 * 60_000, 20 * 60_000, 3_600_000, 4 * 3_600_000];

/** Whoever asked a day ago has asked again or doesn't wait any more; no address is kept for longer. */
export const GIVE_UP_MS = 24 * 3_600_000;

/**
 * Does what a public form asks for behind its answer, so that neither the answer nor its time tells whether an address is known. A
 * request is a row before it is answered and until its mail is sent or given up: none is lost with a process. Where one ends between the
 * end of a mail and that of its row, the mail goes out twice, with the same Message-ID and links that both work.
 */
export function createFormMailer(deps: FormMailerDeps) {
  const { store, mailFor, onRefused, transport, clock, log, pollMs = POLL_MS } = deps;
  const closing = new AbortController();
  const counts = new Map<FormOutcome, number>(formOutcomes.map((outcome) => [outcome, 0]));
  let accepted = 0;
  const workers = Array.from({ length: AT_ONCE }, createWorker);
  /** Counts what may have made a row due. */
  let asked = 0;
  const waiting: (() => void)[] = [];

  const count = (outcome: FormOutcome, by = 1) => counts.set(outcome, counts.get(outcome)! + by);
  const inMs = (ms: number): Date => new Date(clock.now().getTime() + ms);

  /** Takes on one request after the other until none is due. */
  function createWorker() {
    const failure = 'requests of the forms could not be looked for';
    const worker = { seen: 0, follower: createFollower({ failure, log, pollMs, step }) };
    async function step(): Promise<void> {
      const seen = asked;
      count('failed', await store.removeOld(inMs(-GIVE_UP_MS), clock.now()));
      while (!closing.signal.aborted) {
        const request = await store.claim(clock.now(), inMs(LEASE_MS));
        if (request === null) break;
        await fulfil(request);
      }
      worker.seen = seen;
      for (const look of waiting.splice(0)) look();
    }
    return worker;
  }

  async function fulfil(request: FormRequest): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(SPEAK_MS)]);
    const result = await tryOnce(request, signal).catch((error: unknown) => {
      log.error({ err: error }, 'a request of a form failed');
      return null;
    });
    if (result === null) await tryLater(request, 'a fault of our own');
    else if (typeof result === 'string') await finish(request, result);
    else await settle(request, result);
  }

  async function tryOnce(request: FormRequest, signal: AbortSignal): Promise<SendOutcome | FormOutcome> {
    const result = await mailFor(request);
    if (typeof result === 'string') return result;
    return transport!.send(result, { signal, mayStillSend: () => store.isHeld(request) });
  }

  async function settle(request: FormRequest, outcome: SendOutcome): Promise<void> {
    // Its data was deleted, or another process speaks for it.
    if (outcome.kind === 'withdrawn') return;
    // After silence behind the final dot it is more likely there than not, and asking again is easy.
    if (outcome.kind === 'sent' || outcome.kind === 'uncertain') return finish(request, 'sent');
    const response = outcome.response.replaceAll(request.email, '[address]');
    if (outcome.kind === 'deferred') return tryLater(request, response);
    if (outcome.kind === 'failed' && outcome.why !== 'policy') await onRefused(request, outcome.response);
    return fail(request, response);
  }

  async function tryLater(request: FormRequest, response: string): Promise<void> {
    // Whoever starts next goes on with it at once.
    if (closing.signal.aborted) return store.putOff(request, clock.now());
    const next = inMs(WAITS_MS[Math.min(request.tries, WAITS_MS.length) - 1]!);
    if (next.getTime() - request.createdAt.getTime() >= GIVE_UP_MS) return fail(request, response);
    await store.putOff(request, next);
  }

  async function fail(request: FormRequest, said: string): Promise<void> {
    const response = withoutAddresses(said);
    const { id, tries, wish } = request;
    log.warn({ request: id, kind: wish.kind, tries, response }, 'a mail of a form was not sent');
    await store.fail(request, { response, now: clock.now() });
    count('failed');
  }

  async function finish(request: FormRequest, outcome: FormOutcome): Promise<void> {
    await store.remove(request);
    count(outcome);
  }

  function hint(): void {
    asked += 1;
    for (const { follower } of workers) follower.hint();
  }

  return {
    /**
     * Resolves when the request is kept; what comes of it is done behind that.
     * @throws AppError mail_unavailable (for good), overloaded, shutting_down: the same for every address
     */
    async accept(request: Omit<NewFormRequest, 'id'>): Promise<void> {
      if (transport === null)
        throw new AppError(
          'mail_unavailable',
          'This service sends no mail: whoever runs it can set it up. The feeds work without.',
          { retryAfter: 3_600 },
        );
      if (closing.signal.aborted)
        throw new AppError('shutting_down', 'The service stops; try again in a moment.');
      const id = randomUUID();
      const isKept = await store.add({ ...request, id }, clock.now(), MAX_OPEN);
      if (!isKept)
        throw new AppError('overloaded', 'Too many people ask at once; try again in a minute.', {
          retryAfter: 60,
        });
      accepted += 1;
      log.info({ request: id, kind: request.wish.kind }, 'a form asked for a mail');
      hint();
    },

    /** Begins with what is there, and looks by the clock; returns at once. */
    start(): void {
      if (transport === null) return;
      for (const { follower } of workers) follower.start();
    },

    /**
     * What anybody may know of the requests since the start. Every other outcome depends on whether the address is known, and so does the
     * moment at which it is there: whoever asks for a link and reads a number before and after would be told.
     */
    openCounts: () => [['accepted', accepted] as const, ['over_budget', counts.get('over_budget')!] as const],

    /** How often each outcome has been since the start; not for the public. */
    counts: (): ReadonlyMap<FormOutcome, number> => counts,

    /** Looks, and resolves when nothing is under way or due; once started, and not closed. */
    async idle(): Promise<void> {
      hint();
      const until = asked;
      while (workers.some(({ seen }) => seen < until))
        await new Promise<void>((resolve) => waiting.push(resolve));
    },

    /** Breaks off what is being sent: it is tried again by whoever starts next. */
    async close(): Promise<void> {
      closing.abort();
      await Promise.all(workers.map(({ follower }) => follower.close()));
    },
  };
}

export type FormMailer = ReturnType<typeof createFormMailer>;
