import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { messageOf } from '../errors.js';
import { type Reply, readReply, refusal, type Step, tidyResponse } from './reply.js';
import type { SmtpServer } from './smtp-url.js';
import type { SendOutcome } from './transport.js';

/** Milliseconds for each part of a conversation. */
export interface SmtpTimeouts {
  /** From connecting to being logged in. */
  open: number;
  /** From MAIL FROM until the server wants the message. */
  envelope: number;
  /** For the message itself. */
  data: number;
  /** From the final dot to the answer: who gives up early doesn't know whether it was taken (RFC 5321, 4.5.3.2.6). */
  answer: number;
}

/** RFC 5321 4.5.3.2 asks for 5, 5 to 12, 3 a block and 10 minutes; of a server that is there the first takes seconds. */
export const defaultTimeouts: SmtpTimeouts = {
  open: 60_000,
  envelope: 300_000,
  data: 300_000,
  answer: 600_000,
};

/** A reply of some lines; the library's own bound is 1 MB. */
const MAX_REPLY_BYTES = 64 * 1_024;

/** Written at once: between two parts a server that has hung up is noticed. */
const PART_BYTES = 16 * 1_024;

export interface Envelope {
  from: string;
  to: string;
  /** Bytes, for servers that name their limit. */
  size: number;
}

/** A connection that is logged in and waits for a message. */
export interface SmtpSession {
  readonly isOpen: () => boolean;
  readonly isEncrypted: () => boolean;
  /**
   * Sends one message, from MAIL FROM to the answer to its final dot. Aborted, it breaks off before that dot; after it, it
   * waits for the answer all the same.
   */
  send(envelope: Envelope, message: Buffer, signal?: AbortSignal): Promise<SendOutcome>;
  /** Takes its leave. */
  quit(): void;
  close(): void;
}

/** The errors of nodemailer that matter here. */
interface ConnectionError extends Error {
  code?: string | undefined;
  response?: string | undefined;
  command?: string | undefined;
}

/** A session, or in the server's words why there is none. */
export function openSession(
  server: SmtpServer,
  timeouts: SmtpTimeouts,
  signal?: AbortSignal,
): Promise<SmtpSession | { refused: string }> {
  const connection = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: server.tls === 'required' && !server.secure,
    ignoreTLS: server.tls === 'off',
    tls: server.tls === 'unverified' ? { rejectUnauthorized: false } : {},
    connectionTimeout: timeouts.open,
    greetingTimeout: timeouts.open,
    dnsTimeout: timeouts.open,
    // The limits below end each part; this one only what nothing waits for.
    socketTimeout: Math.max(...Object.values(timeouts)) + 1_000,
    socketCloseTimeout: 1_000,
    maxResponseSize: MAX_REPLY_BYTES,
  });
  return new Promise((resolve) => {
    const limit = setTimeout(
      () => refuse(new Error(`no session within ${timeouts.open / 1_000} s`)),
      timeouts.open,
    );
    const finish = (result: SmtpSession | { refused: string }): void => {
      clearTimeout(limit);
      signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const refuse = (error: ConnectionError): void => {
      // Before closing, which would be told as the reason.
      finish({ refused: tidyResponse(error.response ?? error.message) });
      connection.close();
    };
    const onAbort = (): void => refuse(new Error('stopped before the connection stood'));
    const ready = (): void => finish(createSession(connection, timeouts));
    // Stays for the connection's life: what breaks later reaches the message under way by its callback.
    connection.on('error', refuse);
    connection.on('end', () => refuse(new Error('the connection was closed')));
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort);
    connection.connect((error) => {
      if (error) return refuse(error);
      if (server.auth === null) return ready();
      connection.login({ ...server.auth }, (problem) => (problem ? refuse(problem) : ready()));
    });
  });
}

function createSession(connection: SMTPConnection, timeouts: SmtpTimeouts): SmtpSession {
  return {
    isOpen: () => !connection.destroyed,
    isEncrypted: () => connection.secure,
    send: (envelope, message, signal) => transact({ connection, timeouts, envelope, message, signal }),
    quit: () => {
      if (connection.destroyed) return;
      connection.quit();
      // A server that doesn't answer QUIT is left after that time.
      const limit = setTimeout(() => connection.close(), 1_000);
      connection.once('end', () => clearTimeout(limit));
    },
    close: () => connection.close(),
  };
}

interface Transaction {
  connection: SMTPConnection;
  timeouts: SmtpTimeouts;
  envelope: Envelope;
  message: Buffer;
  signal: AbortSignal | undefined;
}

function transact({ connection, timeouts, envelope, message, signal }: Transaction): Promise<SendOutcome> {
  return new Promise((resolve) => {
    // Whether the final dot may have left: from then on only a reply tells what became of the message.
    let hasDot = false;
    let isSettled = false;
    let limit: NodeJS.Timeout | undefined;
    const settle = (outcome: SendOutcome): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(limit);
      signal?.removeEventListener('abort', onAbort);
      connection.removeListener('end', onEnd);
      resolve(outcome);
    };
    // The library ends some connections without a word to the message under way; where it has one, that comes first.
    const onEnd = (): void => {
      setImmediate(() => settle(broken('the connection was closed', hasDot)));
    };
    const giveUp = (why: string): void => {
      settle(broken(why, hasDot));
      connection.close();
    };
    const allow = (ms: number, what: string): void => {
      clearTimeout(limit);
      limit = setTimeout(() => giveUp(`${what} within ${ms / 1_000} s`), ms);
    };
    const onAbort = (): void => {
      if (!hasDot) giveUp('stopped before the message was sent');
    };
    // The library reads on only when the part before is on its way, and writes the dot after the last.
    async function* parts(): AsyncGenerator<Buffer> {
      // It takes 250 for 354. Here that is the answer to another command, and everything after it would be misread.
      const reply = readReply(connection.lastServerResponse || '');
      if (reply?.code !== 354) throw new Error(`DATA was answered with ${connection.lastServerResponse}`);
      allow(timeouts.data, 'the message was not taken');
      for (let at = 0; at < message.length; at += PART_BYTES) {
        yield message.subarray(at, at + PART_BYTES);
        await turn();
        if (isSettled) return;
      }
      hasDot = true;
      allow(timeouts.answer, 'no answer to the message');
    }
    if (signal?.aborted) return giveUp('stopped before the message was sent');
    signal?.addEventListener('abort', onAbort);
    connection.on('end', onEnd);
    allow(timeouts.envelope, 'no answer to MAIL, RCPT or DATA');
    const body = Readable.from(parts(), { objectMode: false, highWaterMark: 1 });
    connection.send(envelope, body, (error, info) => {
      if (error) settle(outcomeOf(error, hasDot));
      else settle(acceptance(info?.response ?? '', hasDot));
    });
  });
}

/** What the answer to a message says that the library takes for a yes, which it is by its first digit. */
function acceptance(given: string, hasDot: boolean): SendOutcome {
  const response = tidyResponse(given);
  const code = readReply(given)?.code ?? 0;
  if (!hasDot) return broken(`answered before the message was complete: ${response}`, hasDot);
  return code >= 200 && code < 300 ? { kind: 'sent', response } : { kind: 'uncertain', response };
}

function outcomeOf(error: ConnectionError, hasDot: boolean): SendOutcome {
  const response = tidyResponse(error.response ?? error.message);
  // Addresses that no command can hold, and messages beyond the server's own limit, are not even offered.
  if (error.code === 'EENVELOPE' && error.command === 'API')
    return { kind: 'failed', response, why: 'address' };
  if (error.code === 'EMESSAGE' && error.response === undefined && !hasDot)
    return { kind: 'failed', response, why: 'message' };
  const step = stepOf(error);
  const reply: Reply | null = readReply(error.response ?? '');
  // Without a step it is the rest of a line that was cut off, or a reply to nothing.
  if (reply !== null && reply.code >= 400 && (step !== null || !hasDot)) {
    if (step !== null) return refusal(reply, step, response);
    if (reply.code === 421) return { kind: 'deferred', response, scope: 'run' };
  }
  return broken(response, hasDot);
}

function stepOf({ code, command }: ConnectionError): Step | null {
  if (command === 'MAIL FROM') return 'MAIL';
  if (command === 'RCPT TO') return 'RCPT';
  if (command === 'DATA') return code === 'EMESSAGE' ? 'dot' : 'DATA';
  return null;
}

function broken(why: string, hasDot: boolean): SendOutcome {
  const response = tidyResponse(why);
  return hasDot ? { kind: 'uncertain', response } : { kind: 'deferred', response, scope: 'message' };
}

/** Why composing failed, as an outcome: the same mail would fail again. */
export function unsendable(error: unknown): SendOutcome {
  return { kind: 'failed', response: tidyResponse(messageOf(error)), why: 'message' };
}
