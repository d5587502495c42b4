import { isIP, type LookupFunction } from 'node:net';
import { createByteCollector } from './byte-collector.js';
import { type Exchanged, exchange } from './http-exchange.js';
import { isSpecialAddress } from './special-networks.js';

export interface HttpRequest {
  method: 'GET' | 'POST';
  /** http or https, without a user and password. */
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** A redirect is the answer. */
  leavesRedirects?: boolean;
  signal?: AbortSignal | undefined;
}

export type HttpResult =
  /** With any status. `isWhole`: false where the body was cut off at the limit, broke off or didn't end in time. */
  | {
      kind: 'answered';
      status: number;
      headers: Readonly<Record<string, string>>;
      body: string;
      isWhole: boolean;
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
  /** Longest time in which nothing comes while it is waited for; as `timeoutMs` when absent. */
  silenceMs?: number;
  /** Of an answer's body, by `request`; the rest is not read. */
  maxBodyBytes?: number;
  /** As node:dns' `lookup`. */
  lookup?: LookupFunction;
}

const TIMEOUT_MS = 15_000;
/** The answers of webhooks are a few words. */
const MAX_BODY_BYTES = 64 * 1_024;
export const MAX_REDIRECTS = 3;
export const tooManyRedirects = `more than ${MAX_REDIRECTS} redirects`;
const MAX_URL_LENGTH = 2_000;

/** An answer whose body is still to come. */
export type HttpOpened =
  /** `url`: where it came from, after redirects. `body` throws BrokenOff; who doesn't read it to its end closes it. */
  (Extract<Exchanged, { kind: 'answered' }> & { url: string }) | Exclude<Exchanged, { kind: 'answered' }>;

/**
 * Requests to addresses that anybody may name. The network is checked where it can't change any more: of the addresses that are
 * connected to, as the connection's own look-up gives them, and again at every redirect. Never throws for what the other side does.
 */
export function createHttpClient(options: HttpClientOptions) {
  const { allowsPrivate, userAgent, lookup, timeoutMs = TIMEOUT_MS, maxBodyBytes = MAX_BODY_BYTES } = options;
  const { silenceMs = timeoutMs } = options;

  /** The head of an answer, with its body as a stream; the time-out goes on until that ends. */
  async function open(asked: HttpRequest): Promise<HttpOpened> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = asked.signal ? AbortSignal.any([asked.signal, deadline]) : deadline;
    let url = asked.url;
    for (let redirects = 0; ; redirects += 1) {
      const problem = whyNotAllowed(url, allowsPrivate);
      if (problem !== null) return { kind: 'refused', why: problem };
      const settings = { allowsPrivate, userAgent, lookup, signal, silenceMs };
      const answer = await exchange(new URL(url), asked, settings);
      if (answer.kind !== 'answered') return answer;
      // A POST isn't repeated elsewhere: who moved a webhook has to say so.
      const next =
        asked.method === 'GET' && !asked.leavesRedirects
          ? redirectOf(url, answer)
          : ({ kind: 'none' } as const);
      if (next.kind === 'none') return { ...answer, url };
      answer.close();
      if (next.kind === 'refused') return next;
      if (next.kind === 'failed' || redirects >= MAX_REDIRECTS) {
        const why = next.kind === 'failed' ? next.why : tooManyRedirects;
        return { kind: 'failed', why, mayHaveArrived: false };
      }
      url = next.url;
    }
  }

  /** An answer with its body, as much of it as came. */
  async function request(asked: HttpRequest): Promise<HttpResult> {
    const answer = await open(asked);
    if (answer.kind !== 'answered') return answer;
    const { status, headers, body } = answer;
    return { kind: 'answered', status, headers, ...(await readBody(body, maxBodyBytes)) };
  }

  return { request, open };
}

export type HttpClient = ReturnType<typeof createHttpClient>;

export type Redirect =
  | { kind: 'none' }
  | { kind: 'to'; url: string }
  | { kind: 'refused'; why: string }
  | { kind: 'failed'; why: string };

/** Where an answer to a GET of `url` sends its reader. */
export function redirectOf(
  url: string,
  { status, headers }: { status: number; headers: Readonly<Record<string, string>> },
): Redirect {
  const location = headers['location'];
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return { kind: 'none' };
  if (!URL.canParse(location, url)) return { kind: 'failed', why: 'a redirect to nowhere' };
  const next = new URL(location, url);
  return url.startsWith('https:') && next.protocol === 'http:'
    ? { kind: 'refused', why: 'a redirect from https to http' }
    : { kind: 'to', url: next.href };
}

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

/** As much as came. Never rejects: the status is known, and says more than how the connection ended. */
async function readBody(
  parts: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ body: string; isWhole: boolean }> {
  const collector = createByteCollector();
  let hasEnded = false;
  try {
    for await (const part of parts) {
      collector.push(part);
      // Leaving the loop ends the connection.
      if (collector.size > maxBytes) break;
    }
    hasEnded = true;
  } catch {
    // A reset, or a signal.
  }
  const isWhole = hasEnded && collector.size <= maxBytes;
  return { body: collector.take().subarray(0, maxBytes).toString('utf8'), isWhole };
}
