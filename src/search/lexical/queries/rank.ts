import { fieldMark } from '../document.js';
import type { LexicalView } from '../lexical-index.js';
import type { Columns } from '../segments/columns.js';
import { visitPostings } from '../segments/postings.js';
import { findTerm, type Segment, type TermEntry } from '../segments/segment.js';
import type { Deadline, Mask } from './match.js';

/** One term that papers are ranked by. */
export interface RankTerm {
  term: string;
  /** As it was typed, folded: names aren't stemmed. '': it is in nobody's name. */
  word: string;
  /** How often the query has it. */
  weight: number;
  /** Its parts are terms of their own: `gpt4` of GPT-4. */
  isCompound: boolean;
}

/** How much of a query each title has, by slot. */
export interface TitleCounts {
  /** Terms of the query in the title, and how rare these are together. */
  found: Uint8Array;
  weights: Float32Array;
}

/** What a query writes to, used again by the next one: half a megabyte at 100,000 papers, which would be garbage each time. */
export interface Scratch {
  scores: Float32Array;
  titles: TitleCounts;
}

/** `last` emptied, or a larger one where it has become too small. */
export function scratchOf(size: number, last: Scratch | null): Scratch {
  if (last === null || last.scores.length < size) {
    const room = Math.ceil(size * 1.25);
    return {
      scores: new Float32Array(room),
      titles: { found: new Uint8Array(room), weights: new Float32Array(room) },
    };
  }
  last.scores.fill(0, 0, size);
  last.titles.found.fill(0, 0, size);
  last.titles.weights.fill(0, 0, size);
  return last;
}

/** BM25F (Robertson, Zaragoza and Taylor, 2004, “Simple BM25 extension to multiple weighted fields”). */
export interface RankParameters {
  /** How soon more occurrences count for little. */
  k1: number;
  /** How much the length of title and of abstract counts, 0 to 1. */
  titleB: number;
  bodyB: number;
  /** What an occurrence in the title counts, against one in the abstract. */
  titleWeight: number;
  /** What a word in an author's name counts, against its rarity among names; 0: names don't rank. */
  authorWeight: number;
}

export const rankParameters: Readonly<RankParameters> = {
  k1: 1.2,
  titleB: 0.4,
  bodyB: 0.75,
  titleWeight: 2,
  authorWeight: 0.5,
};

/** A word that the query has again and again counts up to three times (the k3 of Okapi BM25, which is 2). */
export const queryWeight = (count: number): number => (3 * count) / (2 + count);

/** What a word in an author's name counts that the query has so often: no more than three times, as everywhere. */
const nameWeight = (count: number): number => Math.min(3, count) * rankParameters.authorWeight;

/** A score a slot; 0 where no term is found. */
export type Scores = Float32Array;

export interface TermScore {
  term: string;
  /** Occurrences. */
  inTitle: number;
  inBody: number;
  isAuthor: boolean;
  score: number;
}

/** Of a paper in which a term is found so often. */
type Scorer = (slot: number, inTitle: number, inBody: number) => number;

/** Longer texts count as of this length: no title and hardly an abstract is. */
const LONGEST = 2_047;

/** What an occurrence counts in a text of each length. */
interface Norms {
  title: Float64Array;
  body: Float64Array;
}

/** Of the last averages: they are the same from query to query until papers come in. */
let lastNorms: { title: number; body: number; norms: Norms } | null = null;

function normsOf({ live, titleWords, bodyWords }: LexicalView): Norms {
  const title = Math.max(1, titleWords / live);
  const body = Math.max(1, bodyWords / live);
  if (lastNorms?.title !== title || lastNorms.body !== body)
    lastNorms = { title, body, norms: createNorms(title, body) };
  return lastNorms.norms;
}

/** Of the average lengths of titles and abstracts. */
function createNorms(titleLength: number, bodyLength: number): Norms {
  const { titleB, bodyB, titleWeight } = rankParameters;
  const curve = (weight: number, b: number, average: number): Float64Array =>
    Float64Array.from({ length: LONGEST + 1 }, (_, length) => weight / (1 - b + (b * length) / average));
  return { title: curve(titleWeight, titleB, titleLength), body: curve(1, bodyB, bodyLength) };
}

/** Between 0 and 1. */
function createScorer(view: LexicalView): Scorer {
  const { title, body } = normsOf(view);
  const { titleLengths, bodyLengths } = view.columns;
  return (slot, inTitle, inBody) => {
    const count =
      inBody * body[Math.min(LONGEST, bodyLengths[slot]!)]! +
      inTitle * title[Math.min(LONGEST, titleLengths[slot]!)]!;
    return count / (rankParameters.k1 + count);
  };
}

interface Adding {
  norms: Norms;
  columns: Columns;
  /** What the term counts, and how rare it is. */
  factor: number;
  rare: number;
  scores: Scores;
  titles: TitleCounts | null;
}

/**
 * Adds what a term gives to the scores of all papers that have it. `visitPostings` and `createScorer` written out: this loop is
 * most of what a search by words costs, and calls of functions that differ from place to place make it four times as long.
 */
function addPostings(segment: Segment, entry: TermEntry, adding: Adding): void {
  const { norms, columns, factor, rare, scores, titles } = adding;
  const { title: titleNorms, body: bodyNorms } = norms;
  const { titleLengths, bodyLengths } = columns;
  const { k1 } = rankParameters;
  const { documents } = segment;
  const end = entry.documentsEnd;
  let at = entry.documentsStart;
  let slot = segment.first;
  while (at < end) {
    let byte = documents[at++]!;
    let value = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = documents[at++]!;
      value |= (byte & 127) << shift;
    }
    slot += value;
    byte = documents[at++]!;
    value = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = documents[at++]!;
      value |= (byte & 127) << shift;
    }
    let inTitle = value & 3;
    if (inTitle === 3) {
      byte = documents[at++]!;
      let more = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = documents[at++]!;
        more |= (byte & 127) << shift;
      }
      inTitle += more;
    }
    const length = bodyLengths[slot]!;
    let count = (value >>> 2) * bodyNorms[length < LONGEST ? length : LONGEST]!;
    if (inTitle > 0) {
      const words = titleLengths[slot]!;
      count += inTitle * titleNorms[words < LONGEST ? words : LONGEST]!;
      if (titles !== null) {
        titles.found[slot]!++;
        titles.weights[slot]! += rare;
      }
    }
    scores[slot]! += (factor * count) / (k1 + count);
  }
}

interface ScoreOptions {
  scores: Scores;
  titles: TitleCounts | null;
  deadline: Deadline;
  maxTerms?: number | undefined;
}

/**
 * BM25 of every paper, into `scores`; answers how rare each term is: ln(1 + (N - n + .5) / (n + .5)) as in Lucene, n with papers that are dead
 * but not yet cleared out; 0 for a term that no paper has. Bounded by `deadline`, which is asked before each term. `titles` gets
 * what the titles have of the terms. Of more than `maxTerms` those rank that can give most.
 */
export function scoreAll(
  view: LexicalView,
  terms: readonly RankTerm[],
  { scores, titles, deadline, maxTerms = terms.length }: ScoreOptions,
): number[] {
  const { segments, size, live } = view;
  if (live === 0) return terms.map(() => 0);
  const norms = normsOf(view);
  const found = terms.map((one) => {
    deadline();
    const entries = segments.map((segment) => findTerm(segment, one.term));
    return { ...one, entries, rare: rarityOf(entries, size) };
  });
  for (const { entries, rare, word, weight, isCompound } of mostTelling(found, maxTerms)) {
    deadline();
    const factor = queryWeight(weight) * rare;
    const counts = isCompound ? null : titles;
    segments.forEach((segment, at) => {
      const entry = entries[at];
      if (entry)
        addPostings(segment, entry, { norms, columns: view.columns, factor, rare, scores, titles: counts });
    });
    addAuthors(view, { word, weight: nameWeight(weight) }, (slot, score) => {
      scores[slot]! += score;
    });
  }
  return found.map(({ rare }) => rare);
}

/** The `most` terms that can give most. */
export function mostTelling<T extends { weight: number; rare: number }>(
  terms: readonly T[],
  most: number,
): readonly T[] {
  if (terms.length <= most) return terms;
  const gives = ({ weight, rare }: T): number => queryWeight(weight) * rare;
  return [...terms].sort((a, b) => gives(b) - gives(a)).slice(0, most);
}

function rarityOf(entries: readonly (TermEntry | null)[], size: number): number {
  let count = 0;
  for (const entry of entries) count += entry?.count ?? 0;
  // What no paper has tells none from another.
  if (count === 0) return 0;
  return Math.log(1 + (size - count + 0.5) / (count + 0.5));
}

function addAuthors(
  { segments, size }: LexicalView,
  { word, weight }: Pick<RankTerm, 'word' | 'weight'>,
  add: (slot: number, score: number) => void,
): void {
  if (weight === 0 || word === '') return;
  const entries = segments.map((segment) => findTerm(segment, fieldMark.author + word));
  if (entries.every((entry) => entry === null)) return;
  const score = weight * rarityOf(entries, size);
  segments.forEach((segment, at) => {
    const entry = entries[at];
    if (entry) visitPostings(segment, entry, (slot) => add(slot, score));
  });
}

/** What each term gives each of these papers; terms that aren't found in a paper are missing. */
export function explainScores(
  view: LexicalView,
  terms: readonly RankTerm[],
  { keys, deadline }: { keys: readonly number[]; deadline: Deadline },
): TermScore[][] {
  const { segments, size } = view;
  const scoreOf = createScorer(view);
  const slots = keys.map((key) => view.slotOf(key));
  const found = keys.map((): TermScore[] => []);
  const add = (slot: number, score: TermScore): void => {
    const at = slots.indexOf(slot);
    if (at >= 0) found[at]!.push(score);
  };
  for (const { term, word, weight } of terms) {
    deadline();
    const entries = segments.map((segment) => findTerm(segment, term));
    const factor = queryWeight(weight) * rarityOf(entries, size);
    segments.forEach((segment, at) => {
      const entry = entries[at];
      if (!entry) return;
      visitPostings(segment, entry, (slot, inTitle, inBody) => {
        const score = factor * scoreOf(slot, inTitle, inBody);
        add(slot, { term, inTitle, inBody, isAuthor: false, score });
      });
    });
    addAuthors(view, { word, weight: nameWeight(weight) }, (slot, score) =>
      add(slot, { term, inTitle: 0, inBody: 0, isAuthor: true, score }),
    );
  }
  return found;
}

export interface ScoredKey {
  key: number;
  score: number;
}

export interface Best {
  /** Best first; equal scores by ascending key. */
  best: ScoredKey[];
  /** Live papers with a score above 0 that `mask` lets pass. */
  matches: number;
}

/** The `k` best of the live papers that `mask` lets pass. */
export function selectBest(
  view: LexicalView,
  scores: Scores,
  options: { mask: Mask | null; k: number },
): Best {
  const { mask, k } = options;
  const { live, keys } = view.columns;
  // A heap with the worst of the best on top.
  const heap: number[] = [];
  const isWorse = (a: number, b: number): boolean =>
    scores[a]! < scores[b]! || (scores[a]! === scores[b]! && keys[a]! > keys[b]!);
  const swap = (a: number, b: number): void => {
    const held = heap[a]!;
    heap[a] = heap[b]!;
    heap[b] = held;
  };
  function sink(from: number): void {
    for (let at = from; ; ) {
      const left = 2 * at + 1;
      const right = left + 1;
      let worst = at;
      if (left < heap.length && isWorse(heap[left]!, heap[worst]!)) worst = left;
      if (right < heap.length && isWorse(heap[right]!, heap[worst]!)) worst = right;
      if (worst === at) return;
      swap(at, worst);
      at = worst;
    }
  }
  function lift(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isWorse(heap[at]!, heap[parent]!)) return;
      swap(at, parent);
      at = parent;
    }
  }
  let matches = 0;
  /** Of the heap's top once it is full: most papers are below. */
  let least = Number.NEGATIVE_INFINITY;
  const { size } = view;
  const passes = mask ?? live;
  for (let slot = 0; slot < size; slot++) {
    const score = scores[slot]!;
    if (score === 0 || live[slot] === 0 || passes[slot] === 0) continue;
    matches++;
    if (score >= least && k > 0) offer(slot);
  }
  function offer(slot: number): void {
    if (heap.length < k) lift(heap.push(slot) - 1);
    else if (isWorse(heap[0]!, slot)) {
      heap[0] = slot;
      sink(0);
    }
    if (heap.length === k) least = scores[heap[0]!]!;
  }
  const best = heap
    .sort((a, b) => (isWorse(a, b) ? 1 : -1))
    .map((slot) => ({ key: keys[slot]!, score: scores[slot]! }));
  return { best, matches };
}
