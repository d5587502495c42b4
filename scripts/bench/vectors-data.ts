import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/paths.js';
import { chanceOf } from '../campaign/random.js';

export const DIMENSION = 384;

/** Vectors in the shared file. */
const FILE_COUNT = 100_000;

/** Uniform numbers from 0 to 1, the same for the same seed. */
export const randomNumbers = (seed: number): (() => number) => chanceOf(seed).next;

/** In place, and back. */
export function shuffle<T>(values: T[], random: () => number): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

/** IEEE 754 binary16. Node.js 20 has no Float16Array. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function normalize(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const norm = Math.sqrt(sum);
  for (let i = 0; i < vector.length; i++) vector[i]! /= norm;
  return vector;
}

async function readVectors(file: string, count: number): Promise<Float32Array[]> {
  const handle = await open(file, 'r');
  try {
    const bytes = Buffer.alloc(count * DIMENSION * 2);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    if (bytesRead < bytes.length) throw new Error(`${file} has fewer than ${count} vectors of ${DIMENSION}`);
    const numbers = new Float32Array(count * DIMENSION);
    for (let i = 0; i < numbers.length; i++) numbers[i] = fromHalf(bytes.readUInt16LE(i * 2));
    return Array.from({ length: count }, (_, i) =>
      normalize(numbers.subarray(i * DIMENSION, (i + 1) * DIMENSION)),
    );
  } finally {
    await handle.close();
  }
}

/** Around as many random centres as a thirtieth of the vectors. */
function randomVectors(count: number, random: () => number): Float32Array[] {
  const gaussian = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = Array.from({ length: Math.ceil(count / 30) }, () =>
    Float32Array.from({ length: DIMENSION }, gaussian),
  );
  return Array.from({ length: count }, () => {
    const centre = centres[Math.floor(random() * centres.length)]!;
    return normalize(centre.map((value) => value + gaussian()));
  });
}

export interface BenchVectors {
  vectors: Float32Array[];
  /** None of them is among the vectors. */
  queries: Float32Array[];
  /** How many of the vectors are means of two others, because the file has no more. */
  mixed: number;
}

/** The file that `loadVectors` reads where none is named; null where it isn't there. */
export function sharedVectors(): string | null {
  const path = join(projectRoot, '..', 'shared', 'data', 'papers-100k.minilm.f16');
  return existsSync(path) ? path : null;
}

export async function loadVectors(options: {
  input: string | null;
  count: number;
  queries: number;
  seed: number;
}): Promise<BenchVectors> {
  const { input, count, queries, seed } = options;
  const random = randomNumbers(seed);
  const total = Math.min(FILE_COUNT, count + queries);
  const all = shuffle(
    input === null ? randomVectors(total, random) : await readVectors(input, total),
    random,
  );
  const vectors = all.slice(queries);
  const real = vectors.length;
  const pick = (): Float32Array => vectors[Math.floor(random() * real)]!;
  while (vectors.length < count) {
    const [one, other] = [pick(), pick()];
    vectors.push(normalize(one.map((value, i) => value + other[i]!)));
  }
  return {
    vectors: vectors.slice(0, count),
    queries: all.slice(0, queries),
    mixed: Math.max(0, count - real),
  };
}
