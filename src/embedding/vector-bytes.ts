import { endianness } from 'node:os';

/** Vectors are stored as little-endian float32, which is how every processor that Node.js and hnswlib share keeps them. */
if (endianness() !== 'LE') throw new Error('Quire needs a little-endian processor');

/** The vector's own bytes, not a copy. */
export function toBytes(vector: Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(vector.buffer as ArrayBuffer, vector.byteOffset, vector.byteLength);
}

/** A copy, because a driver's buffer may begin at any byte and a Float32Array may not. */
export function toVector(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return new Float32Array(copy.buffer);
}

/** Vectors of one length, one after the other. */
export function packVectors(vectors: readonly Float32Array[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(vectors.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const vector of vectors) {
    packed.set(toBytes(vector), at);
    at += vector.byteLength;
  }
  return packed;
}
