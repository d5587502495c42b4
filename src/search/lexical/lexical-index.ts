import { createSlotTable, type SlotTable } from '../../vectors/copies/slot-table.js';
import type { LexicalDocument } from './document.js';
import { buildSegment } from './segments/build-segment.js';
import {
  type Columns,
  copyColumns,
  emptyColumns,
  setColumns,
  setLengths,
  wordsHash,
} from './segments/columns.js';
import { mergeSegments } from './segments/merge-segments.js';
import { type Segment, segmentBytes } from './segments/segment.js';

/** The newest segments of a level and below become one when there are so many: each paper is rewritten log8(papers / 256) times. */
const MERGE_FACTOR = 8;

/** Segments up to this size are of the lowest level, and each level is so many times as large as the one before. */
const SMALLEST = 256;
const levelOf = ({ size }: Segment): number =>
  Math.max(0, Math.ceil(Math.log(size / SMALLEST) / Math.log(MERGE_FACTOR)));

/** Dead slots are cleared out when they are this share of all, and worth the work. */
const COMPACT_SHARE = 0.25;
const COMPACT_MIN = 1_000;

/** What is read by searches: all of it from one moment. */
export interface LexicalView {
  segments: readonly Segment[];
  columns: Columns;
  /** Slots in use, dead ones too. */
  size: number;
  live: number;
  /** Sums over the live papers. */
  titleWords: number;
  bodyWords: number;
  /** -1 for a paper that isn't there. */
  slotOf(key: number): number;
}

/** What a snapshot holds. */
export interface LexicalState {
  segments: Segment[];
  columns: Columns;
  size: number;
}

/**
 * An inverted index over papers, in memory: log-structured, of segments that never change (O'Neil et al., 1996). What is
 * added is found at once. `state`: what a snapshot held.
 */
export function createLexicalIndex(state?: LexicalState) {
  let segments: Segment[] = state?.segments ?? [];
  let size = state?.size ?? 0;
  let columns: Columns = state?.columns ?? emptyColumns(1_024);
  let table: SlotTable = createSlotTable((slot) => columns.keys[slot]!);
  let live = 0;
  let titleWords = 0;
  let bodyWords = 0;
  let latest = 0;
  /** Merging under way; what is added meanwhile stays out of it. */
  let work: Generator<undefined, void> | null = null;

  for (let slot = 0; slot < size; slot++) if (columns.live[slot] === 1) enter(slot);

  function enter(slot: number): void {
    columns.live[slot] = 1;
    table.add(columns.keys[slot]!, slot);
    live++;
    latest = Math.max(latest, columns.created[slot]!);
    titleWords += columns.titleLengths[slot]!;
    bodyWords += columns.bodyLengths[slot]!;
  }

  function retire(slot: number): void {
    table.remove(columns.keys[slot]!);
    columns.live[slot] = 0;
    live--;
    titleWords -= columns.titleLengths[slot]!;
    bodyWords -= columns.bodyLengths[slot]!;
  }

  function grow(wanted: number): void {
    if (wanted <= columns.keys.length) return;
    columns = copyColumns(columns, Math.max(wanted, Math.ceil(columns.keys.length * 1.25)), size);
  }

  /** Takes papers in, in place of what was known of them. Each paper at most once a call. */
  function put(documents: readonly LexicalDocument[]): void {
    const fresh: LexicalDocument[] = [];
    for (const document of documents) {
      const slot = table.slotOf(document.key);
      if (slot >= 0 && columns.hashes[slot] === wordsHash(document)) setColumns(columns, slot, document);
      else {
        if (slot >= 0) retire(slot);
        fresh.push(document);
      }
    }
    if (fresh.length === 0) return;
    const { segment, lengths } = buildSegment(fresh, size);
    grow(size + fresh.length);
    fresh.forEach((document, at) => {
      setColumns(columns, size + at, document);
      setLengths(columns, size + at, lengths[at]!);
      enter(size + at);
    });
    size += fresh.length;
    segments = [...segments, segment];
  }

  function remove(keys: Iterable<number>): void {
    for (const key of keys) {
      const slot = table.slotOf(key);
      if (slot >= 0) retire(slot);
    }
  }

  /** The newest segments that are to become one; fewer than two: none. */
  function dueForMerge(): Segment[] {
    let from = segments.length;
    for (let level = 0; from > 0; level++) {
      while (from > 0 && levelOf(segments[from - 1]!) <= level) from--;
      if (segments.length - from >= MERGE_FACTOR) return segments.slice(from);
    }
    return [];
  }

  function* mergeOnce(chosen: Segment[]): Generator<undefined, void> {
    const first = chosen[0]!.first;
    const last = chosen.at(-1)!;
    const merged = yield* mergeSegments(chosen, {
      first,
      size: last.first + last.size - first,
      slotOf: (slot) => (columns.live[slot] === 1 ? slot : -1),
    });
    const at = segments.indexOf(chosen[0]!);
    segments = [...segments.slice(0, at), merged, ...segments.slice(at + chosen.length)];
  }

  /** Everything anew without the dead slots. What comes in meanwhile keeps its order behind it. */
  function* compact(): Generator<undefined, void> {
    const chosen = segments;
    const bound = size;
    const kept: number[] = [];
    const target = new Int32Array(bound).fill(-1);
    for (let slot = 0; slot < bound; slot++) if (columns.live[slot] === 1) target[slot] = kept.push(slot) - 1;
    const merged = yield* mergeSegments(chosen, {
      first: 0,
      size: kept.length,
      slotOf: (slot) => target[slot]!,
    });
    const shift = bound - kept.length;
    const later = segments.slice(chosen.length).map((one) => ({ ...one, first: one.first - shift }));
    for (let slot = bound; slot < size; slot++) kept.push(slot);
    columns = copyColumns(columns, kept.length + 1_024, Uint32Array.from(kept));
    segments = [merged, ...later];
    size = kept.length;
    live = 0;
    titleWords = 0;
    bodyWords = 0;
    table = createSlotTable((slot) => columns.keys[slot]!);
    for (let slot = 0; slot < size; slot++) if (columns.live[slot] === 1) enter(slot);
  }

  function nextWork(): Generator<undefined, void> | null {
    const dead = size - live;
    if (dead >= COMPACT_MIN && dead >= size * COMPACT_SHARE) return compact();
    const due = dueForMerge();
    return due.length < 2 ? null : mergeOnce(due);
  }

  return {
    put,
    remove,

    /** Tidies up for about `budgetMs`; says whether there is more to do. */
    tidy(budgetMs: number): boolean {
      const deadline = performance.now() + budgetMs;
      do {
        work ??= nextWork();
        if (work === null) return false;
        if (work.next().done === true) work = null;
      } while (performance.now() < deadline);
      return true;
    },

    view: (): LexicalView => ({
      segments,
      columns,
      size,
      live,
      titleWords,
      bodyWords,
      slotOf: (key) => table.slotOf(key),
    }),

    /** What belongs into a snapshot; it may be written at leisure, until the next call of anything here. */
    state: (): LexicalState => ({ segments, columns, size }),

    /** When the latest paper came in, gone ones too, in milliseconds since 1970; 0 where there is none. */
    get latest(): number {
      return latest;
    },

    get bytes(): number {
      let sum = table.bytes;
      for (const segment of segments) sum += segmentBytes(segment);
      for (const column of Object.values(columns)) sum += column.byteLength;
      return sum;
    },
  };
}

export type LexicalIndex = ReturnType<typeof createLexicalIndex>;
