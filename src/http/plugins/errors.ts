import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, isAppError } from '../../platform/errors.js';
import { withoutTokens } from '../../platform/log.js';
import { isDatabaseOutage, isStorageFull } from '../../platform/outage.js';
import { PROBLEM_TYPE, problemOf } from '../problem.js';

/** Seconds that a client should wait where the error doesn't say. */
const DEFAULT_RETRY_AFTER = 1;

/** Every error of every route as problem+json (RFC 9457); pages put their own renderer in front. */
export function addErrorHandling(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) =>
    sendProblem(toAppError(error), request, reply),
  );
}

export function sendProblem(error: AppError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id);
  noteRefusal(error, request, reply);
  return reply.code(problem.status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
}

/** Logs the error, and sets the headers that go with it in whatever shape it is sent. */
export function noteRefusal(error: AppError, request: FastifyRequest, reply: FastifyReply): void {
  // A client's mistake is news, not an error of ours: alarms hang on `error`.
  if (error.kind === 'fatal') request.log.error({ err: error }, 'request failed');
  else if (error.code === 'storage_full') request.log.error({ err: error }, 'the disk is full');
  else if (error.code === 'database_unreachable')
    request.log.warn({ err: error }, 'the database does not answer');
  else request.log.info({ code: error.code, detail: withoutTokens(error.message) }, 'request refused');
  if (error.kind === 'unavailable') reply.header('retry-after', error.retryAfter ?? DEFAULT_RETRY_AFTER);
  if (error.kind === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="quire"');
}

const depthOf = (path: string): number => path.split('/').length;

/** What a schema says, in words that people use. */
function wordingOf(error: NonNullable<FastifyError['validation']>[number] | undefined): string {
  switch (error?.keyword) {
    case 'additionalProperties':
      return 'there is no such field here';
    case 'minItems':
      return `expected at least ${error.params['limit']}`;
    case 'maxItems':
      return `expected at most ${error.params['limit']}`;
    case 'maxLength':
      return `expected at most ${error.params['limit']} characters`;
    default:
      return error?.message ?? 'invalid';
  }
}

/** Fastify's own errors in our codes. */
export function toAppError(error: FastifyError | Error): AppError {
  if (isAppError(error)) return error;
  const { code, validation, validationContext, statusCode } = error as FastifyError;
  if (validation) {
    // Of the branches of a union the one that fits best is the one that failed deepest.
    const [first] = [...validation].sort((a, b) => depthOf(b.instancePath) - depthOf(a.instancePath));
    const path = first?.instancePath.split('/').filter(Boolean).join('.') ?? '';
    const named = first?.params['additionalProperty'] ?? first?.params['missingProperty'];
    const field = path || (typeof named === 'string' ? named : (validationContext ?? 'request'));
    const allowed = first?.params['allowedValues'];
    const choices = Array.isArray(allowed) ? ` (${allowed.join(', ')})` : '';
    const message = `${field}: ${wordingOf(first)}${choices}.`;
    return new AppError('invalid_input', message, { details: { field } });
  }
  if (code === 'FST_ERR_HANDLER_TIMEOUT')
    return new AppError('timeout', 'The answer took too long; try again.', { retryAfter: 2 });
  if (statusCode === 413) return new AppError('body_too_large', error.message);
  if (statusCode === 415) return new AppError('unsupported_media_type', error.message);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new AppError('invalid_input', error.message);
  if (statusCode === 503) return new AppError('overloaded', error.message);
  if (isStorageFull(error)) {
    return new AppError('storage_full', 'The disk is full. What was stored stays; make room and try again.', {
      cause: error,
      retryAfter: 60,
    });
  }
  if (isDatabaseOutage(error)) {
    return new AppError('database_unreachable', 'The database does not answer; try again in a moment.', {
      cause: error,
      retryAfter: 5,
    });
  }
  return new AppError('internal', error.message, { cause: error });
}
