/** A growing array of bytes. Numbers are varints: seven bits a byte, the lowest first, the eighth says that more follow. */
export function createByteWriter(capacity = 1_024) {
  let bytes = new Uint8Array(capacity);
  let length = 0;

  function reserve(more: number): void {
    if (length + more <= bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes.length * 2, length + more));
    grown.set(bytes);
    bytes = grown;
  }

  return {
    get length(): number {
      return length;
    },
    /** A whole number from 0 to 2^32 - 1. */
    number(value: number): void {
      reserve(5);
      let rest = value;
      while (rest > 127) {
        bytes[length++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      bytes[length++] = rest;
    },
    /** Bytes `from` to `to` of another array. */
    copy(source: Uint8Array, from: number, to: number): void {
      reserve(to - from);
      // Most pieces are a few bytes: `set` over a view of its own costs more than they do.
      if (to - from < 16) for (let at = from; at < to; at++) bytes[length++] = source[at]!;
      else {
        bytes.set(source.subarray(from, to), length);
        length += to - from;
      }
    },
    /** What was written, in an array of just that size. */
    take(): Uint8Array<ArrayBuffer> {
      return bytes.slice(0, length);
    },
  };
}

export type ByteWriter = ReturnType<typeof createByteWriter>;

/** Reads varints one after the other from `at` on. */
export function createByteReader(bytes: Uint8Array, at = 0) {
  const reader = {
    at,
    number(): number {
      let byte = bytes[reader.at++]!;
      if (byte < 128) return byte;
      let value = byte & 127;
      let shift = 7;
      do {
        byte = bytes[reader.at++]!;
        value |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      return value >>> 0;
    },
    skip(count: number): void {
      reader.at += count;
    },
  };
  return reader;
}

export type ByteReader = ReturnType<typeof createByteReader>;
