import { AppError, type ErrorCode, messageOf } from './errors.js';

/** An error on its way between threads, where it would lose its class. */
export interface SerializedError {
  code: ErrorCode;
  message: string;
  details: Readonly<Record<string, unknown>>;
  retryAfter: number | undefined;
}

export function serializeError(error: unknown): SerializedError {
  if (error instanceof AppError) {
    const { code, message, details, retryAfter } = error;
    return { code, message, details, retryAfter };
  }
  return { code: 'internal', message: messageOf(error), details: {}, retryAfter: undefined };
}

export function deserializeError({ code, message, details, retryAfter }: SerializedError): AppError {
  return new AppError(code, message, retryAfter === undefined ? { details } : { details, retryAfter });
}
