import { areInitials, familyOf, readName } from './person-name.js';

/** Letters that don't come apart in Unicode's NFKD. */
const letters: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', æ: 'ae', œ: 'oe', ı: 'i', ħ: 'h', ŋ: 'ng', ŧ: 't' },
};

/** In lower case, without accents: `Gödel` is `godel`, `Strauß` `strauss`. */
export function foldLetters(text: string): string {
  if (/^[a-z0-9]*$/.test(text)) return text;
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[ßøłđðþæœıħŋŧ]/g, (letter) => letters[letter]!);
}

/** How they are typed where the keyboard lacks them. */
const twoLetters: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe', å: 'aa' };

/** Between two letters these join parts of one word: `Jean-Luc`, `O’Brien`, `J.R.R.` */
const joiner = /[-‐‑‒–'’‘ʼ`´.·・]/;
const notJoined = /[^\p{L}\p{M}\p{N}\-‐‑‒–'’‘ʼ`´.·・]+/u;

/** Longer ones are data, as in texts (search/text/tokens.ts). */
const MAX_WORD = 40;

function cut(word: string): string {
  return word.length <= MAX_WORD ? word : word.slice(0, MAX_WORD).replace(/[\ud800-\udbff]$/, '');
}

/** A word between spaces: its parts, and how else they are written. Each of the spellings has one or several words. */
interface Chunk {
  parts: string[];
  /** In one word (`jeanluc`), with umlauts as two letters (`goedel`), and both. */
  others: string[][];
}

function chunksOf(text: string): Chunk[] {
  // Nearly all names are ASCII.
  const typed = /[^ -~]/.test(text) ? text.normalize('NFC') : text;
  return typed
    .split(notJoined)
    .map(chunkOf)
    .filter(({ parts }) => parts.length > 0);
}

function chunkOf(raw: string): Chunk {
  if (/^[a-z0-9]+\.?$/i.test(raw)) return { parts: [cut(raw.toLowerCase().replace('.', ''))], others: [] };
  const partsOf = (typed: string): string[] =>
    typed
      .split(joiner)
      .flatMap((part) => foldLetters(part).split(/[^\p{L}\p{N}]+/u))
      .filter((part) => part !== '')
      .map(cut);
  const parts = partsOf(raw);
  const lower = raw.toLowerCase();
  const typed = lower.replace(/[äöüøå]/g, (letter) => twoLetters[letter]!);
  const spelt = typed === lower ? [parts] : [parts, partsOf(typed)];
  const joined = parts.length < 2 ? [] : spelt.map((words) => [cut(words.join(''))]);
  return { parts, others: [...spelt.slice(1), ...joined] };
}

/** All words of a name in the order in which they stand, without other spellings: hyphens and apostrophes part them. */
export function nameWords(name: string): string[] {
  return chunksOf(name).flatMap(({ parts }) => parts);
}

/**
 * Places of the words of a name: those of the family name from `FAMILY_PLACE` on, all others below. Words further on are left out. A name that
 * can't be split goes through from 0 to the end.
 */
export const FAMILY_PLACE = 16;
export const NAME_PLACES = 32;

export interface PlacedWord {
  word: string;
  place: number;
}

/** What a name is found by, in the order of places; the same for every order in which it is written. */
export function placedWords(name: string): PlacedWord[] {
  const { given, particle, family, suffix, isWhole } = readName(name);
  const spelt = (text: string, from: number, end: number): PlacedWord[] =>
    wordsFrom(chunksOf(text), from, end);
  if (isWhole) return spelt(name, 0, NAME_PLACES - 1);
  // Of a name all in capitals nobody can tell initials from names.
  const hasRuns = /\p{Ll}/u.test(family);
  const first = given.split(' ').flatMap((word) => (hasRuns && isRun(word) ? [runOf(word)] : chunksOf(word)));
  const before = wordsFrom([...first, ...chunksOf(suffix)], 0, FAMILY_PLACE);
  return [...before, ...spelt(familyOf({ particle, family }), FAMILY_PLACE, NAME_PLACES - 1)];
}

/** `JRR` is three initials. */
const isRun = (word: string): boolean => /^\p{Lu}{2,3}$/u.test(word) && areInitials(word);

function runOf(word: string): Chunk {
  return { parts: [...word].map(foldLetters), others: [[foldLetters(word)]] };
}

function wordsFrom(chunks: readonly Chunk[], from: number, end: number): PlacedWord[] {
  const placed: PlacedWord[] = [];
  let place = from;
  for (const { parts, others } of chunks) {
    for (const [at, word] of parts.entries()) placed.push({ word, place: place + at });
    for (const spelling of others)
      for (const [at, word] of spelling.entries())
        if (!placed.some((one) => one.word === word && one.place === place + at))
          placed.push({ word, place: place + at });
    place += parts.length;
  }
  if (chunks.some(({ others }) => others.length > 0)) placed.sort((a, b) => a.place - b.place);
  return place <= end ? placed : placed.filter((one) => one.place < end);
}

/** A word of a name that is looked for. */
export interface SoughtWord {
  /** Its spellings; of one of them every word is in the name. */
  spellings: string[][];
  /** Its first letter: a given name may be written as an initial. */
  initial: string;
  /** It is one letter alone: any given name that begins so will do. */
  isInitial: boolean;
}

/** The words of a name, or of a part of it, as somebody looks for it; empty where there is no letter. */
export function soughtWords(text: string): SoughtWord[] {
  const sought = new Map<string, SoughtWord>();
  for (const { parts, others } of chunksOf(text)) {
    const isInitials = parts.every((part) => part.length === 1);
    for (const spellings of isInitials ? parts.map((part) => [[part]]) : [[parts, ...others]]) {
      const [word = ''] = spellings[0]!;
      const initial = String.fromCodePoint(word.codePointAt(0) ?? 0);
      sought.set(spellings[0]!.join(' '), { spellings, initial, isInitial: isInitials });
    }
  }
  return [...sought.values()];
}

/**
 * Whether a name has all that is looked for, in any order. Where `initials` count, `K. Gödel` is `Kurt Gödel`, and the other way round, as long as
 * a word of the family name is there in full.
 */
export function isNamed(name: string, sought: readonly SoughtWord[], { initials = false } = {}): boolean {
  const placed = placedWords(name);
  let needsFamily = false;
  let hasFamily = false;
  for (const { spellings, initial, isInitial } of sought) {
    const found = spellings.filter((words) => words.every((word) => placed.some((one) => one.word === word)));
    if (found.length === 0) {
      const stands = ({ word, place }: PlacedWord): boolean =>
        place < FAMILY_PLACE && (isInitial ? word.startsWith(initial) : word === initial);
      if (!initials || !placed.some(stands)) return false;
      needsFamily = true;
    }
    hasFamily ||= found.some((words) =>
      placed.some(({ word, place }) => place >= FAMILY_PLACE && words.includes(word)),
    );
  }
  return hasFamily || !needsFamily;
}
