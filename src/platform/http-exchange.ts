import { lookup as lookUp } from 'node:dns';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { messageOf } from './errors.js';
import type { HttpRequest } from './http-client.js';
import { isSpecialAddress } from './special-networks.js';

const MAX_HEADER_BYTES = 16 * 1_024;

/** The body ended before it was whole; the message says how. */
export class BrokenOff extends Error {}

/** Marks an error as ours: nothing was sent. */
class ForbiddenNetwork extends Error {}

export type Exchanged =
  | {
      kind: 'answered';
      status: number;
      headers: Readonly<Record<string, string>>;
      /** As it comes; throws BrokenOff. */
      body: AsyncIterable<Uint8Array>;
      /** Ends the connection: of a body that isn't read to its end. */
      close(): void;
    }
  | { kind: 'refused'; why: string }
  | { kind: 'failed'; why: string; mayHaveArrived: boolean };

export interface ExchangeOptions {
  allowsPrivate: boolean;
  userAgent: string;
  lookup?: LookupFunction | undefined;
  /** Of the whole exchange. */
  signal: AbortSignal;
  /** Longest time in which nothing comes while somebody waits for it. */
  silenceMs: number;
}

/** One request and the head of its answer; no redirect is followed. Never throws. */
export function exchange(url: URL, asked: HttpRequest, options: ExchangeOptions): Promise<Exchanged> {
  const { allowsPrivate, userAgent, lookup = lookUp } = options;
  const silence = createSilence(options.silenceMs);
  const signal = AbortSignal.any([options.signal, silence.signal]);
  return new Promise((resolve) => {
    let hasLeft = false;
    let answer: IncomingMessage | null = null;
    const body = asked.body === undefined ? null : Buffer.from(asked.body);
    const fail = (error: unknown): void => {
      silence.end();
      if (error instanceof ForbiddenNetwork) resolve({ kind: 'refused', why: error.message });
      else resolve({ kind: 'failed', why: whyOf(error, signal), mayHaveArrived: hasLeft });
    };
    let request: ClientRequest;
    try {
      request = (url.protocol === 'https:' ? https : http).request(url, {
        method: asked.method,
        headers: {
          'accept-encoding': 'identity',
          ...asked.headers,
          'user-agent': userAgent,
          ...(body && { 'content-length': body.length }),
        },
        // A connection of its own: one that is kept could be to an address of before.
        agent: false,
        lookup: allowsPrivate ? lookup : guarded(lookup),
        maxHeaderSize: MAX_HEADER_BYTES,
        signal,
      });
    } catch (error) {
      // A header that can't be sent.
      return resolve({ kind: 'refused', why: messageOf(error) });
    }
    silence.begin();
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
      silence.end();
      // It may break before anybody reads it; who reads it then is told.
      response.on('error', () => undefined);
      resolve({
        kind: 'answered',
        status: response.statusCode ?? 0,
        headers: plainHeaders(response),
        body: readBody(response, { silence, signal }),
        close: () => void response.destroy(),
      });
    });
    request.end(body ?? undefined);
  });
}

type Silence = ReturnType<typeof createSilence>;

/** Aborts its signal where nothing is heard between `begin` and `end`. */
function createSilence(ms: number) {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => clearTimeout(timer);
  const begin = (): void => {
    end();
    timer = setTimeout(() => controller.abort(new DOMException('silence', 'TimeoutError')), ms);
  };
  return { signal: controller.signal, begin, end };
}

/** Whoever reads slowly isn't kept to the time of silence: it counts while the other side is waited for. */
async function* readBody(
  response: IncomingMessage,
  { silence, signal }: { silence: Silence; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  try {
    silence.begin();
    for await (const part of response as AsyncIterable<Buffer>) {
      silence.end();
      yield part;
      silence.begin();
    }
  } catch (error) {
    throw new BrokenOff(signal.aborted ? whyOf(error, signal) : 'it broke off', { cause: error });
  } finally {
    silence.end();
    response.destroy();
  }
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
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

function whyOf(error: unknown, signal: AbortSignal): string {
  const reason = signal.aborted ? (signal.reason as Error) : null;
  if (reason?.name === 'TimeoutError') return 'no answer in time';
  return reason === null ? messageOf(error) : 'stopped';
}
