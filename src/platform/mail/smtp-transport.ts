import { setImmediate as turn } from 'node:timers/promises';
import type { DkimKey } from './dkim.js';
import { composeMessage } from './message.js';
import { createSlots } from './slots.js';
import {
  defaultTimeouts,
  openSession,
  type SmtpSession,
  type SmtpTimeouts,
  unsendable,
} from './smtp-session.js';
import { type SmtpServer, smtpTarget } from './smtp-url.js';
import type { Mail, MailTransport, SendOptions, SendOutcome } from './transport.js';

/** Servers count connections of one client, and few allow many. */
const DEFAULT_CONNECTIONS = 2;

/** Many servers end a connection after a hundred messages (Postfix: 100 at their limit for slow ones; Exchange Online: 100). */
const DEFAULT_MESSAGES = 100;

/** Servers hang up on clients that say nothing for some ten seconds: an older connection isn't worth the risk. */
const IDLE_MS = 5_000;

export interface SmtpTransportOptions {
  server: SmtpServer;
  /** null: unsigned. */
  dkim: DkimKey | null;
  /** At once. */
  connections?: number;
  /** Over one connection. */
  messagesPerConnection?: number;
  timeouts?: SmtpTimeouts;
}

interface Kept {
  session: SmtpSession;
  /** Over this connection so far. */
  messages: number;
  idle?: NodeJS.Timeout;
}

/**
 * Sends over SMTP, one message at a time a connection. A connection is used again only after a message that was taken: after
 * anything else its replies may be out of step, and a new one costs less than one reply to the wrong question.
 */
export function createSmtpTransport({
  server,
  dkim,
  connections = DEFAULT_CONNECTIONS,
  messagesPerConnection = DEFAULT_MESSAGES,
  timeouts = defaultTimeouts,
}: SmtpTransportOptions): MailTransport {
  const slots = createSlots(connections);
  const idle: Kept[] = [];
  let isClosed = false;

  function takeIdle(): Kept | null {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      clearTimeout(kept.idle);
      if (kept.session.isOpen()) return kept;
    }
    return null;
  }

  function keep(kept: Kept): void {
    if (isClosed || kept.messages >= messagesPerConnection || !kept.session.isOpen()) {
      kept.session.quit();
      return;
    }
    kept.idle = setTimeout(() => {
      idle.splice(idle.indexOf(kept), 1);
      kept.session.quit();
    }, IDLE_MS);
    idle.push(kept);
  }

  async function sendOver(
    kept: Kept,
    mail: Mail,
    message: Buffer,
    options: SendOptions,
  ): Promise<SendOutcome> {
    let isInStep = false;
    try {
      if (options.mayStillSend && !(await options.mayStillSend())) {
        isInStep = true;
        return { kind: 'withdrawn' };
      }
      kept.messages += 1;
      const envelope = { from: mail.from.address, to: mail.to, size: message.length };
      const outcome = await kept.session.send(envelope, message, options.signal);
      // What came in together with the answer belongs to nothing, and ends the connection in this turn.
      await turn();
      isInStep = outcome.kind === 'sent';
      return outcome;
    } finally {
      if (isInStep) keep(kept);
      else kept.session.close();
    }
  }

  async function send(mail: Mail, options: SendOptions = {}): Promise<SendOutcome> {
    let message: Buffer;
    try {
      message = await composeMessage(mail, dkim);
    } catch (error) {
      return unsendable(error);
    }
    const release = await slots.take(options.signal);
    if (release === null || isClosed) {
      release?.();
      return { kind: 'deferred', response: 'stopped before its turn came', scope: 'run' };
    }
    try {
      const kept = takeIdle();
      if (kept !== null) return await sendOver(kept, mail, message, options);
      const session = await openSession(server, timeouts, options.signal);
      if ('refused' in session) return { kind: 'deferred', response: session.refused, scope: 'run' };
      return await sendOver({ session, messages: 0 }, mail, message, options);
    } finally {
      release();
    }
  }

  return {
    kind: 'smtp',
    target: smtpTarget(server),
    connections,
    send,
    async verify() {
      const session = await openSession(server, timeouts);
      if ('refused' in session) return { ok: false, detail: session.refused };
      const security = session.isEncrypted() ? 'over TLS' : 'without TLS';
      session.quit();
      return {
        ok: true,
        detail: `greets ${security}${server.auth === null ? '' : ' and takes the password'}`,
      };
    },
    async close() {
      isClosed = true;
      for (const { session, idle: timer } of idle.splice(0)) {
        clearTimeout(timer);
        session.quit();
      }
      await slots.allFree();
    },
  };
}
