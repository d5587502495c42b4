import { hasStem, termOf } from '../../text/terms.js';
import { SPELLING_MARK } from '../document.js';
import type { LexicalView } from '../lexical-index.js';
import { findTerm, type Segment, termsFrom, termsWithPrefix } from '../segments/segment.js';

/** Bits a term in the filter that most wrong guesses end at: 1 % get past it. */
const FILTER_BITS = 10;
const FILTER_HASHES = 4;

const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];

/** Shorter words are one letter away from too many others. */
const MIN_LENGTH = 4;

interface Filter {
  bits: Uint32Array;
  mask: number;
}

/** Made at the first misspelt word: most segments never see one. */
const filters = new WeakMap<Segment, Filter>();

function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Bloom, 1970; further hashes from two, as in Kirsch and Mitzenmacher, 2006. */
function eachBit(filter: Filter, word: string, use: (index: number, bit: number) => boolean): boolean {
  const hash = hashOf(word);
  const step = (Math.imul(hash, 0x9e3779b1) >>> 0) | 1;
  for (let n = 0; n < FILTER_HASHES; n++) {
    const at = (hash + Math.imul(n, step)) & filter.mask;
    if (!use(at >>> 5, 1 << (at & 31))) return false;
  }
  return true;
}

function filterOf(segment: Segment): Filter {
  const known = filters.get(segment);
  if (known) return known;
  const size = 2 ** Math.max(5, Math.ceil(Math.log2(segment.terms * FILTER_BITS)));
  const filter = { bits: new Uint32Array(size / 32), mask: size - 1 };
  for (const { term } of termsFrom(segment)) {
    const word = term.startsWith(SPELLING_MARK) ? term.slice(SPELLING_MARK.length) : term;
    eachBit(filter, word, (index, bit) => {
      filter.bits[index]! |= bit;
      return true;
    });
  }
  filters.set(segment, filter);
  return filter;
}

/** How many papers have the term. */
export function frequencyOf({ segments }: LexicalView, term: string): number {
  let count = 0;
  for (const segment of segments) count += findTerm(segment, term)?.count ?? 0;
  return count;
}

/** How often the word was written just so, in title or abstract; of one without a stem how many papers have it. */
function writtenIn(segment: Segment, word: string): number {
  return findTerm(segment, hasStem(word) ? SPELLING_MARK + word : word)?.count ?? 0;
}

/**
 * Words of the collection that are one slip away (a letter too many, too few, wrong, or two of them swapped: Damerau,
 * 1964), the most frequent first.
 */
export function correctionsOf(
  view: LexicalView,
  word: string,
  limit: number,
): { word: string; count: number }[] {
  // A number near another one is not that one misspelt.
  if (word.length < MIN_LENGTH || !/^[a-z0-9]*[a-z][a-z0-9]*$/.test(word)) return [];
  const guesses = new Set<string>();
  for (let at = 0; at <= word.length; at++) {
    const before = word.slice(0, at);
    const after = word.slice(at + 1);
    for (const letter of letters) {
      guesses.add(before + letter + word.slice(at));
      if (at < word.length) guesses.add(before + letter + after);
    }
    if (at < word.length) guesses.add(before + after);
    if (at + 1 < word.length) guesses.add(before + word[at + 1] + word[at] + word.slice(at + 2));
  }
  guesses.delete(word);
  const found = new Map<string, number>();
  for (const segment of view.segments) {
    const filter = filterOf(segment);
    for (const guess of guesses) {
      if (!eachBit(filter, guess, (index, bit) => (filter.bits[index]! & bit) !== 0)) continue;
      const count = writtenIn(segment, guess);
      if (count > 0) found.set(guess, (found.get(guess) ?? 0) + count);
    }
  }
  return [...found]
    .map(([guess, count]) => ({ word: guess, count }))
    .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
    .slice(0, limit);
}

/** Words seen this rarely may be slips that got into an abstract … */
const RARE = 5;
/** … where a word beside them is so many times as frequent. */
const MUCH_MORE = 50;

/** What was probably meant by a word; null where it seems right, or nothing is near. */
export function meantBy(view: LexicalView, word: string): string | null {
  if (frequencyOf(view, termOf(word)) > RARE) return null;
  let count = 0;
  for (const segment of view.segments) count += writtenIn(segment, word);
  if (count > RARE) return null;
  const [best] = correctionsOf(view, word, 1);
  return best && best.count > Math.max(RARE, count * MUCH_MORE) ? best.word : null;
}

/** Terms of words that begin so, the most frequent first. */
export function completionsOf({ segments }: LexicalView, prefix: string, limit: number): string[] {
  const found = new Map<string, number>();
  for (const segment of segments) {
    for (const { term, count } of termsWithPrefix(segment, prefix))
      found.set(term, (found.get(term) ?? 0) + count);
    for (const { term, count } of termsWithPrefix(segment, SPELLING_MARK + prefix)) {
      const stem = termOf(term.slice(SPELLING_MARK.length));
      found.set(stem, (found.get(stem) ?? 0) + count);
    }
  }
  return [...found]
    .sort((a, b) => b[1] - a[1])
    .slice(0, limit)
    .map(([term]) => term);
}
