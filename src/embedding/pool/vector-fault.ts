/** float32 sums of 384 squares are within 1e-6 of 1; a vector that was not normalised is far away. */
const LENGTH_TOLERANCE = 1e-3;

/** Why a vector must not reach the index, or null for a good one. */
export function vectorFault(vector: unknown, dimension: number): string | null {
  if (!(vector instanceof Float32Array)) return 'the model gave something that is not a vector';
  if (vector.length !== dimension) {
    return `the model gave a vector of ${vector.length} numbers instead of ${dimension}`;
  }
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (Number.isNaN(length)) return 'the model gave a vector with NaN in it';
  if (Math.abs(length - 1) <= LENGTH_TOLERANCE) return null;
  return `the model gave a vector of length ${Number(length.toPrecision(4))} instead of 1`;
}
