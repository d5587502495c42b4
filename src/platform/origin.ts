import { AppError } from './errors.js';

/**
 * What absolute links into this service begin with: scheme, host and port as the client sees them, without a slash at the end.
 * @throws AppError invalid_input where the Host header names no host
 */
export function originOf({ protocol, host }: { protocol: string; host: string }): string {
  const text = `${protocol}://${host}`;
  if (host === '' || !URL.canParse(text))
    throw new AppError('invalid_input', 'Host: expected a host, such as papers.example.org:8080.', {
      details: { field: 'Host' },
    });
  return new URL(text).origin;
}
