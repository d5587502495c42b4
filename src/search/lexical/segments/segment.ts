import { type ByteReader, type ByteWriter, createByteReader, createByteWriter } from './bytes.js';

/**
 * The terms of some papers, in slots next to each other, never changed once made. Per term, sorted:
 * - documents: for each paper the distance of its slot from the one before (from the first of the segment), then a
 *   header `4 * occurrences in the body + min(3, occurrences in the title)`, and where that minimum is 3 the rest;
 * - places: for each paper those in the title, then those in the body, each as the distance from the one before.
 * Front-coded dictionary after Witten, Moffat and Bell, “Managing Gigabytes”, 4.1.
 */
export interface Segment {
  /** Slot of its first paper. */
  first: number;
  /** Slots that it covers. */
  size: number;
  terms: number;
  /** Per term: characters shared with the term before, bytes that follow, these bytes, papers, bytes of documents and of places. */
  dictionary: Uint8Array<ArrayBuffer>;
  /** Per `BLOCK` terms: where they begin in dictionary, documents and places. */
  blocks: Uint32Array<ArrayBuffer>;
  documents: Uint8Array<ArrayBuffer>;
  places: Uint8Array<ArrayBuffer>;
}

/** Terms between two entry points: a look-up reads half of them, and each entry point takes 12 bytes. */
const BLOCK = 16;

// A mark for the byte order is a character as any other here.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Where the postings of a term are. */
export interface TermEntry {
  term: string;
  /** Papers that have it. */
  count: number;
  documentsStart: number;
  documentsEnd: number;
  placesStart: number;
  placesEnd: number;
}

export interface SegmentWriter {
  /** Terms must come sorted (by UTF-16 units, as JavaScript compares). */
  term(term: string, count: number): void;
  readonly documents: ReturnType<typeof createByteWriter>;
  readonly places: ReturnType<typeof createByteWriter>;
  finish(): Segment;
}

/** Write a term, then its postings to `documents` and `places`, then the next term. */
export function writeSegment(first: number, size: number): SegmentWriter {
  const dictionary = createByteWriter();
  const documents = createByteWriter();
  const places = createByteWriter();
  const blocks: number[] = [];
  let terms = 0;
  let before = '';
  let open: { count: number; documents: number; places: number } | null = null;

  function endTerm(): void {
    if (open === null) return;
    dictionary.number(open.count);
    dictionary.number(documents.length - open.documents);
    dictionary.number(places.length - open.places);
  }

  return {
    documents,
    places,
    term(term, count) {
      endTerm();
      open = { count, documents: documents.length, places: places.length };
      if (terms % BLOCK === 0) {
        blocks.push(dictionary.length, documents.length, places.length);
        before = '';
      }
      let shared = 0;
      while (shared < before.length && shared < term.length && before[shared] === term[shared]) shared++;
      // Half of a surrogate pair can't be encoded.
      if (shared > 0 && (term.charCodeAt(shared - 1) & 0xfc00) === 0xd800) shared--;
      dictionary.number(shared);
      writeString(dictionary, term, shared);
      before = term;
      terms++;
    },
    finish: () => {
      endTerm();
      return {
        first,
        size,
        terms,
        dictionary: dictionary.take(),
        blocks: Uint32Array.from(blocks),
        documents: documents.take(),
        places: places.take(),
      };
    },
  };
}

/** The characters from `from` on, in UTF-8 behind their number of bytes. Nearly all terms are ASCII. */
function writeString(writer: ByteWriter, text: string, from: number): void {
  let isAscii = true;
  for (let at = from; at < text.length; at++) if (text.charCodeAt(at) > 127) isAscii = false;
  if (isAscii) {
    writer.number(text.length - from);
    for (let at = from; at < text.length; at++) writer.number(text.charCodeAt(at));
    return;
  }
  const bytes = encoder.encode(text.slice(from));
  writer.number(bytes.length);
  writer.copy(bytes, 0, bytes.length);
}

function readString(bytes: Uint8Array, reader: ByteReader, length: number): string {
  const end = reader.at + length;
  let text = '';
  for (let at = reader.at; at < end; at++) {
    if (bytes[at]! > 127) {
      text = decoder.decode(bytes.subarray(reader.at, end));
      break;
    }
    text += String.fromCharCode(bytes[at]!);
  }
  reader.at = end;
  return text;
}

/** The terms from the beginning of a block on, in order. */
export function* termsFrom(segment: Segment, block = 0): Generator<TermEntry> {
  const { dictionary, blocks } = segment;
  if (block * 3 >= blocks.length) return;
  const reader = createByteReader(dictionary, blocks[block * 3]);
  let documents = blocks[block * 3 + 1]!;
  let places = blocks[block * 3 + 2]!;
  let before = '';
  while (reader.at < dictionary.length) {
    const shared = reader.number();
    const term = before.slice(0, shared) + readString(dictionary, reader, reader.number());
    const count = reader.number();
    const documentsEnd = documents + reader.number();
    const placesEnd = places + reader.number();
    yield { term, count, documentsStart: documents, documentsEnd, placesStart: places, placesEnd };
    before = term;
    documents = documentsEnd;
    places = placesEnd;
  }
}

/** The last block whose first term is not after `term`; 0 where all are. */
function blockOf({ dictionary, blocks }: Segment, term: string): number {
  let low = 0;
  let high = blocks.length / 3 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const reader = createByteReader(dictionary, blocks[middle * 3]);
    reader.number();
    if (readString(dictionary, reader, reader.number()) <= term) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function findTerm(segment: Segment, term: string): TermEntry | null {
  for (const entry of termsFrom(segment, blockOf(segment, term))) {
    if (entry.term === term) return entry;
    if (entry.term > term) return null;
  }
  return null;
}

/** All terms that begin so. */
export function* termsWithPrefix(segment: Segment, prefix: string): Generator<TermEntry> {
  for (const entry of termsFrom(segment, blockOf(segment, prefix))) {
    if (entry.term.startsWith(prefix)) yield entry;
    else if (entry.term > prefix) return;
  }
}

export const segmentBytes = ({ dictionary, blocks, documents, places }: Segment): number =>
  dictionary.byteLength + blocks.byteLength + documents.byteLength + places.byteLength;
