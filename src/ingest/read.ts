import { isUtf8 } from 'node:buffer';
import type { ParsedEntry, ParseProblem, SourceName } from '../papers/paper.js';
import { AppError } from '../platform/errors.js';
import { untilAborted } from '../platform/until-aborted.js';
import { formatNames, type InputFormat } from './format-names.js';
import { binaryRefusal, formatOf, textRefusal } from './formats.js';
import { createBibtexParser } from './parsers/bibtex.js';
import {
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
import { parseCslItem } from './parsers/csl.js';
import { createCsvParser } from './parsers/csv.js';
import { paperShape } from './parsers/dialects/dialects.js';
import { createHtmlParser } from './parsers/html.js';
import { createIdListParser } from './parsers/id-list.js';
import { createJsonCutter, type JsonPiece, MAX_VALUE_LENGTH } from './parsers/json-values.js';
import { parseJsonPaper } from './parsers/jsonl.js';
import type { InputEntry, LineParser } from './parsers/line-parser.js';
import { parseListing } from './parsers/listing.js';
import { createRisParser } from './parsers/ris.js';
import { excerpt, forEachLine } from './parsers/text.js';
import { createXmlParser } from './parsers/xml.js';

export interface ReadLimits {
  /** Bytes of JSON lines, or of any other format that is read as it comes, after decompression. */
  jsonl: number;
  /** Bytes of a listing, as text or HTML, after decompression; it is held in memory as a whole. */
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
  /** What the input is; by its first bytes when absent. */
  format?: InputFormat | undefined;
  signal?: AbortSignal | undefined;
  limits?: Partial<ReadLimits> | undefined;
  /** Called once, as soon as the format is known; never for an empty or a binary input. */
  onFormat?: ((format: InputFormat) => void) | undefined;
}

/**
 * Papers and problems of an input in its order (but for `crossref` in BibTeX): JSON lines (also an array, or objects
 * over several lines), a Hugging Face papers page as text or HTML, arXiv's XML, BibTeX, RIS, CSL JSON or CSV, each of them gzipped
 * or not, in UTF-8 or UTF-16. What it is shows in its first bytes, not in its name. All but listings are streamed; a listing is
 * collected first. Of a list of ids every one is a problem: an id has no title.
 * @throws AppError body_too_large beyond a limit (entries before it have come out), cancelled by `signal`,
 *   and whatever `input` throws. Anything else that is wrong with the input is a problem.
 */
export async function* readPapers(input: Chunks, options: ReadOptions): AsyncGenerator<ParsedEntry> {
  for await (const entry of readEntries(input, options)) {
    if (entry.kind !== 'named') yield entry;
    else {
      const reason = 'has no title: an id alone names a paper, but is none; expected its title too';
      yield asProblem({ line: entry.line, reason, excerpt: entry.ref });
    }
  }
}

/** As `readPapers`, with the ids of a list of ids. */
export async function* readEntries(input: Chunks, options: ReadOptions): AsyncGenerator<InputEntry> {
  const raw = await peek(cancellable(input, options.signal));
  const chunks = isGzip(raw.sample) ? await peek(gunzipped(raw.chunks)).catch(onlyDamage) : raw;
  if (chunks instanceof DamagedGzip) {
    yield asProblem(damagedGzip(1));
    return;
  }
  const { sample } = chunks;
  const encoding = encodingOf(sample);
  const text = new TextDecoder(encoding).decode(sample);
  const refused = binaryRefusal(sample, encoding) ?? (options.format ? null : textRefusal(text));
  if (refused !== null) {
    yield asProblem({ line: 1, reason: refused, excerpt: '' });
    return;
  }
  if (text.trim() === '' && sample.length < SAMPLE_SIZE) {
    yield asProblem({ line: 1, reason: 'the input is empty', excerpt: '' });
    yield* damageOf(chunks.chunks);
    return;
  }
  const format = options.format ?? formatOf(text);
  options.onFormat?.(format);
  const limits = { ...defaultReadLimits, ...options.limits };
  const limit = format === 'listing' || format === 'html' ? limits.listing : limits.jsonl;
  const bounded = atMost(chunks.chunks, { limit, name: options.name, format });
  yield* format === 'listing'
    ? readListing(bounded, { ...options, encoding })
    : readLines(withNewlines(asUtf8(bounded, encoding)), parserOf(format, options));
}

const LF = 0x0a;
const CR = 0x0d;

/** Stops at once when `signal` says so, even while the input keeps everybody waiting. */
async function* cancellable(input: Chunks, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  if (!signal) {
    yield* input;
    return;
  }
  const chunks = input[Symbol.asyncIterator]();
  const cancelled = (cause: unknown) => new AppError('cancelled', 'reading was cancelled', { cause });
  try {
    for (;;) {
      const next = await untilAborted(chunks.next(), signal, cancelled);
      if (next.done) return;
      yield next.value;
    }
  } finally {
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

async function* atMost(
  chunks: Chunks,
  { limit, name, format }: { limit: number; name: string; format: InputFormat },
): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limit) {
      const message = `${name} is larger than ${formatNames[format]} may be (${limit} bytes after decompression): split it`;
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

/** Old Macs end lines with CR alone. */
async function* withNewlines(chunks: Chunks): AsyncGenerator<Uint8Array> {
  let held = false;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    if (held) yield Buffer.from(chunk[0] === LF ? '\r' : '\n');
    held = chunk[chunk.length - 1] === CR;
    const body = held ? chunk.subarray(0, -1) : chunk;
    if (!body.includes(CR)) {
      yield body;
      continue;
    }
    // A copy: whoever owns the chunk may use it again.
    const changed = Uint8Array.from(body);
    for (let at = changed.indexOf(CR); at >= 0; at = changed.indexOf(CR, at + 1))
      if (changed[at + 1] !== LF) changed[at] = LF;
    yield changed;
  }
  if (held) yield Buffer.from('\r');
}

function parserOf(format: Exclude<InputFormat, 'listing'>, { source }: ReadOptions): LineParser {
  if (format === 'bibtex') return createBibtexParser({ source });
  if (format === 'ris') return createRisParser({ source });
  if (format === 'html') return createHtmlParser({ source });
  if (format === 'csv') return createCsvParser({ source });
  if (format === 'xml') return createXmlParser({ source });
  return format === 'ids' ? createIdListParser() : createJsonParser(format, source);
}

function createJsonParser(format: 'jsonl' | 'csl', source: SourceName | undefined): LineParser {
  const values = createJsonCutter(format === 'csl' ? { ...paperShape, isRead: () => true } : paperShape);
  const parse = format === 'csl' ? parseCslItem : parseJsonPaper;
  const entriesOf = (piece: JsonPiece): ParsedEntry[] =>
    piece.kind === 'value'
      ? parse(piece.text, piece.line, { source })
      : [asProblem({ line: piece.line, reason: piece.reason, excerpt: excerpt(piece.text) })];
  return {
    takesParts: MAX_VALUE_LENGTH,
    push: ({ number, text, ends }) => values.push({ line: number, text, ends }).flatMap(entriesOf),
    end: () => values.end().flatMap(entriesOf),
  };
}

async function* readLines(chunks: Chunks, parser: LineParser): AsyncGenerator<InputEntry> {
  const { takesParts } = parser;
  const lines = createLineCutter(takesParts ?? MAX_VALUE_LENGTH, { inParts: takesParts !== undefined });
  let last = 0;
  function* entriesOf(line: RawLine): Generator<InputEntry> {
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
    yield* parser.push({ number: line.number, text: text.replace(/\r$/, ''), ends: line.ends });
  }
  try {
    for await (const chunk of chunks) {
      for (const line of lines.push(chunk)) yield* entriesOf(line);
      // Nobody waits for the rest of a bomb.
      if (parser.isOver?.()) return;
    }
    for (const line of lines.end()) yield* entriesOf(line);
  } catch (error) {
    onlyDamage(error);
    for (const line of lines.end()) yield* entriesOf(line);
    yield asProblem(damagedGzip(Math.max(1, last)));
  }
  yield* parser.end();
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
  // Its first bytes were not all of it.
  if (text.trim() === '') problems.push({ line: 1, reason: 'the input is empty', excerpt: '' });
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

function asProblem(problem: ParseProblem): Extract<ParsedEntry, { kind: 'problem' }> {
  return { kind: 'problem', problem };
}
