import { type ErrorCode, isAppError } from '../../src/platform/errors.js';

/** For `assert.rejects`: an error of ours with this code, and with such a message. */
export const isOf =
  (code: ErrorCode, message = /./) =>
  (error: unknown): boolean =>
    isAppError(error, code) && message.test(error.message);
