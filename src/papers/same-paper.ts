import { foldWords, shortHash, titleKey } from './fold.js';
import type { PaperFields } from './paper.js';

/** What is compared when two entries share a title, or nearly, and no id. */
export interface Likeness
  extends Pick<PaperFields, 'title' | 'abstract' | 'authors' | 'date' | 'venue' | 'origins'> {
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

/**
 * Whether two entries with one (folded) title are one paper. The abstract decides wherever both have one. Measured on DBLP and ACM, which have
 * none (`npm run eval:dedup`).
 */
export function isSamePaper(a: Likeness, b: Likeness): boolean {
  if (a.arxivId !== null && b.arxivId !== null && a.arxivId !== b.arxivId) return false;
  const names = sharedNames(a.authors, b.authors);
  const texts = [ownAbstract(a), ownAbstract(b)] as const;
  if (texts[0] !== '' && texts[1] !== '') {
    if (texts[0] === texts[1]) return true;
    const contained = containment(texts[0], texts[1]);
    return contained >= SAME_TEXT || (names !== null && names >= 0.5 && contained >= RELATED_TEXT);
  }
  if (a.doi !== null && b.doi !== null && a.doi !== b.doi) return false;
  if (isRecurring(a.title) || arePublishedApart(a, b)) return false;
  if (names !== null) return names >= 0.5;
  return yearsApart(a.date, b.date) <= MAX_YEARS_APART;
}

/**
 * What every issue of a journal has under one title, often by the same person: without an abstract nothing tells them apart.
 */
const recurring =
  /^(?:(?:guest )?editor(?:ial|s?'?s?)?|chair(?:man|s|'s)?|president|secretary|treasurer|publisher|reviewer)s?\W{0,2}s?(?: (?:notes?|messages?|letter|introduction|foreword|preface|report|column|comments?|remarks|acknowledge?ments?))?$|^(?:preface|foreword|introduction|front matter|back matter|errat(?:um|a)|corrigend(?:um|a)|correction|announcements?|calendar(?: of events)?|call for papers|book reviews?(?: column)?|reminiscences(?: on .{1,60})?|table of contents|index|in this issue|news|obituary|in memoriam|letters? to the editor|acknowledge?ments?|(?:from the )?editor(?:'s desk)?|title page|abstracts?|discussion|comments?|reply|response)$/i;

function isRecurring(title: string): boolean {
  return recurring.test(title.trim().replace(/[.:!]+$/, ''));
}

/**
 * Both name where they were published, and it isn't one publication: other years, or a journal's version of what a conference had. A preprint
 * names no venue, and goes to either.
 */
function arePublishedApart(a: Likeness, b: Likeness): boolean {
  if (a.venue === null || b.venue === null) return false;
  const [kindA, kindB] = [kindOf(a.venue), kindOf(b.venue)];
  return yearsApart(a.date, b.date) > 0 || (kindA !== null && kindB !== null && kindA !== kindB);
}

function kindOf(venue: string): 'journal' | 'meeting' | null {
  if (
    /\b(?:journal|j\.|transactions|trans\.|tods|tois|record|letters|magazine|annals|bulletin)(?!\w)/i.test(
      venue,
    )
  )
    return 'journal';
  return /\b(?:conference|conf\.|proceedings|proc\.|symposium|workshop|meeting|congress)(?!\w)/i.test(venue)
    ? 'meeting'
    : null;
}

/** Whether nothing in two lists of authors speaks against their being one paper's. */
export function mayBeSameAuthors(a: readonly string[], b: readonly string[]): boolean {
  const names = sharedNames(a, b);
  return names === null || names >= 0.5;
}

/** Under another title: groups that write paper after paper share sentences between them. */
const COPIED_TEXT = 0.7;

/** Shingles of an abstract from which it says something about a copy: some 25 words. */
const MIN_SHINGLES = 20;

/**
 * Whether one is a copy of the other under an id of its own: a preprint withdrawn and submitted again, a venue's copy under a
 * changed title. Identity keeps them apart, because their ids differ; side by side they are one paper twice.
 */
export function isCopy(a: CopyText, b: CopyText): boolean {
  const isSameTitle = a.title === b.title;
  if (a.shingles.size === 0 || b.shingles.size === 0) return isSameTitle;
  return isSameTitle
    ? shared(a.shingles, b.shingles) >= RELATED_TEXT
    : shared(a.shingles, b.shingles, MIN_SHINGLES) >= COPIED_TEXT;
}

/** A text as `isCopy` compares it: made once, it is compared with many. */
export interface CopyText {
  /** Folded. */
  title: string;
  shingles: ReadonlySet<string>;
}

export function copyTextOf({ title, abstract }: { title: string; abstract: string }): CopyText {
  return { title: titleKey(title), shingles: abstract === '' ? new Set() : shingles(abstract) };
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

function containment(a: string, b: string): number {
  return shared(shingles(a), shingles(b));
}

/** Share of the smaller set that the larger one has too; 0 where it has fewer than `least`. */
function shared(first: ReadonlySet<string>, second: ReadonlySet<string>, least = 1): number {
  const [small, large] = first.size <= second.size ? [first, second] : [second, first];
  if (small.size < least) return 0;
  let found = 0;
  for (const shingle of small) if (large.has(shingle)) found += 1;
  return found / small.size;
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

/**
 * By the same people in the same year, under titles that are nearly one: whether they are one paper. Nobody's abstract is written twice, so
 * that two of them must agree as those of revisions do.
 */
export function isSameUnderNearTitle(a: Likeness, b: Likeness): boolean {
  const texts = [ownAbstract(a), ownAbstract(b)] as const;
  if (texts[0] !== '' && texts[1] !== '') {
    if (a.arxivId !== null && b.arxivId !== null && a.arxivId !== b.arxivId) return false;
    return containment(texts[0], texts[1]) >= SAME_TEXT;
  }
  return isSamePaper(a, b);
}

/**
 * Hash of who wrote it and when: the year and the surnames in one order; '' where either isn't known. Equal for copies of a paper that spell its
 * title in two ways.
 */
export function peopleKey({ authors, date }: { authors: readonly string[]; date: string | null }): string {
  if (date === null || authors.length === 0) return '';
  const known = surnamesOf.get(authors) ?? sortedSurnames(authors);
  surnamesOf.set(authors, known);
  return known === '' ? '' : shortHash(`${date.slice(0, 4)} ${known}`, 26);
}

/** A record's list of authors becomes its paper's: it is read once for both. */
const surnamesOf = new WeakMap<readonly string[], string>();

function sortedSurnames(authors: readonly string[]): string {
  const surnames = authors.flatMap((name) => surnameOf(name) ?? []);
  return surnames.length < authors.length ? '' : [...new Set(surnames)].sort().join(' ');
}

function surnameOf(name: string): string | null {
  const words = foldWords(name).filter((word) => word.length > 1 && !/^(?:jr|sr|ii|iii|iv)$/.test(word));
  return words.at(-1) ?? null;
}

function yearsApart(a: string | null, b: string | null): number {
  if (a === null || b === null) return 0;
  return Math.abs(Number(a.slice(0, 4)) - Number(b.slice(0, 4)));
}
