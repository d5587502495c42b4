import { AppError } from '../../platform/errors.js';
import type { Label } from '../ports.js';
import { assertDimension } from '../vector.js';
import { createInt8Kernels, KERNEL_WIDTH } from './int8-kernel.js';
import { createSlotTable } from './slot-table.js';

/** Largest code; with -127 to 127 both signs are alike. */
const MAX_CODE = 127;

/** After the codes of a row: its scale (float32, 0 where the row is free). */
const SCALE_BYTES = 4;

/** Labels are apart, so that looking them up stays within a processor's cache: in blocks of 64 KiB. */
const BLOCK_BITS = 14;
const BLOCK_LABELS = 2 ** BLOCK_BITS;

const PAGE_BYTES = 65_536;
/** What a WebAssembly memory can hold at most: 4 GiB, some ten million rows of 384 numbers. */
const MAX_PAGES = 65_536;
/** Pages added at once: 1 MiB, 2,675 rows of 384 numbers. Untouched pages take no memory. */
const GROWTH_PAGES = 16;

const MAX_INT16 = 32_767;
const MAX_INT32 = 2_147_483_647;

/**
 * How far an approximate score may be from the exact one, in scales of a row. An error in one number is at most
 * half a scale; over many numbers the errors of a unit vector add up to .29 scales (standard deviation), of which
 * this is six.
 */
const MANY_NUMBERS_ERROR = 1.75;

/** What the query's own codes, of sixteen bits, add to that. */
const QUERY_ERROR = 5e-5;

/** A query as the codes want it: integers, and what a product with them is multiplied by. */
export interface CodedQuery {
  codes: Int16Array;
  scale: number;
}

/**
 * Copies of the live vectors with eight bits a number: a quarter of their memory, next to the graph, which gives
 * its vectors back one by one and slowly (29 us each). All of 100,000 are scored in some 7 ms. Scores are
 * approximate: take more than wanted and score those again exactly.
 *
 * A row never moves, so a pass over them may pause while others come and go.
 */
export function createQuantisedVectors(dimension: number) {
  assertDimension(dimension);
  const width = Math.ceil(dimension / KERNEL_WIDTH) * KERNEL_WIDTH;
  const stride = width + SCALE_BYTES;
  /** The query comes first, then the numbers of which a row is made, then the rows. */
  const numbersAt = width * 2;
  const base = numbersAt + width * 4;
  const maxSlots = Math.floor((MAX_PAGES * PAGE_BYTES - base) / stride);
  /** The largest query code with which no sum of products leaves 32 bits. */
  const maxQueryCode = Math.min(MAX_INT16, Math.floor(MAX_INT32 / (MAX_CODE * width)));

  const memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
  const { dot, encode } = createInt8Kernels(memory);
  let scales = new Float32Array(memory.buffer);
  const inputNumbers = (): Float32Array => new Float32Array(memory.buffer, numbersAt, dimension);
  let input = inputNumbers();
  const query = (): Int16Array => new Int16Array(memory.buffer, 0, width);

  /** Rows that were ever used; those of them that are free now. */
  let slots = 0;
  const free: number[] = [];
  let size = 0;
  let largestScale = 0;

  const rowAt = (slot: number): number => base + slot * stride;
  const scaleAt = (slot: number): number => (rowAt(slot) + width) >>> 2;
  const labels: Uint32Array[] = [];
  const labelAt = (slot: number): Label => labels[slot >>> BLOCK_BITS]![slot & (BLOCK_LABELS - 1)]!;
  const table = createSlotTable(labelAt);

  function ensureRoom(slot: number): void {
    if (slot >= maxSlots) {
      throw new AppError('index_unavailable', `the vector index is full: it holds ${size} vectors`);
    }
    if (slot >>> BLOCK_BITS === labels.length) labels.push(new Uint32Array(BLOCK_LABELS));
    const missing = rowAt(slot + 1) - memory.buffer.byteLength;
    if (missing <= 0) return;
    const room = MAX_PAGES - memory.buffer.byteLength / PAGE_BYTES;
    memory.grow(Math.min(room, Math.max(GROWTH_PAGES, Math.ceil(missing / PAGE_BYTES))));
    input = inputNumbers();
    scales = new Float32Array(memory.buffer);
  }

  return {
    /** How many rows there are to pass over, free ones included. */
    get slots(): number {
      return slots;
    },
    get size(): number {
      return size;
    },
    get bytes(): number {
      return base + slots * stride + labels.length * BLOCK_LABELS * 4 + table.bytes;
    },
    /** How far an approximate score may be from the exact one. */
    get scoreError(): number {
      return largestScale * Math.min(Math.sqrt(dimension) / 2, MANY_NUMBERS_ERROR) + QUERY_ERROR;
    },

    slotOf: table.slotOf,
    labelAt,

    has(label: Label): boolean {
      return table.slotOf(label) >= 0;
    },

    /**
     * Copies the vector that begins at `offset`. It must be finite and not zero, the label not there.
     * Errors: `index_unavailable` (full).
     */
    add(label: Label, numbers: Float32Array, offset = 0): void {
      const slot = free.pop() ?? slots;
      if (slot === slots) {
        ensureRoom(slot);
        slots++;
      }
      let largest = 0;
      for (let i = 0; i < dimension; i++) {
        const number = numbers[offset + i]!;
        input[i] = number;
        const size = Math.abs(number);
        if (size > largest) largest = size;
      }
      encode(rowAt(slot), numbersAt, base, MAX_CODE / largest);
      const scale = largest / MAX_CODE;
      scales[scaleAt(slot)] = scale;
      labels[slot >>> BLOCK_BITS]![slot & (BLOCK_LABELS - 1)] = label;
      table.add(label, slot);
      largestScale = Math.max(largestScale, scale);
      size++;
    },

    /** False where the label was not there. */
    remove(label: Label): boolean {
      const slot = table.slotOf(label);
      if (slot < 0) return false;
      table.remove(label);
      scales[scaleAt(slot)] = 0;
      free.push(slot);
      size--;
      return true;
    },

    code(vector: Float32Array): CodedQuery {
      let largest = 0;
      for (let i = 0; i < dimension; i++) largest = Math.max(largest, Math.abs(vector[i]!));
      const coded = new Int16Array(width);
      for (let i = 0; i < dimension; i++) coded[i] = Math.round((vector[i]! / largest) * maxQueryCode);
      return { codes: coded, scale: largest / maxQueryCode };
    },

    /** Scores the rows `from` to `to` of `chosen`, or of all rows. `offer` must not call back. */
    score(
      { codes: coded, scale }: CodedQuery,
      { chosen, from, to }: { chosen: Uint32Array | null; from: number; to: number },
      offer: (label: Label, score: number) => void,
    ): void {
      query().set(coded);
      for (let i = from; i < to; i++) {
        const slot = chosen === null ? i : chosen[i]!;
        const row = rowAt(slot);
        const rowScale = scales[scaleAt(slot)]!;
        if (rowScale !== 0) offer(labelAt(slot), dot(row, 0, row + width) * rowScale * scale);
      }
    },
  };
}

export type QuantisedVectors = ReturnType<typeof createQuantisedVectors>;
