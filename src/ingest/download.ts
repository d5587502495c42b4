import {
  acceptedCodings,
  BadCoding,
  CutOff,
  codingOf,
  decoded,
  TooLarge,
} from '../platform/content-coding.js';
import { AppError } from '../platform/errors.js';
import type { HttpClient } from '../platform/http-client.js';
import { BrokenOff } from '../platform/http-exchange.js';

/**
 * What a client for downloads needs. A page of arXiv's API may take half a minute; a file is taken in while it comes, and
 * millions of papers take an hour.
 */
export const downloadLimits = { timeoutMs: 4 * 3_600_000, silenceMs: 120_000 } as const;

/** As much as is read of a file. */
const MAX_BYTES = 4_000_000_000;

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

export interface DownloadOptions {
  http: Pick<HttpClient, 'open'>;
  signal?: AbortSignal | undefined;
  /** Of what is there, and of the bytes that it is sent as. */
  maxBytes?: number;
}

/**
 * The bytes at an address as they come, of whatever type. One request and its redirects; nothing is tried again.
 * @throws AppError invalid_input for an address that isn't allowed or has nothing, source_unavailable where another try may help,
 *   body_too_large beyond `maxBytes`, cancelled; the last three also behind bytes that have come out
 */
export async function* download(
  address: string,
  { http, signal, maxBytes = MAX_BYTES }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  const name = nameOfAddress(address);
  const headers = { 'accept-encoding': acceptedCodings };
  const answer = await http.open({ method: 'GET', url: address, headers, signal });
  if (signal?.aborted) throw new AppError('cancelled', 'reading was cancelled');
  if (answer.kind === 'refused')
    throw new AppError(
      'invalid_input',
      `${name} was not fetched: ${answer.why}. Save it as a file and take that in.`,
    );
  if (answer.kind === 'failed')
    throw new AppError('source_unavailable', `${name} could not be fetched: ${answer.why}. Try again later.`);
  try {
    if (answer.status !== 200) throw statusError(name, answer.status, answer.headers['retry-after']);
    const coding = codingOf(answer.headers['content-encoding']);
    yield* decoded(answer.body, { coding, maxBytes });
  } catch (error) {
    throw signal?.aborted ? new AppError('cancelled', 'reading was cancelled') : bodyError(name, error);
  } finally {
    answer.close();
  }
}

function bodyError(name: string, error: unknown): unknown {
  if (error instanceof TooLarge)
    return new AppError(
      'body_too_large',
      `${name} is larger than a download may be: save it as a file and take that in.`,
    );
  if (error instanceof BadCoding)
    return new AppError('invalid_input', `${name} can't be read: ${error.message}.`);
  if (error instanceof BrokenOff || error instanceof CutOff)
    return new AppError(
      'source_unavailable',
      `${name} could not be fetched whole: ${error.message}. Try again later; what was taken in before stays.`,
    );
  return error;
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
