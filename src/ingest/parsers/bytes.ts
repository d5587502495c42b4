import { isUtf8 } from 'node:buffer';
import { createGunzip } from 'node:zlib';

export type Chunks = AsyncIterable<Uint8Array>;

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Bytes looked at to tell what an input is. */
export const SAMPLE_SIZE = 65_536;

/** Compressed bytes given to gunzip at once: deflate packs up to 1,032 to 1, so that at most 17 MB come out. */
const GUNZIP_STEP = 16_384;

export function isGzip(sample: Uint8Array): boolean {
  return sample[0] === 0x1f && sample[1] === 0x8b;
}

/** Thrown behind the last bytes that could be read. */
export class DamagedGzip extends Error {}

/**
 * Decompresses as it reads. Of a file that is cut off or damaged, everything before the damage comes out, then
 * DamagedGzip is thrown.
 */
export async function* gunzipped(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  let out: Uint8Array[] = [];
  gunzip.on('data', (data: Uint8Array) => out.push(data));
  // A write that fails never calls back, and a damaged stream never ends: only the error says so.
  let failure: Error | null = null;
  const failed = new Promise<void>((resolve) => {
    gunzip.once('error', (error) => {
      failure = error;
      resolve();
    });
  });
  // zlib ends by itself at zeros behind the last member, as tapes and block devices leave them, and takes no more.
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    gunzip.once('end', () => {
      isOver = true;
      resolve();
    });
  });
  const taken = (): Uint8Array[] => {
    const ready = out;
    out = [];
    return ready;
  };
  const write = (step: Uint8Array): Promise<void> =>
    Promise.race([failed, ended, new Promise<void>((resolve) => gunzip.write(step, () => resolve()))]);
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && !failure && !isOver; at += GUNZIP_STEP) {
        await write(chunk.subarray(at, at + GUNZIP_STEP));
        yield* taken();
      }
      if (failure || isOver) break;
    }
    if (!failure && !isOver) {
      gunzip.end();
      await Promise.race([failed, ended]);
    }
    yield* taken();
    if (failure !== null) throw new DamagedGzip('incorrect or incomplete gzip data', { cause: failure });
  } finally {
    gunzip.destroy();
  }
}

/** From the byte-order mark, or from where the NULs of ASCII letters stand. */
export function encodingOf(sample: Uint8Array): Encoding {
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be';
  const nuls = [0, 0];
  const pairs = Math.min(sample.length, 2_000) >> 1;
  for (let i = 0; i < pairs * 2; i += 1) if (sample[i] === 0) nuls[i & 1]! += 1;
  const [even = 0, odd = 0] = nuls;
  if (pairs >= 4 && odd > pairs * 0.7 && even < pairs * 0.1) return 'utf-16le';
  if (pairs >= 4 && even > pairs * 0.7 && odd < pairs * 0.1) return 'utf-16be';
  return 'utf-8';
}

const formats: readonly [string, readonly number[]][] = [
  ['a PDF', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['a ZIP archive (or an office document)', [0x50, 0x4b, 0x03, 0x04]],
  ['a bzip2 archive', [0x42, 0x5a, 0x68]],
  ['an xz archive', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['a Zstandard archive', [0x28, 0xb5, 0x2f, 0xfd]],
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
  ['a JPEG image', [0xff, 0xd8, 0xff]],
  ['an SQLite database', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20]],
];

/** What a sample is, if it is no text: a known format, or `binary data`. */
export function binaryKind(sample: Uint8Array): string | null {
  const known = formats.find(([, magic]) => magic.every((byte, index) => sample[index] === byte));
  // "BZh" alone could begin a text.
  if (known && (known[1].length > 3 || !isUtf8(sample.subarray(0, 64)))) return known[0];
  if (sample.length === 0) return null;
  let controls = 0;
  for (const byte of sample) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d && byte !== 0x1b)
      controls += 1;
  }
  // Text with a stray NUL or escape stays text; random bytes hold 10 % control characters.
  return controls > Math.max(2, sample.length * 0.02) ? 'binary data' : null;
}

export interface RawLine {
  /** From 1. */
  number: number;
  text: string;
  /** Bytes that are no UTF-8 stood there; `text` holds U+FFFD in their place. */
  damaged: boolean;
  /** Longer than the limit: `text` is only its beginning. */
  tooLong: boolean;
  /** False where the line goes on in the next one, which has the same number. */
  ends: boolean;
}

/**
 * Cuts UTF-8 bytes into lines at `\n`; memory holds one line of at most `maxLength` bytes. A longer one comes as its
 * beginning, or `inParts` of that length, cut between characters.
 */
export function createLineCutter(maxLength: number, { inParts = false }: { inParts?: boolean } = {}) {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;

  function finish(): RawLine {
    const bytes = Buffer.concat(parts);
    const damaged = !isUtf8(bytes) && length <= maxLength;
    const line = { number, text: bytes.toString('utf8'), damaged, tooLong: length > maxLength, ends: true };
    parts = [];
    length = 0;
    number += 1;
    return line;
  }

  function take(bytes: Uint8Array): void {
    const room = maxLength - length;
    length += bytes.length;
    if (room > 0 && bytes.length > 0) parts.push(bytes.length > room ? bytes.subarray(0, room) : bytes);
  }

  /** Takes bytes, and gives the parts that are full. */
  function* takeParts(bytes: Uint8Array): Generator<RawLine> {
    let rest = bytes;
    while (inParts && length + rest.length > maxLength) {
      const room = maxLength - length;
      const whole = Buffer.concat([...parts, rest.subarray(0, room)]);
      const end = characterEnd(whole);
      const part = whole.subarray(0, end);
      yield { number, text: part.toString('utf8'), damaged: !isUtf8(part), tooLong: false, ends: false };
      parts = [whole.subarray(end)];
      length = whole.length - end;
      rest = rest.subarray(room);
    }
    take(rest);
  }

  function* push(chunk: Uint8Array): Generator<RawLine> {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, from)) {
      yield* takeParts(chunk.subarray(from, at));
      yield finish();
      from = at + 1;
    }
    // A copy: whoever owns the chunk may use it again.
    yield* takeParts(Uint8Array.from(chunk.subarray(from)));
  }

  function* end(): Generator<RawLine> {
    if (length > 0) yield finish();
  }

  return { push, end };
}

/** Where the last whole character ends; the length where the last bytes are no UTF-8. */
function characterEnd(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at >= 0 && at >= bytes.length - 4; at -= 1) {
    const byte = bytes[at]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return at > 0 && at + width > bytes.length ? at : bytes.length;
  }
  return bytes.length;
}

/** Of what one piece of an answer holds, the process is kept from everything else. */
const PIECE_SIZE = 65_536;

/** Bytes that are there already, as a stream gives them: between two pieces others have their turn. */
export async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_SIZE) {
    yield bytes.subarray(at, at + PIECE_SIZE);
    await new Promise(setImmediate);
  }
}
