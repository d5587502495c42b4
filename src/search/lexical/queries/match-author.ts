import { FAMILY_PLACE, type SoughtWord } from '../../../papers/name-words.js';
import { AUTHOR_STRIDE, fieldMark } from '../document.js';
import { placesOf, visitPostings } from '../segments/postings.js';
import { findTerm, type Segment, type TermEntry, termsWithPrefix } from '../segments/segment.js';

/** Names of a paper, and more: `slot * NAMES + number of the name` is a name's key. */
const NAMES = 2 ** 14;

/** A name has fewer places than an integer has bits: what has more words is nobody's. */
const MAX_WORDS = 30;

/** Of a name, by its key: the words that were found, one bit each, and whether one of them is of the family name. */
interface Found {
  words: number;
  hasFamily: boolean;
}

/**
 * Marks papers with an author who has all of the words, as `isNamed` compares. Words are looked up in full first; initials only in papers in which a
 * family name was found: `j` begins the names of every tenth author.
 */
export function matchAuthor(
  segment: Segment,
  words: readonly SoughtWord[],
  { mask, deadline }: { mask: Uint8Array; deadline: () => void },
): void {
  if (words.length > MAX_WORDS) return;
  const [only, ...others] = words;
  if (only && others.length === 0 && only.spellings.every(({ length }) => length === 1)) {
    for (const [term = ''] of only.spellings) {
      const entry = findTerm(segment, fieldMark.author + term);
      if (entry !== null)
        visitPostings(segment, entry, (slot) => {
          mask[slot] = 1;
        });
    }
    return;
  }
  const all = 2 ** words.length - 1;
  const names = new Map<number, Found>();
  words.forEach((word, at) => {
    deadline();
    for (const [key, isFamily] of inFull(segment, word)) {
      const found = names.get(key) ?? { words: 0, hasFamily: false };
      found.words |= 1 << at;
      found.hasFamily ||= isFamily;
      names.set(key, found);
    }
  });
  words.forEach((word, at) => {
    addInitials(segment, word, { bit: 1 << at, names, deadline });
  });
  for (const [key, found] of names) if (found.words === all) mask[Math.floor(key / NAMES)] = 1;
}

/** The names that have all words of one of the spellings, with whether one of these is of the family name. */
function inFull(segment: Segment, { spellings }: SoughtWord): Map<number, boolean> {
  const found = new Map<number, boolean>();
  for (const spelling of spellings) {
    let names: Map<number, boolean> | null = null;
    for (const word of spelling) {
      const entry = findTerm(segment, fieldMark.author + word);
      const having = new Map<number, boolean>();
      if (entry !== null)
        visitNames(segment, entry, null, (key, isFamily) => {
          if (names === null || names.has(key))
            having.set(key, isFamily || (having.get(key) ?? false) || (names?.get(key) ?? false));
        });
      names = having;
    }
    for (const [key, isFamily] of names ?? []) found.set(key, isFamily || (found.get(key) ?? false));
  }
  return found;
}

/** Where a family name was found and this word wasn't: whether an initial of a given name stands for it, or it for a given name. */
function addInitials(
  segment: Segment,
  { initial, isInitial }: SoughtWord,
  { bit, names, deadline }: { bit: number; names: ReadonlyMap<number, Found>; deadline: () => void },
): void {
  const wanted = new Set<number>();
  for (const [key, { words, hasFamily }] of names)
    if (hasFamily && (words & bit) === 0) wanted.add(Math.floor(key / NAMES));
  if (wanted.size === 0) return;
  const term = fieldMark.author + initial;
  const visit = (entry: TermEntry): void =>
    visitNames(segment, entry, wanted, (key, isFamily) => {
      const found = names.get(key);
      if (found?.hasFamily && !isFamily) found.words |= bit;
    });
  if (isInitial) {
    for (const entry of termsWithPrefix(segment, term)) {
      deadline();
      visit(entry);
    }
    return;
  }
  const entry = findTerm(segment, term);
  if (entry !== null) visit(entry);
}

/** Tells of each name that has the term (null: in all papers), once a place. */
function visitNames(
  segment: Segment,
  entry: TermEntry,
  wanted: ReadonlySet<number> | null,
  visit: (key: number, isFamily: boolean) => void,
): void {
  const { slots, starts, marks } = placesOf(segment, entry, wanted);
  slots.forEach((slot, at) => {
    for (let n = starts[at]!; n < starts[at + 1]!; n++) {
      const place = marks[n]! >> 1;
      visit(slot * NAMES + Math.floor(place / AUTHOR_STRIDE), place % AUTHOR_STRIDE >= FAMILY_PLACE);
    }
  });
}
