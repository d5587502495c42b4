/** Where a process that sends digests is killed. */
export const digestPoints = {
  'prepare.before': 'a digest is composed, and not stored yet',
  'prepare.after': 'it is stored, with its papers in the ledger',
  'claim.after': 'it is claimed',
  'arm.after': 'it is armed, and nothing was said to the server',
  'wanted.held': 'the subscription is held; MAIL FROM is the next word',
  'answer.before': 'the server has taken it, and its answer isn’t stored',
  'settle.after': 'its answer is stored',
} as const;
export type DigestPoint = keyof typeof digestPoints | 'random';

/** What the process that is to die is told. */
export interface DigestOrder {
  connection: unknown;
  smtpUrl: string;
  /** The time that it is for it. */
  now: string;
  work: 'prepare' | 'send';
  uncertain: 'hold' | 'resend';
  /** null: it lives to its end. */
  point: DigestPoint | null;
  /** The how-manieth passing kills; of `random` the milliseconds after which it dies. */
  at: number;
}

/** What it says when it begins, in a line of JSON. */
export interface DigestRecovery {
  uncertain: number;
  freed: number;
}
