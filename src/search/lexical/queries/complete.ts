import { nameWords } from '../../../papers/name-words.js';
import { termOf } from '../../text/terms.js';
import { tokensOf } from '../../text/tokens.js';
import { fieldMark } from '../document.js';
import type { LexicalView } from '../lexical-index.js';
import type { Completions } from '../ports.js';
import { visitPostings } from '../segments/postings.js';
import { findTerm, type TermEntry, termsWithPrefix } from '../segments/segment.js';
import type { Deadline } from './match.js';
import { completionsOf } from './spelling.js';

/** Ways that the last word may go on, the most frequent ones: a single letter has thousands. */
const MAX_ENDINGS = 50;

/** What somebody may be about to type: words that are complete, and one that has just begun. */
export function completeText(
  view: LexicalView,
  { text, limit }: { text: string; limit: number },
  deadline: Deadline,
): Completions {
  const tokens = tokensOf(text);
  // The last part of a compound is what goes on: `pre-tr` is `pre` and the beginning of `training`.
  if (tokens.length > 1 && tokens.at(-1)!.position < tokens.at(-2)!.position) tokens.pop();
  const words = [...new Set(tokens.map(({ word }) => word))];
  const last = words.pop();
  if (last === undefined) return { titles: [], authors: [], categories: [] };
  const titleSets = [
    ...words.map((word) => [termOf(word)]),
    [...new Set([termOf(last), ...completionsOf(view, last, MAX_ENDINGS)])],
  ];
  const inTitles = slotsWithAll(view, titleSets, { titleOnly: true, deadline });
  const names = nameWords(text);
  const begun = names.pop() ?? '';
  const nameSets = [
    ...names.map((word) => [fieldMark.author + word]),
    begun === '' ? [] : completionsOf(view, fieldMark.author + begun, MAX_ENDINGS),
  ];
  const byAuthors = slotsWithAll(view, nameSets, { titleOnly: false, deadline });
  return {
    titles: favourites(view, inTitles, limit),
    authors: favourites(view, byAuthors, 4 * limit),
    categories: categoriesLike(view, text.trim().toLowerCase(), limit),
  };
}

/** Slots that have at least one term of each set. */
function slotsWithAll(
  { segments, size }: LexicalView,
  sets: readonly (readonly string[])[],
  { titleOnly, deadline }: { titleOnly: boolean; deadline: Deadline },
): Uint8Array {
  // How many of the sets were met, as long as none was missed.
  const met = new Uint8Array(size);
  sets.slice(0, 255).forEach((terms, at) => {
    deadline();
    const visit = (entry: TermEntry, segment: LexicalView['segments'][number]): void =>
      visitPostings(segment, entry, (slot, inTitle) => {
        if (met[slot] === at && (!titleOnly || inTitle > 0)) met[slot] = at + 1;
      });
    for (const segment of segments) {
      for (const term of terms) {
        const entry = findTerm(segment, term);
        if (entry) visit(entry, segment);
      }
    }
  });
  const wanted = Math.min(sets.length, 255);
  return met.map((count) => (count === wanted ? 1 : 0));
}

/** The most upvoted, and of those equally so the newest. */
function favourites({ columns }: LexicalView, mask: Uint8Array, limit: number): number[] {
  const found: number[] = [];
  for (let slot = 0; slot < mask.length; slot++)
    if (mask[slot] === 1 && columns.live[slot] === 1) found.push(slot);
  const { upvotes, dates, keys } = columns;
  return found
    .sort((a, b) => upvotes[b]! - upvotes[a]! || dates[b]! - dates[a]! || keys[a]! - keys[b]!)
    .slice(0, limit)
    .map((slot) => keys[slot]!);
}

function categoriesLike({ segments }: LexicalView, prefix: string, limit: number): string[] {
  const counts = new Map<string, number>();
  if (prefix === '') return [];
  for (const segment of segments) {
    for (const { term, count } of termsWithPrefix(segment, fieldMark.category)) {
      const name = term.slice(fieldMark.category.length);
      if (name.toLowerCase().startsWith(prefix)) counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, limit)
    .map(([name]) => name);
}
