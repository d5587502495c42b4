import { foldWords, titleKey } from './fold.js';
import type { PaperFields } from './paper.js';

/** What is compared when two entries share a title and no id. */
export interface Likeness extends Pick<PaperFields, 'abstract' | 'authors' | 'date' | 'origins'> {
  arxivId: string | null;
  doi: string | null;
}

/**
 * Share of the shorter abstract's three-word shingles that the longer one has too (containment, Broder 1997):
 * a copy cut short has 1, a revised version some .3 to .9, another paper on the same subject below .03.
 */
const SAME_TEXT = 0.25;
/** Enough where the authors agree as well: an abstract rewritten for the venue's copy. */
const RELATED_TEXT = 0.08;
/** Years between a preprint and its venue's copy. */
const MAX_YEARS_APART = 3;

/** Whether two entries with one (folded) title are one paper. The abstract decides wherever both have one. */
export function isSamePaper(a: Likeness, b: Likeness): boolean {
  if (a.arxivId !== null && b.arxivId !== null && a.arxivId !== b.arxivId) return false;
  const names = sharedNames(a.authors, b.authors);
  const texts = [ownAbstract(a), ownAbstract(b)] as const;
  if (texts[0] !== '' && texts[1] !== '') {
    if (texts[0] === texts[1]) return true;
    const shared = containment(texts[0], texts[1]);
    return shared >= SAME_TEXT || (names !== null && names >= 0.5 && shared >= RELATED_TEXT);
  }
  if (a.doi !== null && b.doi !== null && a.doi !== b.doi) return false;
  if (names !== null) return names >= 0.5;
  return yearsApart(a.date, b.date) <= MAX_YEARS_APART;
}

/** Shingles of an abstract from which it says something about a copy: some 25 words. */
const MIN_SHINGLES = 20;

/**
 * Whether one is a copy of the other under an id of its own: a preprint withdrawn and submitted again, a venue's copy under a
 * changed title. Identity keeps them apart, because their ids differ; side by side they are one paper twice.
 */
export function isCopy(a: TitledText, b: TitledText): boolean {
  const isSameTitle = titleKey(a.title) === titleKey(b.title);
  if (a.abstract === '' || b.abstract === '') return isSameTitle;
  return isSameTitle
    ? containment(a.abstract, b.abstract) >= RELATED_TEXT
    : containment(a.abstract, b.abstract, MIN_SHINGLES) >= SAME_TEXT;
}

interface TitledText {
  title: string;
  abstract: string;
}

/** The sample collection's summaries are not the papers' abstracts, so they prove nothing. */
function ownAbstract(entry: Likeness): string {
  return entry.origins.abstract?.source === 'sample' ? '' : entry.abstract;
}

/** Share of the shorter list's surnames that the other has; null where a list is missing. */
function sharedNames(a: readonly string[], b: readonly string[]): number | null {
  if (a.length === 0 || b.length === 0) return null;
  const [few, many] = a.length <= b.length ? [a, b] : [b, a];
  const known = new Set(many.flatMap(foldWords));
  const shared = few.filter((name) => {
    const words = foldWords(name).filter((word) => word.length > 1);
    // Either order, "Vaswani, Ashish" and "Ashish Vaswani": a name is shared by its first or last word.
    return words.length > 0 && (known.has(words.at(-1)!) || known.has(words[0]!));
  });
  return shared.length / few.length;
}

/** 0 where one of them has fewer shingles than `least`. */
function containment(a: string, b: string, least = 1): number {
  const [first, second] = [shingles(a), shingles(b)];
  const [small, large] = first.size <= second.size ? [first, second] : [second, first];
  if (small.size < least) return 0;
  let shared = 0;
  for (const shingle of small) if (large.has(shingle)) shared += 1;
  return shared / small.size;
}

function shingles(text: string): Set<string> {
  const words = foldWords(text);
  const found = new Set<string>();
  const length = Math.min(3, words.length);
  for (let at = 0; length > 0 && at + length <= words.length; at++) {
    found.add(words.slice(at, at + length).join(' '));
  }
  return found;
}

function yearsApart(a: string | null, b: string | null): number {
  if (a === null || b === null) return 0;
  return Math.abs(Number(a.slice(0, 4)) - Number(b.slice(0, 4)));
}
