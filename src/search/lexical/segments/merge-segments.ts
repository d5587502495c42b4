import { SPELLING_MARK } from '../document.js';
import { type ByteReader, createByteReader } from './bytes.js';
import { type Segment, type SegmentWriter, type TermEntry, termsFrom, writeSegment } from './segment.js';

/** Postings that are rewritten between two breaks: about a millisecond. */
const POSTINGS_A_STEP = 20_000;

export interface MergeOptions {
  /** The slot that a paper has from now on, ascending with the old ones; -1: it is dead, and its postings are left out. */
  slotOf(slot: number): number;
  /** Slots of the whole. */
  first: number;
  size: number;
}

interface Source {
  segment: Segment;
  entry: TermEntry;
  terms: Iterator<TermEntry>;
  /** All of its slots live on where they are: postings are copied as they stand. */
  isIntact: boolean;
}

/** One segment in place of several, given in the order of their slots. Yields now and then, so that others get a turn. */
export function* mergeSegments(
  segments: readonly Segment[],
  options: MergeOptions,
): Generator<undefined, Segment> {
  const writer = writeSegment(options.first, options.size);
  const sources = segments.flatMap((segment): Source[] => {
    const terms = termsFrom(segment);
    const { value: entry, done } = terms.next();
    return done ? [] : [{ segment, entry, terms, isIntact: isIntact(segment, options) }];
  });
  let postings = 0;
  while (sources.length > 0) {
    let term = sources[0]!.entry.term;
    for (const { entry } of sources) if (entry.term < term) term = entry.term;
    const having = sources.filter(({ entry }) => entry.term === term);
    const isSpelling = term.startsWith(SPELLING_MARK);
    const count = having.reduce(
      (sum, source) => sum + (isSpelling ? source.entry.count : countLive(source, options)),
      0,
    );
    if (count > 0) {
      writer.term(term, count);
      let before = options.first;
      for (const source of having) before = copyPostings(writer, source, { ...options, before });
    }
    for (const source of having) {
      postings += source.entry.count;
      const { value, done } = source.terms.next();
      if (done) sources.splice(sources.indexOf(source), 1);
      else source.entry = value;
    }
    if (postings > POSTINGS_A_STEP) {
      postings = 0;
      yield;
    }
  }
  return writer.finish();
}

function isIntact({ first, size }: Segment, { slotOf }: MergeOptions): boolean {
  for (let slot = first; slot < first + size; slot++) if (slotOf(slot) !== slot) return false;
  return true;
}

/** Skips a posting's header; answers how many places it has. */
function occurrences(documents: ByteReader): number {
  const header = documents.number();
  const inTitle = header & 3;
  return (header >>> 2) + inTitle + (inTitle === 3 ? documents.number() : 0);
}

function countLive({ segment, entry, isIntact: isWhole }: Source, { slotOf }: MergeOptions): number {
  if (isWhole) return entry.count;
  const documents = createByteReader(segment.documents, entry.documentsStart);
  let slot = segment.first;
  let count = 0;
  while (documents.at < entry.documentsEnd) {
    slot += documents.number();
    if (slotOf(slot) >= 0) count++;
    occurrences(documents);
  }
  return count;
}

/** Answers the last slot that was written. */
function copyPostings(
  writer: SegmentWriter,
  { segment, entry, isIntact: isWhole }: Source,
  options: MergeOptions & { before: number },
): number {
  if (isWhole) return copyAll(writer, { segment, entry }, options.before);
  const documents = createByteReader(segment.documents, entry.documentsStart);
  const places = createByteReader(segment.places, entry.placesStart);
  let { before } = options;
  let slot = segment.first;
  while (documents.at < entry.documentsEnd) {
    slot += documents.number();
    const header = documents.at;
    const from = places.at;
    for (let rest = occurrences(documents); rest > 0; rest--) places.number();
    const target = options.slotOf(slot);
    if (target < 0) continue;
    writer.documents.number(target - before);
    writer.documents.copy(segment.documents, header, documents.at);
    writer.places.copy(segment.places, from, places.at);
    before = target;
  }
  return before;
}

/** Answers the last slot. Only the distance of the first one changes. */
function copyAll(
  writer: SegmentWriter,
  { segment, entry }: Pick<Source, 'segment' | 'entry'>,
  before: number,
): number {
  const { documents, places } = segment;
  const { documentsStart, documentsEnd } = entry;
  let at = documentsStart;
  let slot = segment.first;
  let rest = documentsStart;
  // Written out, as in postings.ts: it passes every posting of the index some three times.
  while (at < documentsEnd) {
    let byte = documents[at++]!;
    let delta = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = documents[at++]!;
      delta |= (byte & 127) << shift;
    }
    slot += delta;
    if (rest === documentsStart) {
      rest = at;
      writer.documents.number(slot - before);
    }
    byte = documents[at++]!;
    const hasMore = (byte & 3) === 3;
    while (byte > 127) byte = documents[at++]!;
    if (hasMore) while (documents[at++]! > 127);
  }
  writer.documents.copy(documents, rest, documentsEnd);
  writer.places.copy(places, entry.placesStart, entry.placesEnd);
  return slot;
}
