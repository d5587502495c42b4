import { AppError } from '../platform/errors.js';
import type { HttpClient } from '../platform/http-client.js';

/** What a client for downloads needs: a page of arXiv's API may take half a minute, and a file is held in memory. */
export const downloadLimits = { timeoutMs: 120_000, maxBodyBytes: 64_000_000 } as const;

/** Longest wait that a server is believed. */
const MAX_RETRY_AFTER_S = 86_400;

export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** What to call it: without its query, which may hold a key. */
export function nameOfAddress(address: string): string {
  if (!URL.canParse(address)) return 'an address';
  const { host, pathname } = new URL(address);
  return `${host}${pathname}`.slice(0, 200);
}

/**
 * The bytes at an address, of whatever type. One request and its redirects; nothing is tried again.
 * @throws AppError invalid_input for an address that isn't allowed or has nothing, source_unavailable where another try may help,
 *   body_too_large beyond the client's limit
 */
export async function* download(
  address: string,
  { http, signal }: { http: HttpClient; signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  const name = nameOfAddress(address);
  const result = await http.request({ method: 'GET', url: address, isBinary: true, signal });
  if (signal?.aborted) throw new AppError('cancelled', 'reading was cancelled');
  if (result.kind === 'refused')
    throw new AppError(
      'invalid_input',
      `${name} was not fetched: ${result.why}. Save it as a file and take that in.`,
    );
  if (result.kind === 'failed')
    throw new AppError('source_unavailable', `${name} could not be fetched: ${result.why}. Try again later.`);
  if (result.status !== 200) throw statusError(name, result.status, result.headers['retry-after']);
  if (result.isTooLong)
    throw new AppError(
      'body_too_large',
      `${name} is larger than a download may be: save it as a file and take that in.`,
    );
  if (!result.isWhole)
    throw new AppError('source_unavailable', `${name} could not be fetched: it broke off. Try again later.`);
  yield result.bytes ?? new Uint8Array();
}

function statusError(name: string, status: number, retryAfter: string | undefined): AppError {
  const seconds = /^\d{1,9}$/.test(retryAfter ?? '')
    ? Math.min(Number(retryAfter), MAX_RETRY_AFTER_S)
    : undefined;
  const later = seconds === undefined ? 'Try again in some minutes.' : `Try again in ${seconds} s.`;
  const details = { status };
  if (status === 429 || status >= 500) {
    const what = status === 429 ? 'says that it was asked too often' : "can't answer at the moment";
    return new AppError('source_unavailable', `${name}: the server ${what} (${status}). ${later}`, {
      details,
      ...(seconds !== undefined && { retryAfter: seconds }),
    });
  }
  const what =
    status === 404 || status === 410
      ? 'there is nothing at this address'
      : status === 401 || status === 403
        ? 'the server lets nobody read it without a key; save it in a browser and take in the file'
        : 'expected an answer with status 200';
  return new AppError('invalid_input', `${name}: ${what} (${status}). Check the address.`, { details });
}
