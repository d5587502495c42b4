import { stopWords, termOf } from '../text/terms.js';
import type { LexicalView } from './lexical-index.js';
import type { Deadline, Mask } from './match.js';
import { visitPostings } from './postings.js';
import { findTerm } from './segment.js';
import { correctionsOf, frequencyOf } from './spelling.js';

/** Titles worth comparing letter by letter. */
const MAX_CANDIDATES = 24;

/** Words of the query that a title must have: a slip in one makes another word of it, a space at the wrong place of two. */
const minWords = (words: number): number => (words <= 3 ? 1 : words - 2 - Math.floor(words / 8));

/** Words that a title, or its part before the subtitle, may have more or less than the query: a word may be left out, split or joined. */
const maxDifference = (words: number): number => 1 + Math.floor(words / 4);

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
  const { segments, columns } = view;
  const scores = new Float32Array(view.size);
  const found = new Uint8Array(view.size);
  const content = words.filter((word) => !stopWords.has(word));
  for (const word of new Set(content.length > 0 ? content : words)) {
    deadline();
    const entries = termsFor(view, word).flatMap((term) =>
      segments.flatMap((segment) => {
        const entry = findTerm(segment, term);
        return entry ? [{ segment, entry }] : [];
      }),
    );
    const count = entries.reduce((sum, { entry }) => sum + entry.count, 0);
    const weight = Math.log(1 + (view.size + 1) / (count + 1));
    for (const { segment, entry } of entries) {
      visitPostings(segment, entry, (slot, inTitle) => {
        if (inTitle === 0) return;
        scores[slot]! += weight;
        found[slot]!++;
      });
    }
  }
  const size = content.length;
  const least = minWords(size);
  const candidates: { slot: number; score: number }[] = [];
  for (let slot = 0; slot < view.size; slot++) {
    if (found[slot]! < least || columns.live[slot] === 0 || (mask !== null && mask[slot] === 0)) continue;
    const off = Math.min(
      Math.abs(columns.titleLengths[slot]! - size),
      Math.abs(columns.mainLengths[slot]! - size),
    );
    if (off <= maxDifference(size)) candidates.push({ slot, score: scores[slot]! * 0.8 ** off });
  }
  return candidates
    .sort((a, b) => b.score - a.score || columns.keys[a.slot]! - columns.keys[b.slot]!)
    .slice(0, MAX_CANDIDATES)
    .map(({ slot }) => columns.keys[slot]!);
}

function termsFor(view: LexicalView, word: string): string[] {
  const term = termOf(word);
  if (frequencyOf(view, term) > 0) return [term];
  return [...new Set([term, ...correctionsOf(view, word, MAX_CORRECTIONS).map((one) => termOf(one.word))])];
}
