import type { FastifyInstance, FastifyRequest } from 'fastify';
import { matchesEtag, weakEtag } from '../etag.js';

/** Bytes of answers that are kept: some 300 pages of 20 papers. */
const MAX_CACHE_BYTES = 16 * 2 ** 20;
/** A longer one is an export, which nobody asks for again and again. */
const MAX_ANSWER_BYTES = 512 * 2 ** 10;

interface Kept {
  payload: string;
  contentType: string;
  etag: string;
  /** The state of the collection that it was made from. */
  state: string;
}

export interface AnswersOptions {
  /** Changes whenever the answer to anything may change; null: nothing is kept, the tags alone are made. */
  state: (() => string) | null;
}

/**
 * For routes whose answers depend on their URL and on the state of the collection alone: an entity-tag for each, 304 for who
 * has it already (RFC 9110, 13.1.2), and the answer of before for as long as nothing has changed. What is marked `no-store`,
 * as an answer in a moment of overload is, is not kept.
 */
export function addAnswers(app: FastifyInstance, { state }: AnswersOptions): void {
  const kept = new Map<string, Kept>();
  const states = new WeakMap<FastifyRequest, string>();
  let bytes = 0;

  const forget = (key: string): void => {
    const answer = kept.get(key);
    if (!answer) return;
    kept.delete(key);
    bytes -= answer.payload.length;
  };

  function keep(key: string, answer: Kept): void {
    forget(key);
    if (answer.payload.length > MAX_ANSWER_BYTES) return;
    kept.set(key, answer);
    bytes += answer.payload.length;
    // A map keeps the order of insertion, and what is used is inserted again.
    for (const oldest of kept.keys()) {
      if (bytes <= MAX_CACHE_BYTES) return;
      forget(oldest);
    }
  }

  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'GET' || state === null) return;
    const now = state();
    states.set(request, now);
    const answer = kept.get(request.url);
    if (!answer) return;
    if (answer.state !== now) {
      forget(request.url);
      return;
    }
    kept.delete(request.url);
    kept.set(request.url, answer);
    reply.header('etag', answer.etag);
    await reply.type(answer.contentType).send(answer.payload);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const known = reply.getHeader('etag');
    const etag = typeof known === 'string' ? known : weakEtag(payload);
    const mayKeep = reply.getHeader('cache-control') !== 'no-store';
    if (known === undefined) {
      reply.header('etag', etag);
      const contentType = String(reply.getHeader('content-type'));
      const hasHeaders = reply.hasHeader('content-disposition');
      if (mayKeep && !hasHeaders)
        keep(request.url, { payload, contentType, etag, state: states.get(request) ?? '' });
    }
    // To be asked for each time, and answered with 304 where nothing has changed.
    if (mayKeep) reply.header('cache-control', 'no-cache');
    if (!matchesEtag(request.headers['if-none-match'], etag)) return payload;
    reply.code(304);
    reply.removeHeader('content-type');
    // An empty text would be told of as the length of the answer (RFC 9110, 8.6).
    return null;
  });
}
