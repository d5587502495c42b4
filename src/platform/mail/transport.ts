/** A mail as it is to go out: text first, HTML as its alternative. */
export interface Mail {
  /** Without angle brackets; deterministic, so that a message sent again is the same message. */
  messageId: string;
  from: { name: string; address: string };
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Further headers: `List-Unsubscribe`, `Auto-Submitted` … */
  headers: Readonly<Record<string, string>>;
  date: Date;
}

/**
 * What became of a message. Only an answer of the server's after the final dot proves that it was taken, and only one that
 * is negative, or an end before that dot, that it was not (RFC 5321 4.2.5, RFC 1047).
 */
export type SendOutcome =
  | { kind: 'sent'; response: string }
  /** Not taken, worth another try: 4xx, or no connection. `run`: the server takes nothing at present (421, refused), so others needn't be tried. */
  | { kind: 'deferred'; response: string; scope: 'message' | 'run' }
  /** Not taken, and won't be: `address` is dead (5.1.x), `policy` refuses all of us (5.7.x), or this `message`. */
  | { kind: 'failed'; response: string; why: 'address' | 'policy' | 'message' }
  /** Silence, or a broken connection, after the final dot. */
  | { kind: 'uncertain'; response: string }
  /** `mayStillSend` said no, right before MAIL FROM: nothing was said to the server. */
  | { kind: 'withdrawn' };

export interface SendOptions {
  /** Asked right before MAIL FROM, when the connection stands. */
  mayStillSend?: () => Promise<boolean>;
  signal?: AbortSignal | undefined;
}

/** Where mails go. One message at a time a connection; never throws for what the other side does. */
export interface MailTransport {
  readonly kind: 'smtp' | 'file';
  /** `smtp://host:port`, or the folder: for logs and the doctor, without credentials. */
  readonly target: string;
  /** Connections that can be used at once. */
  readonly connections: number;
  send(mail: Mail, options?: SendOptions): Promise<SendOutcome>;
  /** Whether it can be reached and takes our credentials; says why not. */
  verify(): Promise<{ ok: boolean; detail: string }>;
  close(): Promise<void>;
}
