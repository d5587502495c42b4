import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { projectRoot } from '../../src/platform/paths.js';

const folder = join(projectRoot, '../shared/data');

/** 100,000 real papers, JSON lines. */
export const papersFile = join(folder, 'papers-100k.jsonl.gz');
const vectorsFile = join(folder, 'papers-100k.minilm.f16');

const DIMENSION = 384;

export interface RealPaper {
  title: string;
  abstract: string;
  line: string;
}

export function requireSharedData(): void {
  for (const file of [papersFile, vectorsFile])
    if (!existsSync(file)) throw new Error(`this bench needs ${file}, which is not there`);
}

/** The first `count` papers. */
export async function* realPapers(count: number): AsyncGenerator<RealPaper> {
  const input = createReadStream(papersFile);
  let found = 0;
  for await (const line of createInterface({ input: input.pipe(createGunzip()) })) {
    const { title, abstract } = JSON.parse(line) as { title: string; abstract?: string };
    yield { title, abstract: abstract ?? '', line };
    found += 1;
    if (found === count) break;
  }
  input.destroy();
}

function fromFloat16(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The default model's vectors of the first `count` papers, normalised again after their rounding to float16. */
export async function* realVectors(count: number): AsyncGenerator<Float32Array> {
  const file = await open(vectorsFile);
  try {
    const rows = 1_000;
    const chunk = new Uint16Array(rows * DIMENSION);
    for (let from = 0; from < count; from += rows) {
      await file.read(new Uint8Array(chunk.buffer), 0, chunk.byteLength, from * DIMENSION * 2);
      for (let row = 0; row < Math.min(rows, count - from); row++) {
        const vector = Float32Array.from(chunk.subarray(row * DIMENSION, (row + 1) * DIMENSION), fromFloat16);
        const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
        yield vector.map((value) => value / norm);
      }
    }
  } finally {
    await file.close();
  }
}
