import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../../platform/durable-file.js';
import { AppError, messageOf } from '../../../platform/errors.js';
import type { LexicalState } from '../lexical-index.js';
import { type Columns, columnNames, copyColumns, emptyColumns } from './columns.js';
import type { Segment } from './segment.js';

/*
 * A snapshot is one file, `words-000007.lex`: magic, length of the header, header (JSON), the arrays that it lists one after
 * the other, and the SHA-256 of all before. It gets its name when it is whole, so a crash at any moment leaves the one before.
 */
const MAGIC = 'QUIRELX1';
const FILE_NAME = /^words-(\d{6,})\.lex(\.tmp)?$/;

/** Of what is written, and of how texts become terms (tokens.ts, terms.ts, document.ts, papers/name-words.ts): another one is built anew. */
const FORMAT = 3;
const ANALYSIS = 4;

/** The newest, and the one before it in case the newest turns out damaged. */
const KEPT = 2;
const SUM_BYTES = 32;
const MAX_HEADER_BYTES = 10_000_000;

interface Header {
  format: number;
  analysis: number;
  /** The last change that it holds, decimal. */
  watermark: string;
  size: number;
  segments: { first: number; size: number; terms: number; bytes: [number, number, number, number] }[];
}

export interface LexicalSnapshot {
  state: LexicalState;
  watermark: bigint;
}

const fileOf = (generation: number): string => `words-${String(generation).padStart(6, '0')}.lex`;

interface Found {
  name: string;
  generation: number;
  isStray: boolean;
}

/** Newest first. */
async function listFiles(dir: string): Promise<Found[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const match = FILE_NAME.exec(name);
      return match ? [{ name, generation: Number(match[1]), isStray: match[2] !== undefined }] : [];
    })
    .sort((a, b) => b.generation - a.generation);
}

const bytesOf = (array: ArrayBufferView): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength);

function* arraysOf({ segments, columns, size }: LexicalState): Generator<Buffer> {
  for (const { dictionary, blocks, documents, places } of segments) {
    for (const array of [dictionary, blocks, documents, places]) yield bytesOf(array);
  }
  for (const name of columnNames) yield bytesOf(columns[name].subarray(0, size));
}

/**
 * Writes the next generation and removes those before the last. The columns are copied at once: the index may change
 * meanwhile. Errors: `snapshot_failed`; what was there stays.
 */
export async function writeLexicalSnapshot(
  dir: string,
  { state, watermark }: LexicalSnapshot,
): Promise<{ file: string; bytes: number }> {
  const held = { ...state, columns: copyColumns(state.columns, state.size, state.size) };
  try {
    await mkdir(dir, { recursive: true });
    const before = await listFiles(dir);
    for (const { name, isStray } of before) if (isStray) await rm(join(dir, name), { force: true });
    const file = fileOf((before[0]?.generation ?? 0) + 1);
    const header: Header = {
      format: FORMAT,
      analysis: ANALYSIS,
      watermark: String(watermark),
      size: held.size,
      segments: held.segments.map(({ first, size, terms, dictionary, blocks, documents, places }) => ({
        first,
        size,
        terms,
        bytes: [dictionary.byteLength, blocks.byteLength, documents.byteLength, places.byteLength],
      })),
    };
    let bytes = 0;
    const parts = function* (): Generator<Uint8Array> {
      const hash = createHash('sha256');
      const text = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      for (const part of [Buffer.from(MAGIC), length, text, ...arraysOf(held)]) {
        hash.update(part);
        bytes += part.length;
        yield part;
      }
      bytes += SUM_BYTES;
      yield hash.digest();
    };
    await writeDurably(join(dir, file), parts());
    await removeOld(dir);
    return { file, bytes };
  } catch (error) {
    throw new AppError('snapshot_failed', `no snapshot of the word index in ${dir}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function removeOld(dir: string): Promise<void> {
  const kept = new Set((await listFiles(dir)).filter(({ isStray }) => !isStray).slice(0, KEPT));
  const names = new Set([...kept].map(({ name }) => name));
  for (const { name } of await listFiles(dir))
    if (!names.has(name)) await rm(join(dir, name), { force: true }).catch(() => undefined);
}

/** Removes every snapshot: the next load finds none. */
export async function removeLexicalSnapshots(dir: string): Promise<void> {
  for (const { name } of await listFiles(dir)) await rm(join(dir, name), { force: true });
}

/** @throws Error that says what is wrong with it */
function parse(file: Buffer): LexicalSnapshot {
  const end = file.length - SUM_BYTES;
  if (end < MAGIC.length + 4 || file.subarray(0, MAGIC.length).toString('latin1') !== MAGIC)
    throw new Error('it is no snapshot of a word index');
  const sum = createHash('sha256').update(file.subarray(0, end)).digest();
  if (!sum.equals(file.subarray(end))) throw new Error('it does not match its sum');
  // From here every byte is as it was written.
  const headerLength = file.readUInt32LE(MAGIC.length);
  let at = MAGIC.length + 4 + headerLength;
  if (headerLength > MAX_HEADER_BYTES || at > end) throw new Error('its header is too long');
  const header = JSON.parse(file.subarray(MAGIC.length + 4, at).toString()) as Header;
  if (header.format !== FORMAT || header.analysis !== ANALYSIS)
    throw new Error(`it is of format ${header.format}.${header.analysis}, expected ${FORMAT}.${ANALYSIS}`);
  const take = (bytes: number): ArrayBuffer => {
    if (at + bytes > end) throw new Error('it ends too early');
    const piece = new Uint8Array(bytes);
    piece.set(file.subarray(at, at + bytes));
    at += bytes;
    return piece.buffer;
  };
  const segments = header.segments.map(({ first, size, terms, bytes }): Segment => {
    const [dictionary, blocks, documents, places] = bytes.map(take) as [
      ArrayBuffer,
      ArrayBuffer,
      ArrayBuffer,
      ArrayBuffer,
    ];
    return {
      first,
      size,
      terms,
      dictionary: new Uint8Array(dictionary),
      blocks: new Uint32Array(blocks),
      documents: new Uint8Array(documents),
      places: new Uint8Array(places),
    };
  });
  const columns: Columns = emptyColumns(header.size);
  for (const name of columnNames) bytesOf(columns[name]).set(new Uint8Array(take(columns[name].byteLength)));
  if (at !== end) throw new Error('it has more than its header says');
  return { state: { segments, columns, size: header.size }, watermark: BigInt(header.watermark) };
}

/**
 * The newest snapshot that is whole and fits, or null: then everything comes from the database. `problems` says of each
 * that was passed over why. A damaged one is removed, unless `keepDamaged`: for a look from beside the service that owns it.
 */
export async function loadLexicalSnapshot(
  dir: string,
  { keepDamaged = false }: { keepDamaged?: boolean } = {},
): Promise<{ loaded: LexicalSnapshot | null; problems: string[] }> {
  const problems: string[] = [];
  try {
    for (const { name, isStray } of await listFiles(dir)) {
      if (isStray) continue;
      try {
        return { loaded: parse(await readFile(join(dir, name))), problems };
      } catch (error) {
        problems.push(`snapshot ${name} was passed over: ${messageOf(error)}`);
        // A file that can't be read now may be fine; one that was read isn't.
        const isRead = !(error instanceof Error && 'code' in error);
        if (isRead && !keepDamaged) await rm(join(dir, name), { force: true }).catch(() => undefined);
      }
    }
  } catch (error) {
    problems.push(`the snapshots in ${dir} could not be read: ${messageOf(error)}`);
  }
  return { loaded: null, problems };
}
