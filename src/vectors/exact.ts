import { AppError } from '../platform/errors.js';
import { createLabelSet } from './label-set.js';
import type { Hit, Label } from './ports.js';
import { assertDimension, assertK, assertLabel, assertVector, dot } from './vector.js';

/**
 * The k best of a stream of scored labels: a bounded heap whose root is the worst kept.
 * Offer every candidate, then read `hits()`: best first, ties by ascending label.
 */
export function createTopK(k: number) {
  assertK(k);
  return createBest(k);
}

/** As `createTopK`, of any number: for candidates that are scored again. */
export function createBest(k: number) {
  const scores = new Float64Array(k);
  const labels = new Uint32Array(k);
  let size = 0;

  /** Whether (score, label) ranks below the entry at `slot`. */
  const ranksBelow = (score: number, label: Label, slot: number): boolean =>
    score < scores[slot]! || (score === scores[slot]! && label > labels[slot]!);

  const place = (slot: number, score: number, label: Label): void => {
    scores[slot] = score;
    labels[slot] = label;
  };

  const siftUp = (score: number, label: Label): void => {
    let slot = size++;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (!ranksBelow(score, label, parent)) break;
      place(slot, scores[parent]!, labels[parent]!);
      slot = parent;
    }
    place(slot, score, label);
  };

  const siftDown = (score: number, label: Label): void => {
    let slot = 0;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= size) break;
      if (child + 1 < size && ranksBelow(scores[child + 1]!, labels[child + 1]!, child)) child++;
      if (ranksBelow(score, label, child)) break;
      place(slot, scores[child]!, labels[child]!);
      slot = child;
    }
    place(slot, score, label);
  };

  return {
    /** Errors: `vector_invalid` for a score that is not a number, which no order could place. */
    offer(label: Label, score: number): void {
      if (Number.isNaN(score))
        throw new AppError('vector_invalid', `the score of label ${label} is not a number`);
      if (size < k) siftUp(score, label);
      else if (!ranksBelow(score, label, 0)) siftDown(score, label);
    },

    hits(): Hit[] {
      const found: Hit[] = [];
      for (let i = 0; i < size; i++) found.push({ label: labels[i]!, score: scores[i]! });
      return found.sort(byRank);
    },
  };
}

/** Best first, ties by ascending label. */
export function byRank(a: Hit, b: Hit): number {
  return b.score - a.score || a.label - b.label;
}

/** Rounding puts the product of a unit vector with itself slightly above 1. */
export function clampScore(score: number): number {
  return Math.max(-1, Math.min(1, score));
}

/** Numbers of one block: 1 MiB, so growing never copies and an empty index costs nothing. */
const BLOCK_NUMBERS = 2 ** 18;

/**
 * Exact search by inner product over vectors in memory: the path for small collections and the reference
 * for the recall of the approximate index. `add` takes finite, L2-normalised vectors of `dimension` numbers.
 */
export function createExactIndex(dimension: number) {
  assertDimension(dimension);
  const shift = Math.floor(Math.log2(BLOCK_NUMBERS / dimension));
  const rowsPerBlock = 2 ** shift;
  const blocks: Float32Array[] = [];
  const labels: Label[] = [];
  const slots = new Map<Label, number>();

  const rowAt = (slot: number): Float32Array => {
    const offset = (slot & (rowsPerBlock - 1)) * dimension;
    return blocks[slot >>> shift]!.subarray(offset, offset + dimension);
  };

  return {
    get size(): number {
      return labels.length;
    },

    has(label: Label): boolean {
      return slots.has(label);
    },

    /** Ascending. */
    labels(): Uint32Array {
      return Uint32Array.from(labels).sort();
    },

    /** A view into the index, good until the next `remove`; undefined for an unknown label. */
    vector(label: Label): Float32Array | undefined {
      const slot = slots.get(label);
      return slot === undefined ? undefined : rowAt(slot);
    },

    /** Copies `vector`. Errors: `vector_invalid` (vector or label out of bounds, label in use). */
    add(label: Label, vector: Float32Array): void {
      assertLabel(label);
      assertVector(vector, dimension, `the vector of label ${label}`);
      if (slots.has(label)) throw new AppError('vector_invalid', `label ${label} is already in the index`);
      const slot = labels.length;
      if (slot >>> shift === blocks.length) blocks.push(new Float32Array(rowsPerBlock * dimension));
      rowAt(slot).set(vector);
      labels.push(label);
      slots.set(label, slot);
    },

    /** False where the label was not in the index. The last row takes the place of the removed one. */
    remove(label: Label): boolean {
      const slot = slots.get(label);
      if (slot === undefined) return false;
      const last = labels.length - 1;
      const moved = labels[last]!;
      if (slot !== last) {
        rowAt(slot).set(rowAt(last));
        labels[slot] = moved;
        slots.set(moved, slot);
      }
      labels.pop();
      slots.delete(label);
      blocks.length = Math.ceil(labels.length / rowsPerBlock);
      return true;
    },

    /** Of all, or of those whose labels are in `within`. Errors: `vector_invalid`, `invalid_input` (k). */
    search(vector: Float32Array, k: number, within?: Uint32Array): Hit[] {
      assertVector(vector, dimension, 'the query vector');
      const best = createTopK(k);
      if (within !== undefined) {
        const seen = createLabelSet();
        for (const label of within) {
          const slot = slots.get(label);
          if (slot !== undefined && seen.add(label)) best.offer(label, clampScore(dot(vector, rowAt(slot))));
        }
        return best.hits();
      }
      for (let slot = 0; slot < labels.length; slot++) {
        const offset = (slot & (rowsPerBlock - 1)) * dimension;
        best.offer(labels[slot]!, clampScore(dot(vector, blocks[slot >>> shift]!, offset)));
      }
      return best.hits();
    },
  };
}

export type ExactIndex = ReturnType<typeof createExactIndex>;
