import { lookup as lookUp } from 'node:dns';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { messageOf } from './errors.js';
import { isSpecialAddress } from './special-networks.js';

export interface HttpRequest {
  method: 'GET' | 'POST';
  /** http or https, without a user and password. */
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** The answer's body is wanted as it is: in `bytes`, and `body` stays empty. */
  isBinary?: boolean;
  signal?: AbortSignal | undefined;
}

export type HttpResult =
  /** With any status. `isWhole`: false where the body was cut off at the limit, broke off or didn't end in time. */
  | {
      kind: 'answered';
      status: number;
      headers: Readonly<Record<string, string>>;
      body: string;
      /** Of a request with `isBinary` alone. */
      bytes?: Uint8Array;
      isWhole: boolean;
      /** It was cut off at the limit. */
      isTooLong: boolean;
    }
  /** Not allowed: an address that isn't one, or a private network. Nothing was sent there, and won't be. */
  | { kind: 'refused'; why: string }
  /** No answer. `mayHaveArrived`: the request had left as a whole, so that the other side may have acted on it. */
  | { kind: 'failed'; why: string; mayHaveArrived: boolean };

export interface HttpClientOptions {
  /** Whether private and special networks are allowed. */
  allowsPrivate: boolean;
  /** `Quire/1.2 (+https://quire.example)`. */
  userAgent: string;
  /** For one request, its redirects and all; too short gives up on slow services, too long holds up those that wait behind. */
  timeoutMs?: number;
  /** Of an answer's body; the rest is not read. */
  maxBodyBytes?: number;
  /** As node:dns' `lookup`. */
  lookup?: LookupFunction;
}

const TIMEOUT_MS = 15_000;
/** The answers of webhooks are a few words. */
const MAX_BODY_BYTES = 64 * 1_024;
const MAX_HEADER_BYTES = 16 * 1_024;
const MAX_REDIRECTS = 3;
const MAX_URL_LENGTH = 2_000;

/**
 * Requests to addresses that anybody may name. The network is checked where it can't change any more: of the addresses that are
 * connected to, as the connection's own look-up gives them, and again at every redirect. Never throws for what the other side does.
 */
export function createHttpClient(options: HttpClientOptions) {
  const { allowsPrivate, timeoutMs = TIMEOUT_MS } = options;

  async function request(asked: HttpRequest): Promise<HttpResult> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = asked.signal ? AbortSignal.any([asked.signal, deadline]) : deadline;
    let url = asked.url;
    for (let redirects = 0; ; redirects += 1) {
      const problem = whyNotAllowed(url, allowsPrivate);
      if (problem !== null) return { kind: 'refused', why: problem };
      const result = await once(new URL(url), { ...asked, signal }, options);
      if (result.kind !== 'answered') return result;
      const location = result.headers['location'];
      // A POST isn't repeated elsewhere: who moved a webhook has to say so.
      const isRedirect = asked.method === 'GET' && [301, 302, 303, 307, 308].includes(result.status);
      if (!isRedirect || location === undefined) return result;
      if (redirects >= MAX_REDIRECTS)
        return { kind: 'failed', why: `more than ${MAX_REDIRECTS} redirects`, mayHaveArrived: false };
      if (!URL.canParse(location, url))
        return { kind: 'failed', why: 'a redirect to nowhere', mayHaveArrived: false };
      const next = new URL(location, url);
      if (url.startsWith('https:') && next.protocol === 'http:')
        return { kind: 'refused', why: 'a redirect from https to http' };
      url = next.href;
    }
  }

  return { request };
}

export type HttpClient = ReturnType<typeof createHttpClient>;

/** Null where a request may go there, as far as the address alone tells: for forms, to say so at once. */
export function whyNotAllowed(text: string, allowsPrivate: boolean): string | null {
  if (text.length > MAX_URL_LENGTH) return `an address longer than ${MAX_URL_LENGTH} characters`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '')
    return 'expected an address such as https://host/path';
  if (url.username !== '' || url.password !== '') return 'expected no user and password in the address';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (allowsPrivate) return null;
  if (isIP(host) !== 0 && isSpecialAddress(host)) return `${host} is on a private network`;
  return /(^|\.)localhost\.?$/i.test(host) ? `${host} is this machine` : null;
}

/** Marks an error as ours: nothing was sent. */
class ForbiddenNetwork extends Error {}

/** One request and its answer; no redirect is followed. */
function once(
  url: URL,
  asked: HttpRequest,
  { allowsPrivate, userAgent, maxBodyBytes = MAX_BODY_BYTES, lookup = lookUp }: HttpClientOptions,
): Promise<HttpResult> {
  return new Promise((resolve) => {
    let hasLeft = false;
    let answer: IncomingMessage | null = null;
    const body = asked.body === undefined ? null : Buffer.from(asked.body);
    const fail = (error: unknown): void => {
      if (error instanceof ForbiddenNetwork) resolve({ kind: 'refused', why: error.message });
      else resolve({ kind: 'failed', why: whyOf(error, asked.signal), mayHaveArrived: hasLeft });
    };
    let request: ClientRequest;
    try {
      request = (url.protocol === 'https:' ? https : http).request(url, {
        method: asked.method,
        headers: {
          ...asked.headers,
          'user-agent': userAgent,
          'accept-encoding': 'identity',
          ...(body && { 'content-length': body.length }),
        },
        // A connection of its own: one that is kept could be to an address of before.
        agent: false,
        lookup: allowsPrivate ? lookup : guarded(lookup),
        maxHeaderSize: MAX_HEADER_BYTES,
        ...(asked.signal && { signal: asked.signal }),
      });
    } catch (error) {
      // A header that can't be sent.
      return resolve({ kind: 'refused', why: messageOf(error) });
    }
    request.on('error', (error) => {
      // Of a known status the body alone is missing.
      if (answer === null) fail(error);
      else answer.destroy(error);
    });
    // Handed to the system as a whole: before that nobody can have read its end.
    request.on('finish', () => {
      hasLeft = true;
    });
    request.on('response', (response) => {
      answer = response;
      void readBody(response, maxBodyBytes).then(({ bytes, ...read }) => {
        const body = asked.isBinary ? { body: '', bytes } : { body: bytes.toString('utf8') };
        resolve(answerOf(response, { ...body, ...read }));
      });
    });
    request.end(body ?? undefined);
  });
}

/** As much as came. Never rejects: the status is known, and says more than how the connection ended. */
async function readBody(
  response: IncomingMessage,
  maxBytes: number,
): Promise<{ bytes: Buffer; isWhole: boolean; isTooLong: boolean }> {
  const parts: Buffer[] = [];
  let size = 0;
  let hasEnded = false;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      size += part.length;
      // Leaving the loop ends the connection.
      if (size > maxBytes) break;
    }
    hasEnded = true;
  } catch {
    // A reset, or a signal.
  }
  const bytes = Buffer.concat(parts).subarray(0, maxBytes);
  const isTooLong = size > maxBytes;
  return { bytes, isWhole: hasEnded && !isTooLong, isTooLong };
}

function answerOf(
  { statusCode = 0, headers }: IncomingMessage,
  read: { body: string; bytes?: Uint8Array; isWhole: boolean; isTooLong: boolean },
): HttpResult {
  const plain = Object.entries(headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')] as const,
  );
  return { kind: 'answered', status: statusCode, headers: Object.fromEntries(plain), ...read };
}

/** Of a name with addresses inside and outside none is taken: who gives it such addresses means the ones inside. */
function guarded(lookup: LookupFunction): LookupFunction {
  return (name, options, callback) => {
    lookup(name, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
      const inside = error ? undefined : addresses.find((address) => isSpecialAddress(address));
      if (inside === undefined) callback(error, found, family);
      else callback(new ForbiddenNetwork(`${name} is ${inside}, on a private network`), '', 0);
    });
  };
}

function whyOf(error: unknown, signal: AbortSignal | undefined): string {
  const reason = signal?.aborted ? (signal.reason as Error) : null;
  if (reason?.name === 'TimeoutError') return 'no answer in time';
  return reason === null ? messageOf(error) : 'stopped';
}
