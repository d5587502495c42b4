import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { messageOf } from './errors.js';

/** For `Accept-Encoding`. */
export const acceptedCodings = 'gzip, deflate, br';

export type Coding = 'identity' | 'gzip' | 'deflate' | 'br';

/** A body beyond its limit. */
export class TooLarge extends Error {}
/** A body that isn't what its coding says; another try gives the same. */
export class BadCoding extends Error {}
/** A compressed body without its end. */
export class CutOff extends Error {}

/**
 * The one coding that a `Content-Encoding` names (RFC 9110, 8.4).
 * @throws BadCoding for several, and for one that isn't read
 */
export function codingOf(header: string | undefined): Coding {
  const named = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  const [name = 'identity'] = named;
  if (named.length > 1)
    throw new BadCoding(`it was compressed ${named.length} times; expected once or not at all`);
  if (name === 'x-gzip') return 'gzip';
  if (name === 'identity' || name === 'gzip' || name === 'deflate' || name === 'br') return name;
  throw new BadCoding(
    `it is in the encoding ${JSON.stringify(name.slice(0, 40))}; expected gzip, deflate or br`,
  );
}

/**
 * A body without its coding, as it comes; no more than a part of it is held.
 * @param maxBytes of the body, and of the bytes that it was sent as
 * @throws TooLarge, BadCoding, CutOff, and whatever `body` throws
 */
export async function* decoded(
  body: AsyncIterable<Uint8Array>,
  { coding, maxBytes }: { coding: Coding; maxBytes: number },
): AsyncGenerator<Uint8Array> {
  const sent = atMost(body, maxBytes);
  yield* coding === 'identity' ? sent : atMost(decompressed(sent, coding), maxBytes);
}

async function* atMost(parts: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const part of parts) {
    size += part.length;
    if (size > maxBytes) throw new TooLarge(`it is larger than ${maxBytes} bytes`);
    yield part;
  }
}

async function* decompressed(
  sent: AsyncGenerator<Uint8Array>,
  coding: Exclude<Coding, 'identity'>,
): AsyncGenerator<Uint8Array> {
  const { first, all } = await peeked(sent);
  // No body has no coding: some servers name one with an empty answer.
  if (first === null) return;
  const decoder = decoderOf(coding, first);
  const controller = new AbortController();
  const done = pipeline(Readable.from(all, { objectMode: true }), decoder, { signal: controller.signal });
  // The reader below meets the same error.
  done.catch(() => undefined);
  try {
    for await (const part of decoder as AsyncIterable<Uint8Array>) yield part;
  } catch (error) {
    throw codingError(error);
  } finally {
    controller.abort();
  }
}

/** The first byte tells the two kinds of deflate apart. */
async function peeked(
  parts: AsyncGenerator<Uint8Array>,
): Promise<{ first: number | null; all: AsyncGenerator<Uint8Array> }> {
  let head: Uint8Array | null = null;
  while (head === null || head.length === 0) {
    const next = await parts.next();
    if (next.done) return { first: null, all: parts };
    head = next.value;
  }
  const begin = head;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield begin;
    yield* parts;
  }
  return { first: begin[0] ?? 0, all: all() };
}

function decoderOf(coding: Exclude<Coding, 'identity'>, first: number) {
  if (coding === 'br') return createBrotliDecompress();
  if (coding === 'gzip') return createGunzip();
  // RFC 9110 means zlib's format (method 8 in its first byte); some servers send what stands inside it alone.
  return (first & 0x0f) === 8 ? createInflate() : createInflateRaw();
}

/** zlib's errors have codes that begin so; others are the body's own. */
function codingError(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return new CutOff('its compressed body breaks off', { cause: error });
  if (typeof code === 'string' && /^(?:Z_|ERR_(?:_ERROR|BROTLI|ZLIB|PADDING))/.test(code))
    return new BadCoding(`it could not be decompressed: ${messageOf(error)}`, { cause: error });
  return error;
}
