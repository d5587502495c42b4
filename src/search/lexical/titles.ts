import { termOf } from '../text/terms.js';
import type { LexicalView } from './lexical-index.js';
import type { Deadline, Mask } from './match.js';
import { visitPostings } from './postings.js';
import { findTerm } from './segment.js';
import { correctionsOf, frequencyOf } from './spelling.js';

/** Titles worth comparing letter by letter. */
const MAX_CANDIDATES = 12;

/** Share of the query's weight that a title must have: of three words the weightiest may be another by a slip, of many one. */
const minShare = (words: number): number => (words < 4 ? 0.5 : words < 8 ? 0.6 : 0.75);

/** Words that a title may have for each of the query: a subtitle may be missing. */
const MAX_LONGER = 6;

/** Corrections tried of a word that no paper has. */
const MAX_CORRECTIONS = 6;

/**
 * Papers whose titles have most of these words, the likeliest first: candidates for “this is the title, perhaps
 * misspelt, perhaps without its subtitle”. A word that isn't known stands for those one slip away.
 */
export function titleCandidates(
  view: LexicalView,
  words: readonly string[],
  { mask, deadline }: { mask: Mask | null; deadline: Deadline },
): number[] {
  const { segments, columns, size } = view;
  const scores = new Float32Array(size);
  let whole = 0;
  for (const word of new Set(words)) {
    deadline();
    const terms = termsFor(view, word);
    const added = new Map<number, number>();
    let count = 0;
    for (const term of terms) {
      for (const segment of segments) {
        const entry = findTerm(segment, term);
        if (!entry) continue;
        visitPostings(segment, entry, (slot, inTitle) => {
          if (inTitle === 0) return;
          count++;
          added.set(slot, 1);
        });
      }
    }
    const weight = Math.log(1 + (size + 1) / (count + 1));
    whole += weight;
    for (const slot of added.keys()) scores[slot]! += weight;
  }
  const least = whole * minShare(words.length);
  const found: { slot: number; score: number }[] = [];
  for (let slot = 0; slot < size; slot++) {
    if (scores[slot]! < least || columns.live[slot] === 0 || (mask !== null && mask[slot] === 0)) continue;
    const length = columns.titleLengths[slot]!;
    if (length > words.length * MAX_LONGER) continue;
    // Of titles with the same words the one without many others first.
    found.push({ slot, score: scores[slot]! / whole - 0.02 * Math.abs(length - words.length) });
  }
  return found
    .sort((a, b) => b.score - a.score || columns.keys[a.slot]! - columns.keys[b.slot]!)
    .slice(0, MAX_CANDIDATES)
    .map(({ slot }) => columns.keys[slot]!);
}

function termsFor(view: LexicalView, word: string): Set<string> {
  const term = termOf(word);
  if (frequencyOf(view, term) > 0) return new Set([term]);
  return new Set([term, ...correctionsOf(view, word, MAX_CORRECTIONS).map((one) => termOf(one.word))]);
}
