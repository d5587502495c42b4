import type { FastifyError, FastifyInstance } from 'fastify';
import type { AppError } from '../../platform/errors.js';
import { problemOf } from '../problem.js';
import { noteRefusal, toAppError } from './errors.js';

export interface ClientErrorsOptions {
  /** The status for an error, where the client of these routes needs another one than the API's own. */
  statusOf?: (error: AppError, status: number) => number;
}

/** For routes in the shape of another service: its clients read `{"error": …}`, and of a 5xx `message`. */
export function addClientErrors(app: FastifyInstance, { statusOf }: ClientErrorsOptions = {}): void {
  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const error = toAppError(thrown);
    const { status: own, detail } = problemOf(error, request.id);
    noteRefusal(error, request, reply);
    const status = statusOf?.(error, own) ?? own;
    const body = status < 429 ? { error: detail } : { error: detail, message: detail };
    return reply.code(status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(body);
  });
}
