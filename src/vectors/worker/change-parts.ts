import { setImmediate as nextTick } from 'node:timers/promises';
import type { VectorChange } from '../ports.js';
import { assertLabel, assertVector } from '../vector.js';
import type { PackedChanges } from './protocol.js';

/** Vectors of one message: copying 1 MiB takes under a millisecond of the thread that serves everything else. */
const PART_BYTES = 2 ** 20;
/** Changes of one message: retirements carry no vector. */
const MAX_PART_CHANGES = 10_000;

function pack(changes: readonly VectorChange[], dimension: number): PackedChanges {
  const additions = changes.reduce((count, { vector }) => count + (vector === null ? 0 : 1), 0);
  const labels = new Uint32Array(changes.length);
  const rows = new Uint32Array(changes.length);
  const vectors = new Float32Array(additions * dimension);
  let row = 0;
  for (const [i, { label, vector }] of changes.entries()) {
    labels[i] = label;
    if (vector === null) continue;
    vectors.set(vector, row * dimension);
    rows[i] = ++row;
  }
  return { labels, rows, vectors };
}

/** Where each part ends, so that none is too large; at least one part. */
function partEnds(changes: readonly VectorChange[], dimension: number): number[] {
  const maxVectors = Math.max(1, Math.floor(PART_BYTES / (dimension * 4)));
  const ends: number[] = [];
  let vectors = 0;
  let count = 0;
  for (const [i, { vector }] of changes.entries()) {
    if (count === MAX_PART_CHANGES || (vector !== null && vectors === maxVectors)) {
      ends.push(i);
      vectors = 0;
      count = 0;
    }
    count++;
    if (vector !== null) vectors++;
  }
  return [...ends, changes.length];
}

/**
 * Checks all changes, then gives them packed, part by part, and lets other work pass between.
 * Errors: `vector_invalid`, before the first part.
 */
export async function* packInParts(
  changes: readonly VectorChange[],
  dimension: number,
): AsyncGenerator<{ part: PackedChanges; isLast: boolean }> {
  const ends = partEnds(changes, dimension);
  for (const [i, end] of ends.entries()) {
    if (i > 0) await nextTick();
    for (const { label, vector } of changes.slice(ends[i - 1] ?? 0, end)) {
      assertLabel(label);
      if (vector !== null) assertVector(vector, dimension, `the vector of label ${label}`);
    }
  }
  for (const [i, end] of ends.entries()) {
    if (ends.length > 1) await nextTick();
    const part = pack(changes.slice(ends[i - 1] ?? 0, end), dimension);
    yield { part, isLast: i === ends.length - 1 };
  }
}
