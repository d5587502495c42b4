import { analyseDocument, type DocumentLengths, type LexicalDocument, SPELLING_MARK } from '../document.js';
import { type Segment, type SegmentWriter, writeSegment } from './segment.js';

/** A growing array of numbers below 2^32. */
function createColumn() {
  let values = new Uint32Array(4_096);
  let length = 0;
  return {
    push(value: number): void {
      if (length === values.length) {
        const grown = new Uint32Array(length * 2);
        grown.set(values);
        values = grown;
      }
      values[length++] = value;
    },
    view: (): Uint32Array => values.subarray(0, length),
  };
}

export interface BuiltSegment {
  segment: Segment;
  /** Of each document, in order. */
  lengths: DocumentLengths[];
}

/** The segment of these documents, which get the slots from `first` on. */
export function buildSegment(documents: readonly LexicalDocument[], first: number): BuiltSegment {
  const ids = new Map<string, number>();
  const counts: number[] = [];
  const terms = createColumn();
  const slots = createColumn();
  const marks = createColumn();
  const spellings = new Map<string, number>();
  const spelling = (word: string): void => {
    spellings.set(word, (spellings.get(word) ?? 0) + 1);
  };
  const lengths = documents.map((document, slot) =>
    analyseDocument(document, {
      spelling,
      occurrence(term, inTitle, place) {
        let id = ids.get(term);
        if (id === undefined) {
          id = counts.length;
          ids.set(term, id);
          counts.push(0);
        }
        counts[id]!++;
        terms.push(id);
        slots.push(slot);
        marks.push(place * 2 + (inTitle ? 0 : 1));
      },
    }),
  );
  const order = orderByTerm(terms.view(), counts);
  const writer = writeSegment(first, documents.length);
  const spelt = [...spellings.keys()].map((word) => SPELLING_MARK + word);
  const sorted = [...ids.keys(), ...spelt].sort((a, b) => (a < b ? -1 : 1));
  for (const term of sorted) {
    const id = ids.get(term);
    if (id === undefined) {
      writer.term(term, spellings.get(term.slice(SPELLING_MARK.length))!);
      continue;
    }
    const occurrences = order.occurrences.subarray(order.starts[id]!, order.starts[id]! + counts[id]!);
    writeTerm(writer, term, { occurrences, slots: slots.view(), marks: marks.view() });
  }
  return { segment: writer.finish(), lengths };
}

/** Occurrences by term; within a term as they came. */
function orderByTerm(terms: Uint32Array, counts: readonly number[]) {
  const starts = new Uint32Array(counts.length);
  for (let id = 1; id < counts.length; id++) starts[id] = starts[id - 1]! + counts[id - 1]!;
  const next = starts.slice();
  const occurrences = new Uint32Array(terms.length);
  for (let at = 0; at < terms.length; at++) occurrences[next[terms[at]!]!++] = at;
  return { starts, occurrences };
}

interface TermOccurrences {
  occurrences: Uint32Array;
  slots: Uint32Array;
  /** Twice the place, plus one where it is in the body. */
  marks: Uint32Array;
}

function writeTerm(writer: SegmentWriter, term: string, found: TermOccurrences): void {
  const { occurrences, slots, marks } = found;
  let papers = 0;
  for (let at = 0; at < occurrences.length; at++)
    if (at === 0 || slots[occurrences[at]!] !== slots[occurrences[at - 1]!]) papers++;
  writer.term(term, papers);
  let before = 0;
  for (let at = 0; at < occurrences.length; ) {
    const slot = slots[occurrences[at]!]!;
    const inTitle: number[] = [];
    const inBody: number[] = [];
    for (; at < occurrences.length && slots[occurrences[at]!] === slot; at++) {
      const mark = marks[occurrences[at]!]!;
      (mark % 2 === 0 ? inTitle : inBody).push(mark >> 1);
    }
    writer.documents.number(slot - before);
    writer.documents.number(inBody.length * 4 + Math.min(3, inTitle.length));
    if (inTitle.length >= 3) writer.documents.number(inTitle.length - 3);
    writePlaces(writer, inTitle);
    writePlaces(writer, inBody);
    before = slot;
  }
}

function writePlaces({ places }: SegmentWriter, list: readonly number[]): void {
  let before = 0;
  for (const place of list) {
    // A compound stands at its first part's place, after its parts: never before what was written.
    const next = Math.max(place, before);
    places.number(next - before);
    before = next;
  }
}
