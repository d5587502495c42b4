import { Type } from 'typebox';
import { type AppError, type ErrorCode, type ErrorKind, errorKinds } from '../platform/errors.js';

export const statusOfKind: Record<ErrorKind, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  media_type: 415,
  too_large: 413,
  cancelled: 499,
  unavailable: 503,
  fatal: 500,
};

export const PROBLEM_TYPE = 'application/problem+json';

/** A shared schema: app.ts adds it. RFC 9457. `code` is stable; `detail` is for people and may change its words. */
export const Problem = Type.Object(
  {
    type: Type.Literal('about:blank'),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Unsafe<ErrorCode>({ type: 'string', enum: Object.keys(errorKinds) }),
    requestId: Type.String(),
    details: Type.Record(Type.String(), Type.Unknown(), {
      description: 'What the error speaks of: field, limit.',
    }),
  },
  { $id: 'Problem', title: 'Problem', description: 'RFC 9457 problem details.' },
);

export function problemOf(error: AppError, requestId: string) {
  const status = statusOfKind[error.kind];
  const hidden = error.kind === 'fatal';
  return {
    type: 'about:blank' as const,
    title: titles[status]!,
    status,
    // The message of a fatal error may name what only the operator should see; the log has it.
    detail: hidden ? `Something went wrong here; the log has it under request ${requestId}.` : error.message,
    code: error.code,
    requestId,
    details: hidden ? {} : { ...error.details },
  };
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** The responses of a route for these statuses, for its schema. */
export function problemResponses<const S extends 400 | 401 | 403 | 404 | 413 | 503>(...statuses: S[]) {
  const content = { [PROBLEM_TYPE]: { schema: Type.Ref('Problem#') } };
  const entries = statuses.map((status) => [status, { description: titles[status]!, content }]);
  return Object.fromEntries(entries) as Record<S, { description: string; content: typeof content }>;
}
