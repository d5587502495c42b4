import { setTimeout as sleepFor } from 'node:timers/promises';
import { createByteCollector } from './byte-collector.js';
import type { Clock } from './clock.js';
import { acceptedCodings, BadCoding, CutOff, codingOf, decoded, TooLarge } from './content-coding.js';
import { AppError } from './errors.js';
import { createHostTurns, type Turn } from './host-turns.js';
import {
  type HttpClient,
  type HttpOpened,
  MAX_REDIRECTS,
  redirectOf,
  tooManyRedirects,
} from './http-client.js';
import { BrokenOff } from './http-exchange.js';
import { retryAfterMs } from './retry-after.js';

export type FetchOutcome =
  /** Status 200, whole and decoded. `url`: where it came from, after redirects. `headers`: names in lower case. */
  | { kind: 'fetched'; bytes: Uint8Array; headers: Readonly<Record<string, string>>; url: string }
  /** What the request's `etag` or `lastModified` stands for is still so. */
  | { kind: 'unchanged' }
  /** After all tries; this source waits. */
  | { kind: 'later'; why: string; retryAt: Date }
  /** Another try changes nothing. */
  | { kind: 'failed'; why: string; status?: number };

export interface FetchRequest {
  /** http or https, without a user and password. */
  url: string;
  /** For `Accept`. */
  accept?: string | undefined;
  /** As an earlier answer's headers had them. */
  etag?: string | undefined;
  lastModified?: string | undefined;
  /** Of the body, decoded, and of the bytes that it is sent as. */
  maxBytes?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface FetcherDeps {
  /** Its time-out is that of one try. */
  http: Pick<HttpClient, 'open'>;
  clock: Clock;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 up to 1. */
  random?: () => number;
  /** Between two requests to a host; `politeIntervalMs` when absent. */
  intervalMs?: (host: string) => number;
  tries?: number;
  /** How long one call may take until its last try begins, waits and all. */
  budgetMs?: number;
}

/** For a client that sources are read with: a page of arXiv's API may take half a minute. */
export const fetchTimeoutMs = 120_000;

/** A page of 2,000 papers of arXiv is 6 MB. */
const MAX_BYTES = 32 * 1_024 * 1_024;
const TRIES = 4;
const BUDGET_MS = 600_000;
/** Of the pause after the first try; each further one doubles it. */
const FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 60_000;
/** A longer wait isn't sat out. */
const MAX_WAIT_MS = 3_600_000;
/** The longest wait that a server is believed. */
const MAX_HOLD_MS = 86_400_000;
/** After all tries: at least so long. */
const LATER_MS = 300_000;

/** What arXiv asks for in its terms of use, for all of its hosts together; others are asked once in a second. */
export function politeIntervalMs(host: string): number {
  return host === 'arxiv.org' ? 3_000 : 1_000;
}

/** What a try came to: an outcome, another address, or another try. */
type Step =
  | Extract<FetchOutcome, { kind: 'fetched' | 'unchanged' | 'failed' }>
  | { kind: 'redirect'; url: string }
  | { kind: 'again'; why: string; waitMs: number };

/** Reads sources politely: see FetcherDeps. Nothing is kept between calls but when each host may be asked again. */
export function createFetcher(deps: FetcherDeps) {
  const { http, clock, random = Math.random, intervalMs = politeIntervalMs } = deps;
  const { sleep = defaultSleep, tries = TRIES, budgetMs = BUDGET_MS } = deps;
  const turns = createHostTurns({ clock, sleep, intervalMs });
  const now = () => clock.now().getTime();

  /**
   * GET. Never throws for what the other side does.
   * @throws AppError cancelled by `signal`
   */
  async function get(request: FetchRequest): Promise<FetchOutcome> {
    const until = now() + budgetMs;
    const { signal } = request;
    let url = request.url;
    let redirects = 0;
    for (let tried = 0; ; ) {
      if (!URL.canParse(url)) return { kind: 'failed', why: 'expected an address such as https://host/path' };
      const at = url;
      const had = await turns.take(hostOf(at), { until, signal }, (turn) =>
        attempt(at, request, { turn, tried }),
      );
      if (signal?.aborted) throw new AppError('cancelled', 'the request was cancelled');
      if (had.kind === 'held') return later(had.why, had.until - now());
      const step = had.value;
      if (step.kind === 'redirect') {
        redirects += 1;
        if (redirects > MAX_REDIRECTS) return { kind: 'failed', why: tooManyRedirects };
        url = step.url;
        continue;
      }
      if (step.kind !== 'again') return step;
      tried += 1;
      const { why, waitMs } = step;
      if (tried >= tries) return later(why, Math.max(waitMs, LATER_MS));
      if (waitMs > MAX_WAIT_MS || now() + waitMs > until) return later(why, waitMs);
      // Where it was sent to may have been a part of the trouble.
      url = request.url;
      redirects = 0;
    }
  }

  function later(why: string, waitMs: number): FetchOutcome {
    return { kind: 'later', why, retryAt: new Date(now() + Math.min(Math.max(0, waitMs), MAX_HOLD_MS)) };
  }

  /** One request. A failure holds the host, before anybody else's turn. */
  async function attempt(
    url: string,
    request: FetchRequest,
    { turn, tried }: { turn: Turn; tried: number },
  ): Promise<Step> {
    const again = (why: string, retryAfter?: string): Step => {
      const asked = retryAfterMs(retryAfter, clock.now());
      // Full jitter: those that failed together don't come back together.
      const pause = random() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried);
      const waitMs = Math.min(Math.max(asked ?? 0, pause), MAX_HOLD_MS);
      turn.hold(waitMs);
      return { kind: 'again', why, waitMs };
    };
    const answer = await http.open({
      method: 'GET',
      url,
      headers: headersOf(request),
      leavesRedirects: true,
      signal: request.signal,
    });
    if (answer.kind === 'refused') return { kind: 'failed', why: answer.why };
    if (answer.kind === 'failed') return again(answer.why);
    try {
      const { status, headers } = answer;
      const next = redirectOf(url, answer);
      if (next.kind === 'to') return { kind: 'redirect', url: next.url };
      if (next.kind !== 'none') return { kind: 'failed', why: next.why, status };
      if (isTemporary(status)) return again(`the server answered ${status}`, headers['retry-after']);
      return await settled(answer, request);
    } catch (error) {
      if (error instanceof BrokenOff || error instanceof CutOff) return again(error.message);
      if (error instanceof TooLarge || error instanceof BadCoding)
        return { kind: 'failed', why: error.message };
      throw error;
    } finally {
      answer.close();
    }
  }

  return { get };
}

export type Fetcher = ReturnType<typeof createFetcher>;

/** Too early, too many, too long, or the server's own fault. */
function isTemporary(status: number): boolean {
  return [408, 425, 429].includes(status) || status >= 500;
}

/** @throws BrokenOff, CutOff, TooLarge, BadCoding */
async function settled(
  { status, headers, body, url }: Extract<HttpOpened, { kind: 'answered' }>,
  { etag, lastModified, maxBytes = MAX_BYTES }: FetchRequest,
): Promise<Step> {
  if (status === 304) {
    if (etag !== undefined || lastModified !== undefined) return { kind: 'unchanged' };
    return { kind: 'failed', why: 'the server says that nothing changed, which it was not asked', status };
  }
  if (status !== 200) return { kind: 'failed', why: `the server answered ${status}`, status };
  const coding = codingOf(headers['content-encoding']);
  if (Number(headers['content-length'] ?? 0) > maxBytes)
    throw new TooLarge(`it is larger than ${maxBytes} bytes`);
  const collector = createByteCollector();
  for await (const part of decoded(body, { coding, maxBytes })) collector.push(part);
  return { kind: 'fetched', bytes: collector.take(), headers, url };
}

function headersOf({ accept, etag, lastModified }: FetchRequest): Record<string, string> {
  return {
    'accept-encoding': acceptedCodings,
    ...(accept !== undefined && { accept }),
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
  };
}

/** With its port. What belongs to arXiv is one host: its terms count all of its servers together. */
function hostOf(url: string): string {
  const { host, hostname } = new URL(url);
  return /(?:^|\.)arxiv\.org$/.test(hostname) ? 'arxiv.org' : host;
}

function defaultSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return sleepFor(ms, undefined, { signal });
}
