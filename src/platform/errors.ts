/**
 * Every error a user can meet. One table gives its kind; the kind gives the HTTP status and the exit code.
 * A code is part of the interface: it never changes its meaning.
 */
export const errorKinds = {
  invalid_input: 'invalid',
  invalid_config: 'invalid',
  invalid_cursor: 'invalid',
  invalid_query: 'invalid',
  unauthorized: 'unauthorized',
  full_link_needed: 'forbidden',
  paper_not_found: 'not_found',
  route_not_found: 'not_found',
  link_not_found: 'not_found',
  subscription_not_found: 'not_found',
  source_not_found: 'not_found',
  unsupported_media_type: 'media_type',
  body_too_large: 'too_large',
  index_unavailable: 'unavailable',
  model_unavailable: 'unavailable',
  mail_unavailable: 'unavailable',
  overloaded: 'unavailable',
  shutting_down: 'unavailable',
  source_unavailable: 'unavailable',
  timeout: 'unavailable',
  cancelled: 'cancelled',
  database_unreachable: 'unavailable',
  storage_full: 'unavailable',
  database_newer: 'fatal',
  database_unsuitable: 'fatal',
  data_dir_newer: 'fatal',
  data_dir_unwritable: 'fatal',
  data_dir_invalid: 'fatal',
  embedded_database_failed: 'fatal',
  port_in_use: 'fatal',
  model_invalid: 'fatal',
  vector_invalid: 'fatal',
  snapshot_failed: 'unavailable',
  internal: 'fatal',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorKinds;
export type ErrorKind = (typeof errorKinds)[ErrorCode];

export interface AppErrorOptions {
  cause?: unknown;
  /** What the message speaks of, for machines: the field, the line, the limit. Never a secret. */
  details?: Readonly<Record<string, unknown>>;
  /** Seconds after which a try makes sense again; becomes `Retry-After`. */
  retryAfter?: number;
}

/** An error with a stable code. The message is for people: what is wrong, where, and what was expected. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfter = options.retryAfter;
  }

  get kind(): ErrorKind {
    return errorKinds[this.code];
  }
}

export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
