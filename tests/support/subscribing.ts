import type { Mail, SendOutcome } from '../../src/platform/mail/transport.js';

/** Keeps the mails that are sent. */
export function captureMail() {
  const mails: Mail[] = [];
  return {
    mails,
    send: async (mail: Mail): Promise<SendOutcome> => {
      mails.push(mail);
      return { kind: 'sent', response: '250 ok' };
    },
  };
}

/** The token of the link in a mail. */
export function tokenOf({ text }: Pick<Mail, 'text'>): string {
  const token = /\/(?:confirm|manage)\/([\w-]{43})\n/.exec(text)?.[1];
  if (token === undefined) throw new Error(`no token in: ${text}`);
  return token;
}

/** A clock that stands still until it is set. */
export function settableClock(start: string) {
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    set: (at: string): void => {
      time = Date.parse(at);
    },
    advance: (ms: number): void => {
      time += ms;
    },
  };
}
