import type { FastifyRequest } from 'fastify';
import type { ApiKeys } from '../../platform/api-keys.js';
import { AppError } from '../../platform/errors.js';

/** A hook for routes that need a key: it is checked before the body is read. @throws AppError unauthorized */
export function requireApiKey(apiKeys: ApiKeys): (request: FastifyRequest) => Promise<void> {
  return async ({ headers }) => {
    const [scheme, key] = (headers.authorization ?? '').split(' ', 2);
    const given = scheme?.toLowerCase() === 'bearer' ? key : headers['x-api-key'];
    if (typeof given === 'string' && (await apiKeys.isValid(given))) return;
    const problem = given === undefined ? 'An API key is needed' : 'This API key is not valid';
    throw new AppError(
      'unauthorized',
      `${problem}: expected \`Authorization: Bearer quire_…\`. \`quire key create\` makes one.`,
    );
  };
}
