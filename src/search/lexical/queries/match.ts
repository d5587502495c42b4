import { AppError } from '../../../platform/errors.js';
import { fieldMark } from '../document.js';
import type { LexicalView } from '../lexical-index.js';
import { type PlaceList, placesOf, visitPostings } from '../segments/postings.js';
import { findTerm, type Segment, type TermEntry, termsWithPrefix } from '../segments/segment.js';
import type { Condition, PlacedTerm } from './conditions.js';
import { matchAuthor } from './match-author.js';

/** One byte a slot: 1 where the paper matches. Those of dead slots say nothing. */
export type Mask = Uint8Array;

/** Gives up when the time is over: a query may hold many common phrases, and others wait. */
export type Deadline = () => void;

export function deadlineAfter(budgetMs: number): Deadline {
  const end = performance.now() + budgetMs;
  return () => {
    if (performance.now() < end) return;
    throw new AppError('timeout', `the query needs more than ${budgetMs} ms: give it fewer terms`, {
      retryAfter: 1,
    });
  };
}

/** The papers that fulfil all of the conditions; null where there is no condition. */
export function matchAll(
  view: LexicalView,
  conditions: readonly Condition[],
  deadline: Deadline,
): Mask | null {
  let all: Mask | null = null;
  for (const condition of conditions) {
    const mask = matchOne(view, condition, deadline);
    if (all === null) all = mask;
    else for (let slot = 0; slot < all.length; slot++) all[slot]! &= mask[slot]!;
  }
  return all;
}

function matchOne(view: LexicalView, condition: Condition, deadline: Deadline): Mask {
  deadline();
  const mask = new Uint8Array(view.size);
  const { columns } = view;
  const where = (test: (slot: number) => boolean): void => {
    for (let slot = 0; slot < mask.length; slot++) if (test(slot)) mask[slot] = 1;
  };
  switch (condition.op) {
    case 'words':
      matchPlaced(view, { ...condition, mask, deadline });
      break;
    case 'venue': {
      const terms = condition.words.map((word, offset) => ({ term: fieldMark.venue + word, offset }));
      matchPlaced(view, { terms, titleOnly: false, mask, deadline });
      break;
    }
    case 'author':
      for (const segment of view.segments) matchAuthor(segment, condition.words, { mask, deadline });
      break;
    case 'category':
      matchCategory(view, condition.name, mask);
      break;
    case 'source':
      for (const segment of view.segments)
        mark(segment, findTerm(segment, fieldMark.source + condition.name), mask);
      break;
    case 'dates': {
      const { from, to } = condition;
      where(
        (slot) =>
          columns.dates[slot]! > 0 && lastDay(columns.dates[slot]!) >= from && columns.dates[slot]! <= to,
      );
      break;
    }
    case 'code':
      where((slot) => columns.hasCode[slot] === 1);
      break;
    case 'upvotes':
      // Unknown is not less than none.
      where((slot) => Math.max(0, columns.upvotes[slot]!) >= condition.min);
      break;
    case 'created': {
      const { from = 0, until = Number.POSITIVE_INFINITY } = condition;
      where((slot) => columns.created[slot]! >= from && columns.created[slot]! <= until);
      break;
    }
    case 'keys':
      for (const key of condition.keys) {
        const slot = view.slotOf(key);
        if (slot >= 0) mask[slot] = 1;
      }
      break;
    case 'not': {
      const not = matchOne(view, condition.condition, deadline);
      where((slot) => not[slot] === 0);
      break;
    }
    case 'or':
      for (const one of condition.conditions) {
        const either = matchOne(view, one, deadline);
        for (let slot = 0; slot < mask.length; slot++) mask[slot]! |= either[slot]!;
      }
  }
  return mask;
}

/** 20240399 for 20240300: the last day that a date may mean. */
function lastDay(date: number): number {
  if (date % 10_000 === 0) return date + 9_999;
  return date % 100 === 0 ? date + 99 : date;
}

function mark(segment: Segment, entry: TermEntry | null, mask: Mask): void {
  if (entry === null) return;
  visitPostings(segment, entry, (slot) => {
    mask[slot] = 1;
  });
}

function matchCategory({ segments }: LexicalView, name: string, mask: Mask): void {
  const wanted = name.toLowerCase();
  for (const segment of segments) {
    for (const entry of termsWithPrefix(segment, fieldMark.category)) {
      const category = entry.term.slice(fieldMark.category.length).toLowerCase();
      if (category === wanted || category.startsWith(`${wanted}.`)) mark(segment, entry, mask);
    }
  }
}

interface PlacedMatch {
  terms: readonly PlacedTerm[];
  titleOnly: boolean;
  mask: Mask;
  deadline: Deadline;
}

function matchPlaced({ segments }: LexicalView, { terms, titleOnly, mask, deadline }: PlacedMatch): void {
  for (const segment of segments) {
    const entries = terms.map(({ term }) => findTerm(segment, term));
    if (entries.some((entry) => entry === null)) continue;
    if (terms.length === 1) {
      visitPostings(segment, entries[0]!, (slot, inTitle) => {
        if (!titleOnly || inTitle > 0) mask[slot] = 1;
      });
      continue;
    }
    // The rarest first: what it isn't in, the others needn't be unpacked for.
    const order = terms.map((_, at) => at).sort((a, b) => entries[a]!.count - entries[b]!.count);
    let starts: Map<number, Set<number>> | null = null;
    for (const at of order) {
      deadline();
      const list = placesOf(segment, entries[at]!, starts === null ? null : keysOf(starts));
      starts = narrow(starts, list, terms[at]!.offset * 2);
      if (starts.size === 0) break;
    }
    for (const [slot, marks] of starts!) {
      if (!titleOnly || [...marks].some((place) => place % 2 === 0)) mask[slot] = 1;
    }
  }
}

const keysOf = (starts: Map<number, Set<number>>): ReadonlySet<number> => new Set(starts.keys());

/** Where a phrase can begin, by slot, given one more of its terms. `shift`: its distance from the beginning, in marks. */
function narrow(
  starts: Map<number, Set<number>> | null,
  { slots, starts: offsets, marks }: PlaceList,
  shift: number,
): Map<number, Set<number>> {
  const next = new Map<number, Set<number>>();
  slots.forEach((slot, at) => {
    const known = starts?.get(slot);
    const kept = new Set<number>();
    for (let n = offsets[at]!; n < offsets[at + 1]!; n++) {
      const start = marks[n]! - shift;
      if (start >= 0 && (known === undefined || known.has(start))) kept.add(start);
    }
    if (kept.size > 0) next.set(slot, kept);
  });
  return next;
}
