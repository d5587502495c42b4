import assert from 'node:assert/strict';

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((sum, value, at) => sum + value * b[at]!, 0);
}

export const norm = (vector: ArrayLike<number>): number => Math.sqrt(dot(vector, vector));

export const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => dot(a, b) / norm(a) / norm(b);
