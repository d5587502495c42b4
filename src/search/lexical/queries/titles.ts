import { stopWords, termOf } from '../../text/terms.js';
import type { LexicalView } from '../lexical-index.js';
import { visitPostings } from '../segments/postings.js';
import { findTerm } from '../segments/segment.js';
import type { Deadline, Mask } from './match.js';
import type { RankTerm, TitleCounts } from './rank.js';
import { correctionsOf, frequencyOf } from './spelling.js';

/** Titles worth comparing letter by letter. */
const MAX_CANDIDATES = 24;

/** Words of the query that a title must have: a slip in one makes another word of it, a space at the wrong place of two. */
const minWords = (words: number): number => (words <= 3 ? 1 : words - 2 - Math.floor(words / 8));

/** Words that a title, or its part before the subtitle, may have more or less than the query: a word may be left out, split or joined. */
const maxDifference = (words: number): number => 1 + Math.floor(words / 4);

/** Corrections tried of a word that no paper has, and words of which they are: with more slips it is another title. */
const MAX_CORRECTIONS = 6;
const MAX_CORRECTED = 8;

/**
 * Papers whose titles have most of these words, the likeliest first: candidates for “this is the title, perhaps
 * misspelt, perhaps without its subtitle”. `counts` is what `scoreAll` found of `terms`; a word that isn't known stands for
 * those one slip away.
 */
export function titleCandidates(
  view: LexicalView,
  { words, terms, counts }: { words: readonly string[]; terms: readonly RankTerm[]; counts: TitleCounts },
  { mask, deadline }: { mask: Mask | null; deadline: Deadline },
): number[] {
  const { columns } = view;
  const parts = terms.filter(({ isCompound }) => !isCompound);
  const unknown = parts.filter(({ term }) => frequencyOf(view, term) === 0);
  for (const { word } of unknown.slice(0, MAX_CORRECTED)) {
    deadline();
    countCorrections(view, word, counts);
  }
  const least = minWords(parts.length);
  const length = words.filter((word) => !stopWords.has(word)).length;
  const candidates: { slot: number; score: number }[] = [];
  for (let slot = 0; slot < view.size; slot++) {
    if (counts.found[slot]! < least || columns.live[slot] === 0 || (mask !== null && mask[slot] === 0))
      continue;
    const off = Math.min(
      Math.abs(columns.titleLengths[slot]! - length),
      Math.abs(columns.mainLengths[slot]! - length),
    );
    if (off <= maxDifference(length)) candidates.push({ slot, score: counts.weights[slot]! * 0.8 ** off });
  }
  return candidates
    .sort((a, b) => b.score - a.score || columns.keys[a.slot]! - columns.keys[b.slot]!)
    .slice(0, MAX_CANDIDATES)
    .map(({ slot }) => columns.keys[slot]!);
}

function countCorrections(view: LexicalView, word: string, { found, weights }: TitleCounts): void {
  const terms = new Set(correctionsOf(view, word, MAX_CORRECTIONS).map((one) => termOf(one.word)));
  for (const term of terms) {
    for (const segment of view.segments) {
      const entry = findTerm(segment, term);
      if (!entry) continue;
      const weight = Math.log(1 + view.size / entry.count);
      visitPostings(segment, entry, (slot, inTitle) => {
        if (inTitle === 0) return;
        found[slot]!++;
        weights[slot]! += weight;
      });
    }
  }
}
