import { isNamed, soughtWords } from '../papers/name-words.js';
import type { Paper } from '../papers/paper.js';
import { firstAtEachPlace } from '../search/ranking/plan.js';
import { tokenise, tokensOf } from '../search/text/tokens.js';
import type { SubscriptionSettings } from './subscription.js';

export type Mutes = Pick<SubscriptionSettings, 'mutedWords' | 'mutedAuthors' | 'mutedCategories'>;

/** The words of a paper, folded, by where they stand, in order. */
type Places = ReadonlyMap<string, readonly number[]>;

/** Of each paper once: it is asked of for every subscriber that mutes a word. */
const read = new WeakMap<object, Places>();

/** Between a title and its abstract: no phrase goes over it. */
const GAP = 10;

function placesOf(paper: Pick<Paper, 'title' | 'abstract'>): Places {
  const known = read.get(paper);
  if (known) return known;
  const places = new Map<string, number[]>();
  let from = 0;
  for (const text of [paper.title, paper.abstract]) {
    let last = from;
    tokenise(text, (word, _start, _end, position) => {
      const at = from + position;
      last = Math.max(last, at);
      const list = places.get(word);
      if (list) insert(list, at);
      else places.set(word, [at]);
    });
    from = last + GAP;
  }
  read.set(paper, places);
  return places;
}

interface MutedWord {
  /** One after the other. */
  words: string[];
  /** A compound in one word: `pretraining` of `pre-training`. */
  joined: string | null;
}

/** What a subscriber doesn't want to see, read once. Words and names are compared folded and whole, an archive (`cs`) means all of its categories. */
export function createMutes({ mutedWords, mutedAuthors, mutedCategories }: Mutes) {
  const words = mutedWords.map(readWord).filter((muted) => muted.words.length > 0);
  const authors = mutedAuthors.map(soughtWords).filter(({ length }) => length > 0);
  const categories = mutedCategories.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');

  return {
    isMuted(paper: Pick<Paper, 'title' | 'abstract' | 'authors' | 'categories'>): boolean {
      if (paper.categories.some((name) => categories.some((muted) => isCategory(name.toLowerCase(), muted))))
        return true;
      // In full: `W. Zhang` may be somebody else than who is muted.
      if (paper.authors.some((name) => authors.some((sought) => isNamed(name, sought)))) return true;
      if (words.length === 0) return false;
      const places = placesOf(paper);
      return words.some((muted) => stands(muted, places));
    },
  };
}

function readWord(text: string): MutedWord {
  const tokens = tokensOf(text);
  const parts = firstAtEachPlace(tokens);
  const joined = tokens.length === parts.length + 1 ? tokens.at(-1) : undefined;
  const isWhole = joined?.position === parts[0]?.position && joined?.end === parts.at(-1)?.end;
  return { words: parts.map(({ word }) => word), joined: joined && isWhole ? joined.word : null };
}

function stands({ words, joined }: MutedWord, places: Places): boolean {
  if (joined !== null && places.has(joined)) return true;
  const all: (readonly number[])[] = [];
  for (const word of words) {
    const list = places.get(word);
    if (list === undefined) return false;
    all.push(list);
  }
  // From the rarest word on: most phrases begin with one that stands everywhere.
  const rarest = all.reduce((least, list, at) => (list.length < all[least]!.length ? at : least), 0);
  return all[rarest]!.some((at) => all.every((list, by) => includes(list, at - rarest + by)));
}

/** At its place: a compound comes after its parts, and stands where the first of them does. */
function insert(places: number[], place: number): void {
  let at = places.length;
  while (at > 0 && places[at - 1]! > place) at--;
  places.splice(at, 0, place);
}

function includes(places: readonly number[], place: number): boolean {
  let [from, to] = [0, places.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (places[middle]! < place) from = middle + 1;
    else to = middle;
  }
  return places[from] === place;
}

const isCategory = (name: string, muted: string): boolean => name === muted || name.startsWith(`${muted}.`);
