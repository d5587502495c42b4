import type { Database } from '../../src/platform/db/database.js';
import type { Mail, SendOutcome } from '../../src/platform/mail/transport.js';

/** Keeps the mails that are sent. They are taken but for those to which there are other `answers`, in turn. */
export function captureMail() {
  const mails: Mail[] = [];
  const answers: SendOutcome[] = [];
  return {
    mails,
    answers,
    send: async (mail: Mail): Promise<SendOutcome> => {
      mails.push(mail);
      return answers.shift() ?? { kind: 'sent', response: '250 ok' };
    },
  };
}

/** The token of the link in a mail. */
export function tokenOf({ text }: Pick<Mail, 'text'>): string {
  const token = /\/(?:confirm|manage)\/([\w-]{43})\n/.exec(text)?.[1];
  if (token === undefined) throw new Error(`no token in: ${text}`);
  return token;
}

/** A digest with these papers that a subscription was sent. */
export async function addDigest(
  { pool }: Pick<Database, 'pool'>,
  subscriptionId: number,
  papers: readonly string[],
): Promise<void> {
  const content = JSON.stringify({ papers: papers.map((id) => ({ id })) });
  await pool.query(
    `INSERT INTO deliveries (subscription_id, local_date, state, due_at, recipient, message_id, content, next_at)
     VALUES ($1, '2026-03-01', 'sent', '2026-03-01 08:00Z', 'x', 'x', $2, now())`,
    [subscriptionId, content],
  );
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
