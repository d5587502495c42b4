import { isUtf8 } from 'node:buffer';
import type { ParsedEntry, ParseProblem, SourceName } from '../papers/paper.js';
import { AppError } from '../platform/errors.js';
import {
  binaryKind,
  type Chunks,
  createLineCutter,
  DamagedGzip,
  type Encoding,
  encodingOf,
  gunzipped,
  isGzip,
  type RawLine,
  SAMPLE_SIZE,
} from './parsers/bytes.js';
import { createJsonCutter, type JsonPiece, MAX_VALUE_LENGTH } from './parsers/json-values.js';
import { parseJsonPaper } from './parsers/jsonl.js';
import { parseListing } from './parsers/listing.js';
import { excerpt, forEachLine } from './parsers/text.js';

export type InputFormat = 'listing' | 'jsonl';

export interface ReadLimits {
  /** Bytes of JSON lines after decompression. */
  jsonl: number;
  /** Bytes of a listing after decompression; it is held in memory as a whole. */
  listing: number;
}

/**
 * 4 GB of JSON lines are some two million papers with abstracts; a listing of 64 MB holds 40,000. More is a
 * mistake or an attack, and either would fill disk or memory.
 */
export const defaultReadLimits: ReadLimits = { jsonl: 4_000_000_000, listing: 64_000_000 };

export interface ReadOptions {
  /** What people call the input: a file's name. */
  name: string;
  /** The day at which it was saved, YYYY-MM-DD: dates without a year are not after it. */
  asOf: string;
  /** What the records count as; by format when absent. */
  source?: SourceName | undefined;
  signal?: AbortSignal | undefined;
  limits?: Partial<ReadLimits> | undefined;
  /** Called once, as soon as the format is known; never for an empty or a binary input. */
  onFormat?: ((format: InputFormat) => void) | undefined;
}

/**
 * Papers and problems of an input in its order: JSON lines (also an array, or objects over several lines) or
 * the text of a Hugging Face papers page, either gzipped or not, in UTF-8 or UTF-16. What it is shows in its
 * first bytes, not in its name. JSON is streamed; a listing is collected first.
 * @throws AppError body_too_large beyond a limit (entries before it have come out), cancelled by `signal`,
 *   and whatever `input` throws. Anything else that is wrong with the input is a problem.
 */
export async function* readPapers(input: Chunks, options: ReadOptions): AsyncGenerator<ParsedEntry> {
  const raw = await peek(cancellable(input, options.signal));
  const chunks = isGzip(raw.sample) ? await peek(gunzipped(raw.chunks)).catch(onlyDamage) : raw;
  if (chunks instanceof DamagedGzip) {
    yield asProblem(damagedGzip(1));
    return;
  }
  const { sample } = chunks;
  const encoding = encodingOf(sample);
  const text = new TextDecoder(encoding).decode(sample);
  const refused = refusal(sample, encoding, text);
  if (refused !== null) {
    yield asProblem({ line: 1, reason: refused, excerpt: '' });
    return;
  }
  if (text.trim() === '' && sample.length < SAMPLE_SIZE) {
    yield asProblem({ line: 1, reason: 'the input is empty', excerpt: '' });
    yield* damageOf(chunks.chunks);
    return;
  }
  const format = isJson(text) ? 'jsonl' : 'listing';
  options.onFormat?.(format);
  const limit = { ...defaultReadLimits, ...options.limits }[format];
  const bounded = atMost(chunks.chunks, { limit, name: options.name, format });
  yield* format === 'jsonl'
    ? readJson(asUtf8(bounded, encoding), options)
    : readListing(bounded, { ...options, encoding });
}

/** Stops at once when `signal` says so, even while the input keeps everybody waiting. */
async function* cancellable(input: Chunks, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  if (!signal) {
    yield* input;
    return;
  }
  const chunks = input[Symbol.asyncIterator]();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new AppError('cancelled', 'reading was cancelled', { cause: signal.reason }));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  // Nobody may be waiting when it comes.
  aborted.catch(() => {});
  try {
    for (;;) {
      const next = await Promise.race([aborted, chunks.next()]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not awaited: an input that hangs would hang here too.
    chunks.return?.().catch(() => {});
  }
}

interface Peeked {
  sample: Uint8Array;
  /** Everything, the sample included. */
  chunks: AsyncGenerator<Uint8Array>;
}

/** Looks at the beginning of a stream. Damage behind the first bytes is met again by whoever reads on. */
async function peek(source: AsyncGenerator<Uint8Array>): Promise<Peeked> {
  const held: Uint8Array[] = [];
  let length = 0;
  let damage: DamagedGzip | null = null;
  while (length < SAMPLE_SIZE && !damage) {
    const next = await source.next().catch((error: unknown) => {
      if (!(error instanceof DamagedGzip) || length === 0) throw error;
      damage = error;
    });
    if (!next || next.done) break;
    held.push(next.value);
    length += next.value.length;
  }
  async function* rest(): AsyncGenerator<Uint8Array> {
    try {
      yield* held;
      if (damage) throw damage;
      yield* source;
    } finally {
      await source.return(undefined);
    }
  }
  return { sample: Buffer.concat(held).subarray(0, SAMPLE_SIZE), chunks: rest() };
}

function onlyDamage(error: unknown): DamagedGzip {
  if (error instanceof DamagedGzip) return error;
  throw error;
}

function damagedGzip(line: number): ParseProblem {
  return {
    line,
    reason: 'the gzip file is damaged or cut off here: what stands before was read',
    excerpt: '',
  };
}

/** Reads a stream to its end for nothing but its damage. */
async function* damageOf(chunks: Chunks): AsyncGenerator<ParsedEntry> {
  try {
    for await (const _ of chunks);
  } catch (error) {
    onlyDamage(error);
    yield asProblem(damagedGzip(1));
  }
}

/** Why a sample can't be a listing or JSON; null where it can. */
function refusal(sample: Uint8Array, encoding: Encoding, text: string): string | null {
  const expected = 'expected the text of a papers page or JSON lines';
  if (isGzip(sample))
    return `this was compressed with gzip twice: ${expected}, compressed once or not at all`;
  const kind = encoding === 'utf-8' ? binaryKind(sample) : null;
  if (kind !== null) return `this is ${kind}: ${expected}`;
  if (/^\s*<(?:!doctype html|html|head|body)\b/i.test(text.slice(0, 1_000)))
    return `this is HTML: ${expected}; select the page in a browser, copy it and save it as text`;
  if (/^\s*<\?xml\b/i.test(text.slice(0, 1_000))) return `this is XML: ${expected}`;
  const begin = text.slice(0, 5_000);
  if (/^\s*(?:%[^\n]*\s+)*@[a-z]{3,20}\s*[{(]/i.test(begin)) return `this is BibTeX: ${expected}`;
  if (/^\ufeff?\s*TY {2}- /.test(begin)) return `this is RIS: ${expected}`;
  return null;
}

/** An object, or an array of objects or nothing; `{\bf Title}` and `[Link](…)` begin listings. */
function isJson(text: string): boolean {
  return /^[\s\ufeff]*(?:\{\s*["'}]|\[\s*(?:[{\]]|$)|\{\s*$)/.test(text.slice(0, 10_000));
}

async function* atMost(
  chunks: Chunks,
  { limit, name, format }: { limit: number; name: string; format: InputFormat },
): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limit) {
      const what = format === 'listing' ? 'a listing' : 'JSON lines';
      const message = `${name} is larger than ${what} may be (${limit} bytes after decompression): split it`;
      throw new AppError('body_too_large', message, { details: { name, limit } });
    }
    yield chunk;
  }
}

async function* asUtf8(chunks: Chunks, encoding: Encoding): AsyncGenerator<Uint8Array> {
  if (encoding === 'utf-8') {
    yield* chunks;
    return;
  }
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function* readJson(chunks: Chunks, options: ReadOptions): AsyncGenerator<ParsedEntry> {
  const lines = createLineCutter(MAX_VALUE_LENGTH);
  const values = createJsonCutter();
  let last = 0;
  function* entriesOf(line: RawLine): Generator<ParsedEntry> {
    last = line.number;
    if (line.tooLong) {
      yield asProblem({
        line: line.number,
        reason: `this line is longer than ${MAX_VALUE_LENGTH} bytes: too long for a paper`,
        excerpt: excerpt(line.text),
      });
      return;
    }
    if (line.damaged) yield asProblem(invalidUtf8(line.number, line.text));
    const text = line.number === 1 ? line.text.replace(/^\ufeff/, '') : line.text;
    for (const piece of values.push({ line: line.number, text })) yield* entriesOfPiece(piece, options);
  }
  try {
    for await (const chunk of chunks) for (const line of lines.push(chunk)) yield* entriesOf(line);
    for (const line of lines.end()) yield* entriesOf(line);
  } catch (error) {
    onlyDamage(error);
    for (const line of lines.end()) yield* entriesOf(line);
    yield asProblem(damagedGzip(Math.max(1, last)));
  }
  for (const piece of values.end()) yield* entriesOfPiece(piece, options);
}

function* entriesOfPiece(piece: JsonPiece, { source }: ReadOptions): Generator<ParsedEntry> {
  if (piece.kind === 'value') yield* parseJsonPaper(piece.text, piece.line, { source });
  else yield asProblem({ line: piece.line, reason: piece.reason, excerpt: excerpt(piece.text) });
}

async function* readListing(
  chunks: Chunks,
  { asOf, source, encoding }: ReadOptions & { encoding: Encoding },
): AsyncGenerator<ParsedEntry> {
  const held: Uint8Array[] = [];
  let damaged = false;
  try {
    for await (const chunk of chunks) held.push(chunk);
  } catch (error) {
    onlyDamage(error);
    damaged = true;
  }
  const bytes = Buffer.concat(held);
  held.length = 0;
  const text = new TextDecoder(encoding).decode(bytes);
  const { papers, problems } = parseListing(text, { asOf, source });
  if (encoding === 'utf-8' && !isUtf8(bytes)) problems.unshift(invalidUtf8(...firstDamage(text)));
  if (damaged) {
    let lines = 0;
    forEachLine(text, () => {
      lines += 1;
      return true;
    });
    problems.push(damagedGzip(Math.max(1, lines)));
  }
  const entries: ParsedEntry[] = [
    ...papers.map(({ line, record }): ParsedEntry => ({ kind: 'paper', line, record })),
    ...problems.map(asProblem),
  ];
  yield* entries.sort((a, b) => lineOf(a) - lineOf(b));
}

function lineOf(entry: ParsedEntry): number {
  return entry.kind === 'paper' ? entry.line : entry.problem.line;
}

function firstDamage(text: string): [number, string] {
  let found: [number, string] = [1, ''];
  forEachLine(text, (line, number) => {
    const at = line.indexOf('\ufffd');
    if (at < 0) return true;
    found = [number, line.slice(Math.max(0, at - 40))];
    return false;
  });
  return found;
}

function invalidUtf8(line: number, text: string): ParseProblem {
  return {
    line,
    reason: 'some bytes are not UTF-8 and were replaced by \ufffd: save the file as UTF-8',
    excerpt: excerpt(text),
  };
}

function asProblem(problem: ParseProblem): ParsedEntry {
  return { kind: 'problem', problem };
}
