import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as nextTick } from 'node:timers/promises';
import { createLabelSet } from '../label-set.js';
import type { Label } from '../ports.js';
import { HNSW_PARAMETERS, MAX_ELEMENTS } from './hnsw.js';

/*
 * The file that hnswlib's `saveIndex` writes on a 64-bit little-endian machine: a header of 96 bytes, then per
 * node one level-0 record {uint16 link count, uint8 flags, uint8 0, 32 links, vector, uint64 label}, then per
 * node a uint32 byte length and that many bytes of upper-level link lists {uint32 count, 16 links}. The addon
 * reads it without a check and follows every link blindly, hence this reading of it, byte by byte.
 */
const HEADER_BYTES = 96;
const LEVEL0_LINKS = HNSW_PARAMETERS.m * 2;
const LEVEL0_WORDS = 1 + LEVEL0_LINKS;
const UPPER_WORDS = 1 + HNSW_PARAMETERS.m;
const DELETED_FLAG = 0x1_0000;
const NO_ENTRY_POINT = 0xffff_ffff;

/** Levels fall off exponentially (1/16 a level): 12 would take 10^14 nodes. */
const MAX_LEVEL = 12;

/** Read at once: large enough for throughput; summing and checking them takes some 0.7 ms, between searches. */
const CHUNK_BYTES = 2 ** 18;

/** Nodes whose upper levels are read between two looks at other work: some 0.5 ms. */
const NODES_PER_SLICE = 8_192;

/** What a file of a graph says of itself. Rows of the arrays are nodes in the file's order. */
export interface GraphFileReport {
  bytes: number;
  sha256: string;
  count: number;
  labels: Uint32Array;
  /** 1 where the node is a tombstone. */
  deleted: Uint8Array;
  deadCount: number;
  /** Links of live and dead nodes that lead to the node on level 0, at most 255. */
  inDegree: Uint8Array;
  /** So many vectors may be equal, counting tombstones: never too few, and hardly ever by chance more than a few. */
  mostAlike: number;
}

interface Header {
  count: number;
  maxLevel: number;
  entryPoint: number;
  recordBytes: number;
}

/** The file is not a whole and sound graph; the message says in what. */
export class DamagedGraphError extends Error {
  override name = 'DamagedGraphError';
}

function check(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new DamagedGraphError(problem);
}

function readHeader(buffer: Buffer, dimension: number, fileBytes: number): Header {
  const word = (index: number): number => Number(buffer.readBigUInt64LE(index * 8));
  const recordBytes = LEVEL0_WORDS * 4 + dimension * 4 + 8;
  const count = word(2);
  check(word(0) === 0, 'its header has a wrong level-0 offset');
  check(count <= MAX_ELEMENTS && count <= word(1), `its header counts ${count} nodes in room for ${word(1)}`);
  check(word(1) <= MAX_ELEMENTS, `its header asks for room for ${word(1)} nodes`);
  check(
    word(3) === recordBytes,
    `its records have ${word(3)} bytes, expected ${recordBytes} (dimension ${dimension})`,
  );
  check(word(4) === recordBytes - 8 && word(5) === LEVEL0_WORDS * 4, 'its header has wrong offsets');
  const { m, efConstruction } = HNSW_PARAMETERS;
  check(word(7) === m && word(8) === 2 * m && word(9) === m, `its header has another M than ${m}`);
  check(
    Math.abs(buffer.readDoubleLE(80) * Math.log(m) - 1) < 1e-9,
    'its header has a wrong level multiplier',
  );
  check(word(11) === efConstruction, `its header has another efConstruction than ${efConstruction}`);
  check(
    fileBytes >= HEADER_BYTES + count * (recordBytes + 4),
    `it ends early: ${fileBytes} bytes for ${count} nodes`,
  );
  const maxLevel = buffer.readInt32LE(48);
  check(maxLevel <= MAX_LEVEL, `its header has ${maxLevel} levels`);
  return { count, maxLevel, entryPoint: buffer.readUInt32LE(52), recordBytes };
}

/** FNV-1a over the bit patterns. */
function hashWords(words: Uint32Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash >>> 0;
}

/** Places in which vectors are counted by their hashes, at least so many times the vectors. */
const PLACES_PER_NODE = 4;

type Nodes = Pick<GraphFileReport, 'count' | 'labels' | 'deleted' | 'inDegree'> & {
  /** How many vectors have a hash that ends in the place's number, at most 255. */
  places: Uint8Array;
};

/**
 * Gets each vector that is not a tombstone, as the numbers from `offset`, good for the call, of a file that may yet
 * turn out to be damaged.
 */
export type OnVector = (label: Label, numbers: Float32Array, offset: number) => void;

interface Records {
  words: Uint32Array<ArrayBuffer>;
  firstNode: number;
  dimension: number;
  onVector: OnVector | undefined;
}

function readRecords({ words, firstNode, dimension, onVector }: Records, nodes: Nodes): void {
  const numbers = new Float32Array(words.buffer, words.byteOffset, words.length);
  const recordWords = LEVEL0_WORDS + dimension + 2;
  for (let start = 0, node = firstNode; start < words.length; start += recordWords, node++) {
    const head = words[start]!;
    const links = head & 0xffff;
    check(
      (head & ~(DELETED_FLAG | 0xffff)) === 0 && links <= LEVEL0_LINKS,
      `node ${node} has a damaged link list`,
    );
    for (let i = 1; i <= links; i++) {
      const target = words[start + i]!;
      check(target < nodes.count && target !== node, `node ${node} has a link that leads nowhere`);
      if (nodes.inDegree[target]! < 255) nodes.inDegree[target]!++;
    }
    const vectorStart = start + LEVEL0_WORDS;
    check(words[vectorStart + dimension + 1] === 0, `node ${node} has a label above 2^32 - 1`);
    nodes.labels[node] = words[vectorStart + dimension]!;
    nodes.deleted[node] = (head & DELETED_FLAG) === 0 ? 0 : 1;
    const hash = hashWords(words, vectorStart, vectorStart + dimension);
    const place = hash & (nodes.places.length - 1);
    if (nodes.places[place]! < 255) nodes.places[place]!++;
    if (nodes.deleted[node] === 0) onVector?.(nodes.labels[node]!, numbers, vectorStart);
  }
}

/** The link lists above level 0. A link on a level leads to a node that has that level, or the addon crashes. */
async function readUpperLevels(tail: Uint32Array, { count, maxLevel, entryPoint }: Header): Promise<void> {
  const levels = new Uint8Array(count);
  const referenced = new Uint8Array(count);
  let at = 0;
  for (let node = 0; node < count; node++) {
    if (node % NODES_PER_SLICE === 0) await nextTick();
    check(at < tail.length, `it ends early: node ${node} has no levels`);
    const words = tail[at++]! / 4;
    const height = words / UPPER_WORDS;
    check(Number.isInteger(height) && height <= maxLevel, `node ${node} has damaged levels`);
    check(at + words <= tail.length, `it ends early: node ${node} lacks levels`);
    levels[node] = height;
    for (let level = 1; level <= height; level++, at += UPPER_WORDS) {
      const links = tail[at]!;
      check(links < UPPER_WORDS, `node ${node} has a damaged link list on level ${level}`);
      for (let i = 1; i <= links; i++) {
        const target = tail[at + i]!;
        check(
          target < count && target !== node,
          `node ${node} has a link on level ${level} that leads nowhere`,
        );
        if (referenced[target]! < level) referenced[target] = level;
      }
    }
  }
  check(at === tail.length, `it has ${(tail.length - at) * 4} bytes too many`);
  for (let node = 0; node < count; node++) {
    check(referenced[node]! <= levels[node]!, `node ${node} is linked to above its level`);
  }
  if (count === 0)
    check(maxLevel === -1 && entryPoint === NO_ENTRY_POINT, 'it is empty and has an entry point');
  else
    check(entryPoint < count && levels[entryPoint] === maxLevel, 'its entry point is not on the top level');
}

/** Fills `target` from the file at `position`. A file that ends before is damaged. */
async function readFully(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    check(bytesRead > 0, `it ends early, at byte ${position + done}`);
    done += bytesRead;
  }
}

/**
 * Reads a saved graph once, from end to end: its SHA-256, whether its structure is sound (counts, every link,
 * levels, labels), and what the addon won't tell (tombstones, in-degrees). Yields to other work with every chunk.
 * Errors: `DamagedGraphError`; those of the file system and of `onVector`.
 */
export async function inspectGraphFile(
  path: string,
  dimension: number,
  onVector?: OnVector,
): Promise<GraphFileReport> {
  const file = await open(path, 'r');
  try {
    const { size: bytes } = await file.stat();
    check(bytes >= HEADER_BYTES, `it has ${bytes} bytes, less than a header`);
    const hash = createHash('sha256');
    const headerBuffer = Buffer.alloc(HEADER_BYTES);
    await readFully(file, headerBuffer, 0);
    hash.update(headerBuffer);
    const header = readHeader(headerBuffer, dimension, bytes);
    const { count, recordBytes } = header;
    const nodes: Nodes = {
      count,
      labels: new Uint32Array(count),
      deleted: new Uint8Array(count),
      inDegree: new Uint8Array(count),
      places: new Uint8Array(2 ** Math.ceil(Math.log2(PLACES_PER_NODE * count + 1))),
    };

    const rowsPerChunk = Math.max(1, Math.floor(CHUNK_BYTES / recordBytes));
    // Two, so that one is read while the other is looked at.
    const chunks = [0, 1].map(() => new Uint8Array(Math.min(rowsPerChunk, count) * recordBytes));
    const read = async (node: number): Promise<Uint8Array<ArrayBuffer>> => {
      const rows = Math.max(0, Math.min(rowsPerChunk, count - node));
      const part = chunks[(node / rowsPerChunk) % 2]!.subarray(0, rows * recordBytes);
      await readFully(file, part, HEADER_BYTES + node * recordBytes);
      return part;
    };
    let ahead = read(0);
    for (let node = 0; node < count; node += rowsPerChunk) {
      const part = await ahead;
      ahead = read(node + rowsPerChunk);
      // Its error is met above; by then something else may have failed.
      ahead.catch(() => undefined);
      hash.update(part);
      const words = new Uint32Array(part.buffer, 0, part.length / 4);
      readRecords({ words, firstNode: node, dimension, onVector }, nodes);
    }
    await ahead;
    const position = HEADER_BYTES + count * recordBytes;

    const tailBytes = bytes - position;
    const upperLimit = count * 4 * (1 + UPPER_WORDS * MAX_LEVEL);
    check(tailBytes % 4 === 0 && tailBytes <= upperLimit, `its upper levels have ${tailBytes} bytes`);
    const tail = new Uint8Array(tailBytes);
    await readFully(file, tail, position);
    hash.update(tail);
    await readUpperLevels(new Uint32Array(tail.buffer), header);

    const seen = createLabelSet();
    let deadCount = 0;
    for (const [node, label] of nodes.labels.entries()) {
      if (node % NODES_PER_SLICE === 0) await nextTick();
      check(seen.add(label), `label ${label} is there twice`);
      deadCount += nodes.deleted[node]!;
    }
    const { labels, deleted, inDegree, places } = nodes;
    const mostAlike = places.reduce((most, alike) => Math.max(most, alike), 0);
    return { count, labels, deleted, inDegree, mostAlike, deadCount, bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
