import type { DocumentLengths, LexicalDocument } from '../document.js';

/** What is known of each slot beside its words. A paper that changes gets a new slot, and the old one is dead. */
export interface Columns {
  /** The paper's row number. */
  keys: Uint32Array<ArrayBuffer>;
  /** 1 while the slot is its paper's present one. */
  live: Uint8Array<ArrayBuffer>;
  titleLengths: Uint16Array<ArrayBuffer>;
  /** Of the title without its subtitle. */
  mainLengths: Uint8Array<ArrayBuffer>;
  bodyLengths: Uint16Array<ArrayBuffer>;
  /** `20240300` for 2024-03: parts that aren't known are 0. 0 without a date. */
  dates: Uint32Array<ArrayBuffer>;
  /** -1 where they aren't known. */
  upvotes: Int32Array<ArrayBuffer>;
  /** `NO_HEAT` where nothing has risen. */
  heats: Float64Array<ArrayBuffer>;
  /** When the paper came in, in milliseconds since 1970. */
  created: Float64Array<ArrayBuffer>;
  hasCode: Uint8Array<ArrayBuffer>;
  /** Of the words: where it stays the same, a change touches the columns alone. */
  hashes: Uint32Array<ArrayBuffer>;
}

/** Below every heat: those of papers since 1450 begin at -50,000. A number that JSON has, since cursors carry it. */
export const NO_HEAT = -1e9;

export function emptyColumns(capacity: number): Columns {
  return {
    keys: new Uint32Array(capacity),
    live: new Uint8Array(capacity),
    titleLengths: new Uint16Array(capacity),
    mainLengths: new Uint8Array(capacity),
    bodyLengths: new Uint16Array(capacity),
    dates: new Uint32Array(capacity),
    upvotes: new Int32Array(capacity),
    heats: new Float64Array(capacity),
    created: new Float64Array(capacity),
    hasCode: new Uint8Array(capacity),
    hashes: new Uint32Array(capacity),
  };
}

export const columnNames = Object.keys(emptyColumns(0)) as (keyof Columns)[];

/** A copy with room for `capacity` slots, which holds the first `size`, or those in `slots`. */
export function copyColumns(from: Columns, capacity: number, slots: Uint32Array | number): Columns {
  const to = emptyColumns(capacity);
  for (const name of columnNames) {
    if (typeof slots === 'number') to[name].set(from[name].subarray(0, slots));
    else for (let at = 0; at < slots.length; at++) to[name][at] = from[name][slots[at]!]!;
  }
  return to;
}

export function setColumns(columns: Columns, slot: number, document: LexicalDocument): void {
  columns.keys[slot] = document.key;
  columns.dates[slot] = packDate(document.date);
  columns.upvotes[slot] = document.upvotes ?? -1;
  columns.heats[slot] = document.heat ?? NO_HEAT;
  columns.created[slot] = document.createdAt;
  columns.hasCode[slot] = document.hasCode ? 1 : 0;
  columns.hashes[slot] = wordsHash(document);
}

export function setLengths(
  columns: Columns,
  slot: number,
  { title, mainTitle, body }: DocumentLengths,
): void {
  columns.titleLengths[slot] = Math.min(title, 0xffff);
  columns.mainLengths[slot] = Math.min(mainTitle, 0xff);
  columns.bodyLengths[slot] = Math.min(body, 0xffff);
}

export function packDate(date: string | null): number {
  if (date === null) return 0;
  const [year = '0', month = '0', day = '0'] = date.split('-');
  return Number(year) * 10_000 + Number(month) * 100 + Number(day);
}

/** FNV-1a over all that postings come from (http://www.isthe.com/chongo/tech/comp/fnv/). */
export function wordsHash(document: LexicalDocument): number {
  const { title, abstract, authors, categories, sources, venue } = document;
  let hash = 0x811c9dc5;
  for (const text of [title, abstract, venue ?? '', ...authors, '', ...categories, '', ...sources]) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ 0xffff, 0x01000193);
  }
  return hash >>> 0;
}
