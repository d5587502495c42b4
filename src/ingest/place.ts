import { createHash } from 'node:crypto';
import type { Chunks } from './parsers/bytes.js';

/** How far an input has been read. */
export interface Place {
  /** Of the input as it lies on disk, compressed where it is. */
  bytes: number;
  /** SHA-256 of these. */
  hash: Uint8Array<ArrayBuffer>;
}

/** Passes an input on, and knows how much of it has gone through. Hashing costs 0.1 s for the 50 MB of 100,000 papers. */
export function createMeter(input: Chunks) {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of input) {
      bytes += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  }
  return {
    chunks: chunks(),
    bytes: () => bytes,
    place: (): Place => ({ bytes, hash: Uint8Array.from(hash.copy().digest()) }),
  };
}

export type Meter = ReturnType<typeof createMeter>;

/** Whether an input still begins with what was read of it. @throws whatever the input throws */
export async function beginsWith(input: Chunks, { bytes, hash }: Place): Promise<boolean> {
  const found = createHash('sha256');
  let left = bytes;
  for await (const chunk of input) {
    found.update(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
    if (left === 0) break;
  }
  return left === 0 && found.digest().equals(hash);
}
