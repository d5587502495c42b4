import type { SendOutcome } from '../../src/platform/mail/transport.js';

/** Where in a conversation a fault happens; `body` is at the first bytes of the message, `dot` after its end. */
export type Point =
  | 'connect'
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'dot';

/** What a server that is out of order does at that point. */
export interface Fault {
  at: Point;
  /** Said as it stands, line ends and all. */
  says?: string;
  /** One byte at a time, milliseconds apart. */
  dripMs?: number;
  /** After what it says: goes on in the conversation, hangs up, or never says a word again. */
  next: 'on' | 'drop' | 'silence';
  /** At `dot`: the message is taken, whatever is said. */
  takes?: boolean;
}

export interface Mode {
  fault: Fault;
  expects: Pick<SendOutcome, 'kind'> & { scope?: 'message' | 'run'; why?: 'address' | 'policy' | 'message' };
  /** What the server offers, and what the message is like. */
  needs?: 'pipelining' | 'auth' | 'starttls' | 'large';
}

const run = { kind: 'deferred', scope: 'run' } as const;
const later = { kind: 'deferred', scope: 'message' } as const;
const address = { kind: 'failed', why: 'address' } as const;
const policy = { kind: 'failed', why: 'policy' } as const;
const message = { kind: 'failed', why: 'message' } as const;
const uncertain = { kind: 'uncertain' } as const;
const sent = { kind: 'sent' } as const;

const says = (at: Point, line: string, expects: Mode['expects'], needs?: Mode['needs']): Mode => ({
  fault: { at, says: `${line}\r\n`, next: 'on' },
  expects,
  ...(needs && { needs }),
});
const drops = (at: Point, expects: Mode['expects'], fault: Partial<Fault> = {}): Mode => ({
  fault: { at, next: 'drop', ...fault },
  expects,
});
const silent = (at: Point, expects: Mode['expects'], fault: Partial<Fault> = {}): Mode => ({
  fault: { at, next: 'silence', ...fault },
  expects,
});

/** Ever more lines, and never the last one. */
const endless = (code: number): string => `${code}-line after line after line after line\r\n`.repeat(4_000);
/** At a byte every 100 ms it outlasts every limit of the tests, and no pause is long. */
const drip = { says: `250-${'.'.repeat(500)}`, dripMs: 100 };

const before: Record<string, Mode> = {
  'connect: drop': drops('connect', run),
  'greeting: 421': says('greeting', '421 4.3.2 too busy', run),
  'greeting: 554': says('greeting', '554 no service here', run),
  'greeting: half a line, drop': drops('greeting', run, { says: '22' }),
  'greeting: garbage': says('greeting', '\u0001\u0002 HTTP/1.1 400 Bad Request', run),
  'greeting: silence': silent('greeting', run),
  'greeting: drip': silent('greeting', run, { says: `220-${'.'.repeat(500)}`, dripMs: 100 }),
  'ehlo: drop': drops('ehlo', run),
  'ehlo: 421': says('ehlo', '421 4.7.0 go away', run),
  'ehlo: silence': silent('ehlo', run),
  'ehlo: 502, then HELO': says('ehlo', '502 what?', sent),
  'starttls: 454': says('starttls', '454 4.7.0 no TLS at present', run, 'starttls'),
  'starttls: drop': { ...drops('starttls', run, { says: '220 go ahead\r\n' }), needs: 'starttls' },
  'auth: 535': says('auth', '535 5.7.8 wrong password', run, 'auth'),
  'auth: 454': says('auth', '454 4.7.0 later', run, 'auth'),
  'auth: drop': { ...drops('auth', run), needs: 'auth' },
};

const envelope: Record<string, Mode> = {
  'mail: 421': says('mail', '421 4.7.0 too many', run),
  'mail: 451': says('mail', '451 4.3.0 try again', later),
  'mail: 452': says('mail', '452 4.3.1 no room', later),
  'mail: 530 5.7.0': says('mail', '530 5.7.0 log in first', policy),
  'mail: 550': says('mail', '550 not you', message),
  'mail: 550 5.1.0': says('mail', '550 5.1.0 sender refused', message),
  'mail: 550 5.1.8': says('mail', '550 5.1.8 bad sender domain', message),
  'mail: 552 5.3.4': says('mail', '552 5.3.4 too large', message),
  'mail: garbage': says('mail', 'what was that?', later),
  'mail: drop': drops('mail', later),
  'mail: silence': silent('mail', later),
  'rcpt: greylisted': says('rcpt', '450 4.2.0 greylisted, come back in 5 minutes', later),
  'rcpt: 451': says('rcpt', '451 4.7.1 later', later),
  'rcpt: 452': says('rcpt', '452 4.2.2 mailbox full', later),
  'rcpt: 421': says('rcpt', '421 4.7.0 enough', run),
  'rcpt: 550 5.1.1': says('rcpt', '550 5.1.1 no such user', address),
  'rcpt: 550 5.1.1 in lines': says('rcpt', '550-5.1.1 no such\r\n550 5.1.1 user', address),
  'rcpt: 556 5.1.10': says('rcpt', '556 5.1.10 takes no mail', address),
  'rcpt: 550': says('rcpt', '550 unknown', address),
  'rcpt: 551': says('rcpt', '551 elsewhere', address),
  'rcpt: 553': says('rcpt', '553 no such name', address),
  'rcpt: 553 5.1.7': says('rcpt', '553 5.1.7 bad sender', message),
  'rcpt: 550 5.7.1': says('rcpt', '550 5.7.1 blocked', policy),
  'rcpt: 550 with 4.7.1': says('rcpt', '550 4.7.1 in two minds', address),
  'rcpt: 552 5.2.2': says('rcpt', '552 5.2.2 full', message),
  'rcpt: 554': says('rcpt', '554 no', message),
  'rcpt: 354': says('rcpt', '354 go on', later),
  'rcpt: two codes': says('rcpt', '250-well\r\n550 no', later),
  'rcpt: half a 550, drop': drops('rcpt', later, { says: '550 5.1.1 no su' }),
  'rcpt: endless': silent('rcpt', later, { says: endless(550) }),
  'rcpt: drop': drops('rcpt', later),
  'rcpt: silence': silent('rcpt', later),
  'rcpt: drip': silent('rcpt', later, drip),
  'data: 421': says('data', '421 4.3.0 closing', run),
  'data: 451': says('data', '451 4.3.0 not now', later),
  'data: 554': says('data', '554 no valid recipients', message),
  'data: 554 5.7.1': says('data', '554 5.7.1 no', policy),
  'data: 250 for 354': says('data', '250 ok', later),
  'data: garbage': says('data', '<html>', later),
  'data: drop': drops('data', later),
  'data: silence': silent('data', later),
  'pipelined: mail 451': says('mail', '451 4.3.0 try again', later, 'pipelining'),
  'pipelined: rcpt 450': says('rcpt', '450 4.2.0 greylisted', later, 'pipelining'),
  'pipelined: rcpt 550 5.1.1': says('rcpt', '550 5.1.1 no such user', address, 'pipelining'),
  'pipelined: rcpt 421': says('rcpt', '421 4.7.0 enough', run, 'pipelining'),
  'pipelined: data 554 5.7.1': says('data', '554 5.7.1 no', policy, 'pipelining'),
};

const content: Record<string, Mode> = {
  'body: drop': { ...drops('body', later), needs: 'large' },
  'body: 552': { ...silent('body', message, { says: '552 5.3.4 too large\r\n' }), needs: 'large' },
  'body: 250 too early': { ...silent('body', later, { says: '250 ok\r\n' }), needs: 'large' },
  'body: silence': silent('body', uncertain),
  'dot: 421': says('dot', '421 4.3.0 closing', run),
  'dot: 451': says('dot', '451 4.3.0 not now', later),
  'dot: 452': says('dot', '452 4.3.1 no room', later),
  'dot: 550 5.7.1': says('dot', '550 5.7.1 spam', policy),
  'dot: 550 5.1.1': says('dot', '550 5.1.1 no such user', address),
  'dot: 550': says('dot', '550 no', message),
  'dot: 552': says('dot', '552 too large', message),
  'dot: 554': says('dot', '554 no', message),
  'dot: drop': drops('dot', uncertain),
  'dot: taken, drop': drops('dot', uncertain, { takes: true }),
  'dot: silence': silent('dot', uncertain),
  'dot: taken, silence': silent('dot', uncertain, { takes: true }),
  'dot: taken, half a 250, drop': drops('dot', uncertain, { says: '250 2.0.0 que', takes: true }),
  'dot: taken, half a 550, drop': drops('dot', uncertain, { says: '550 5.1.1 no', takes: true }),
  'dot: taken, half a 421, drop': drops('dot', uncertain, { says: '421 clos', takes: true }),
  'dot: taken, garbage': silent('dot', uncertain, { says: 'thanks!\r\n', takes: true }),
  'dot: taken, 2 of three digits': silent('dot', uncertain, { says: '25 ok\r\n', takes: true }),
  'dot: taken, 354': silent('dot', uncertain, { says: '354 go on\r\n', takes: true }),
  'dot: taken, two codes': silent('dot', uncertain, { says: '250-well\r\n550 no\r\n', takes: true }),
  'dot: taken, endless': silent('dot', uncertain, { says: endless(250), takes: true }),
  'dot: taken, drip': silent('dot', uncertain, { ...drip, takes: true }),
  'dot: 250 in drips': {
    fault: { at: 'dot', says: '250 ok\r\n', dripMs: 10, next: 'on', takes: true },
    expects: sent,
  },
  'dot: 250 in lines': {
    fault: { at: 'dot', says: '250-well\r\n250 taken\r\n', next: 'on', takes: true },
    expects: sent,
  },
  'dot: 250 twice': {
    fault: { at: 'dot', says: '250 ok\r\n250 ok\r\n', next: 'on', takes: true },
    expects: sent,
  },
  'dot: 250, drop': { fault: { at: 'dot', says: '250 ok\r\n', next: 'drop', takes: true }, expects: sent },
};

/** Every way in which a server was seen, or can be imagined, to fail, and what a client may say of the message. */
export const modes: Readonly<Record<string, Mode>> = { ...before, ...envelope, ...content };
