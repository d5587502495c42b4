import { AppError } from '../platform/errors.js';

/** Labels are unsigned 32-bit in the native index, which wraps anything larger without a word. */
export const MAX_LABEL = 2 ** 32 - 1;

/** Most hits of one search: 2,000 is the depth of the longest ranking, and keeps the native beam bounded. */
export const MAX_K = 2_000;

/** Longest vector: the largest common sentence models have 4,096 dimensions. */
export const MAX_DIMENSION = 4_096;

/** How far from 1 a norm may be: float16 storage and int8 inference stay below 1e-4, a missing normalisation far above. */
export const NORM_TOLERANCE = 1e-3;

/**
 * Inner product of `query` with the row of `rows` that begins at `offset`, summed in double precision.
 * Four partial sums let the processor overlap the additions.
 */
export function dot(query: Float32Array, rows: Float32Array, offset = 0): number {
  const length = query.length;
  const unrolled = length & ~3;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0, j = offset; i < unrolled; i += 4, j += 4) {
    a += query[i]! * rows[j]!;
    b += query[i + 1]! * rows[j + 1]!;
    c += query[i + 2]! * rows[j + 2]!;
    d += query[i + 3]! * rows[j + 3]!;
  }
  for (let i = unrolled; i < length; i++) a += query[i]! * rows[offset + i]!;
  return a + b + (c + d);
}

/** Why `vector` can't be indexed or searched for, in words; null where it can. */
export function vectorProblem(vector: unknown, dimension: number): string | null {
  if (!(vector instanceof Float32Array)) return 'it is not a Float32Array';
  if (vector.length !== dimension) return `it has ${vector.length} numbers, expected ${dimension}`;
  let sum = 0;
  for (let i = 0; i < dimension; i++) {
    const value = vector[i]!;
    if (!Number.isFinite(value)) return `number ${i} is ${value}, expected a finite number`;
    sum += value * value;
  }
  const norm = Math.sqrt(sum);
  if (Math.abs(norm - 1) > NORM_TOLERANCE) {
    return `its norm is ${norm.toPrecision(6)}, expected 1 (within ${NORM_TOLERANCE})`;
  }
  return null;
}

/** Throws `vector_invalid` unless `vector` is finite, normalised and `dimension` long. `what` begins the message. */
export function assertVector(vector: unknown, dimension: number, what: string): void {
  const problem = vectorProblem(vector, dimension);
  if (problem !== null) throw new AppError('vector_invalid', `${what} can't be used: ${problem}`);
}

export function assertLabel(label: number): void {
  if (!Number.isInteger(label) || label < 0 || label > MAX_LABEL) {
    throw new AppError(
      'vector_invalid',
      `label ${label} can't be used: expected an integer from 0 to ${MAX_LABEL}`,
    );
  }
}

export function assertDimension(dimension: number): void {
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > MAX_DIMENSION) {
    throw new AppError(
      'vector_invalid',
      `dimension ${dimension}: expected an integer from 1 to ${MAX_DIMENSION}`,
    );
  }
}

export function assertK(k: number): void {
  if (!Number.isInteger(k) || k < 1 || k > MAX_K) {
    throw new AppError('invalid_input', `k is ${k}: expected an integer from 1 to ${MAX_K}`, {
      details: { k, max: MAX_K },
    });
  }
}
