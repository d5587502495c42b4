import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import type { Mail, MailTransport } from '../platform/mail/transport.js';

/** What became of requests of the public forms. */
export const formOutcomes = ['sent', 'failed', 'over_budget', 'suppressed', 'unknown'] as const;
export type FormOutcome = (typeof formOutcomes)[number];

/** A mail to send, or why there is none. */
export type FormResult = Mail | Exclude<FormOutcome, 'sent' | 'failed'>;

export interface FormMailerDeps {
  /** null: the service has no way to send mail. */
  transport: Pick<MailTransport, 'send'> | null;
  log: Logger;
  /** Waits; rejects when the signal aborts. */
  pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Requests that are open at once: each holds a few kB, and the budgets let no more through in an hour. */
const MAX_OPEN = 200;

/** Mails sent at once: digests need the other connections. */
const AT_ONCE = 2;

/** Before the second and the third try: a connection that broke, and a server that is restarted. */
const PAUSES_MS = [5_000, 60_000];

/**
 * Does what a public form asks for behind its answer, so that neither the answer nor its time tells whether an address is known.
 * What is under way when the process ends is lost: no mail comes, and the person asks again.
 */
export function createFormMailer({
  transport,
  log,
  pause = (ms, signal) => sleep(ms, undefined, { signal, ref: false }),
}: FormMailerDeps) {
  const open = new Set<Promise<void>>();
  const waiting: (() => void)[] = [];
  const closing = new AbortController();
  const counts = new Map<FormOutcome, number>(formOutcomes.map((outcome) => [outcome, 0]));
  let running = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      closing.signal.throwIfAborted();
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  async function send(mail: Mail, { send: trySend }: Pick<MailTransport, 'send'>): Promise<FormOutcome> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await inTurn(() => trySend(mail, { signal: closing.signal }));
      // After silence behind the final dot it is more likely there than not, and asking again is easy.
      if (outcome.kind === 'sent' || outcome.kind === 'uncertain') return 'sent';
      const response = 'response' in outcome ? outcome.response.replaceAll(mail.to, '[address]') : '';
      const ms = PAUSES_MS[attempt];
      if (outcome.kind !== 'deferred' || ms === undefined) {
        log.warn({ outcome: outcome.kind, attempts: attempt + 1, response }, 'a mail of a form was not sent');
        return 'failed';
      }
      await pause(ms, closing.signal);
    }
  }

  async function run(
    work: () => Promise<FormResult>,
    given: Pick<MailTransport, 'send'>,
  ): Promise<FormOutcome> {
    try {
      const result = await inTurn(work);
      return typeof result === 'string' ? result : await send(result, given);
    } catch (error) {
      if (closing.signal.aborted) log.info('a mail of a form was given up: the service stops');
      else log.error({ err: error }, 'a request of a form failed');
      return 'failed';
    }
  }

  return {
    /**
     * Takes `work` on and returns at once.
     * @throws AppError mail_unavailable (for good), overloaded, shutting_down: the same for every address
     */
    accept(work: () => Promise<FormResult>): void {
      if (transport === null)
        throw new AppError(
          'mail_unavailable',
          'This service sends no mail: whoever runs it can set it up. The feeds work without.',
          { retryAfter: 3_600 },
        );
      if (closing.signal.aborted)
        throw new AppError('shutting_down', 'The service stops; try again in a moment.');
      if (open.size >= MAX_OPEN)
        throw new AppError('overloaded', 'Too many people ask at once; try again in a minute.', {
          retryAfter: 60,
        });
      const task = run(work, transport).then((outcome) => {
        counts.set(outcome, counts.get(outcome)! + 1);
        open.delete(task);
      });
      open.add(task);
    },

    /** How often each outcome has been since the start. */
    counts: (): ReadonlyMap<FormOutcome, number> => counts,

    /** Resolves when nothing is under way. */
    async idle(): Promise<void> {
      while (open.size > 0) await Promise.all(open);
    },

    /** Gives up what waits, and waits for what runs. */
    async close(): Promise<void> {
      closing.abort();
      await Promise.all(open);
    },
  };
}

export type FormMailer = ReturnType<typeof createFormMailer>;
