import { AppError } from './errors.js';

/** Narrower than what URL takes: braces and the like are no part of a URI (RFC 3986, 3.2.2). */
const HOST_NAME = /^(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])$/;

/** What absolute links of an answer begin with: scheme, host and port, without a slash at the end. */
export type OriginOf = (request: { protocol: string; host: string }) => string;

/** Where the service is published, as in mails; where nobody has said that (null), each request's own address. */
export function createOriginOf(publishedAt: string | null): OriginOf {
  return publishedAt === null ? originOf : () => publishedAt;
}

/**
 * What absolute links into this service begin with: scheme, host and port as the client sees them, without a slash at the end.
 * @throws AppError invalid_input where the Host header names no host
 */
export function originOf({ protocol, host }: { protocol: string; host: string }): string {
  const text = `${protocol}://${host}`;
  const url = host !== '' && URL.canParse(text) ? new URL(text) : null;
  if (url === null || !HOST_NAME.test(url.hostname))
    throw new AppError('invalid_input', 'Host: expected a host, such as papers.example.org:8080.', {
      details: { field: 'Host' },
    });
  return url.origin;
}
