import type { FastifyInstance, FastifyReply } from 'fastify';
import { AppError } from '../../platform/errors.js';

/** Bodies of this plugin's routes come as they are, of whatever type: what they hold shows in the bytes. */
export function takeRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));
}

/**
 * Aborts when the client goes away before its answer. `request.signal` doesn't tell: it aborts as soon as the
 * body has been read, because the request's stream is closed then.
 */
export function clientGone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** The body, up to `limit` bytes. @throws AppError body_too_large */
export async function* limited(body: unknown, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of (body as AsyncIterable<Uint8Array> | undefined) ?? []) {
    size += chunk.byteLength;
    if (size > limit) {
      throw new AppError(
        'body_too_large',
        `The body is larger than ${limit / 2 ** 20} MiB (BODY_LIMIT_MB).`,
        { details: { limitBytes: limit } },
      );
    }
    yield chunk;
  }
}
