import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Payload } from './fault-payloads.js';

/** What a fault knows of the request that it answers. */
export interface Play {
  /** What would be the right answer. */
  payload: Payload;
  /** Of requests to this address, this one included: 1 is the first. */
  count: number;
  /** The server's own address, without a slash at the end. */
  base: string;
  now: Date;
}

export interface Fault {
  name: string;
  what: string;
  /** Of the payloads that it makes sense for; all when absent. */
  only?: Payload['kind'];
  /** Entries in what it sends, which a reader may count though they are no papers; `payloadPapers` when absent. */
  holds?: number;
  /** It is met at an https address. */
  isSecure?: boolean;
  /** What is sent is the right answer, damaged: each shape fails in its own way. */
  isOfShape?: boolean;
  answer(request: IncomingMessage, response: ServerResponse, play: Play): void;
}

/** The right answer, all of it. */
export function answerWell(response: ServerResponse, { payload }: Play): void {
  answerWith(response, payload, payload.body);
}

export function answerWith(response: ServerResponse, payload: Payload, body: string | Uint8Array): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(200, { 'content-type': payload.contentType, 'content-length': length }).end(body);
}

/** Writes parts as fast as they are taken, until they end or nobody listens. */
export function pour(response: ServerResponse, parts: Iterable<Uint8Array | string>): void {
  const iterator = parts[Symbol.iterator]();
  const go = (): void => {
    for (;;) {
      if (response.destroyed) return;
      const next = iterator.next();
      if (next.done) {
        response.end();
        return;
      }
      if (!response.write(next.value)) {
        response.once('drain', go);
        return;
      }
    }
  };
  go();
}

export function* repeated<T>(part: T, times: number): Generator<T> {
  for (let at = 0; at < times; at += 1) yield part;
}
