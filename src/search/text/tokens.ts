import { greek, named } from '../../papers/fold.js';

/**
 * Words of a text as people search for them. Besides plain words these are single tokens: `c++`, `c#`, `3.5`, `l2` for
 * `L2`, `L_2`, `$L_{2}$` and `L₂`, `alpha` for `α` and `\alpha`. A compound gives its parts, and at the place of the
 * first one also the whole in one word: `GPT-4` is found as `gpt`, `4` and `gpt4`, `pre-training` as `pretraining` too.
 */

/** Told of each token: the folded word, its characters [start, end) of the text in UTF-16, and its place from 0. */
export type TokenSink = (word: string, start: number, end: number, position: number) => void;

export interface Token {
  word: string;
  start: number;
  end: number;
  position: number;
}

/** Longer ones are data, not words: nobody types them, and each would be a line in the dictionary. */
const MAX_WORD = 40;
const MAX_COMPOUND_PARTS = 3;

const LETTER = 1;
const DIGIT = 2;

/** Class of each UTF-16 unit, looked up once: 0 not known yet, else class + 1. Halves of pairs pass as letters. */
const classes = new Uint8Array(0x10000);

function classOf(unit: number): number {
  const known = classes[unit]!;
  if (known !== 0) return known - 1;
  const char = String.fromCharCode(unit);
  let found = 0;
  if (/[\p{L}\p{M}\p{Cs}]/u.test(char)) found = LETTER;
  else if (/\p{N}/u.test(char)) found = DIGIT;
  classes[unit] = found + 1;
  return found;
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const SCRIPT_RUNS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{M}ー]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu;

const isHyphen = (unit: number): boolean => unit === 45 || (unit >= 0x2010 && unit <= 0x2013);
const isAsciiLetter = (unit: number): boolean => (unit | 32) >= 97 && (unit | 32) <= 122;

/** Commands that only set type: their names are no words of the text. */
const typeCommands = new Set(
  'mathcal mathbb mathbf mathrm mathsf mathtt mathit mathfrak mathscr text textbf textit textrm textsc textsf texttt textup textsl operatorname boldsymbol emph mbox ensuremath rm bf it sc sf tt em left right displaystyle bm cal url underline big bigg Big Bigg begin end frac sqrt quad qquad hat tilde bar widetilde widehat overline vec cite ref label href'.split(
    ' ',
  ),
);
/** A map: `\\constructor` is no word of an object's. */
const commandWords: ReadonlyMap<string, string> = new Map([
  ['infty', 'infinity'],
  ['ell', 'l'],
]);

/** The beginning of a word that is kept; never half of a surrogate pair, which no index can hold. */
export function cutWord(word: string): string {
  if (word.length <= MAX_WORD) return word;
  const isHalf = (word.charCodeAt(MAX_WORD - 1) & 0xfc00) === 0xd800;
  return word.slice(0, isHalf ? MAX_WORD - 1 : MAX_WORD);
}

/** `\"o`, `\'{e}`, `\c{c}`: from the backslash to its end; 0 where there is none. */
function accentEnd(text: string, at: number): number {
  const match =
    /^\\(?:["'`^~=.]\s?(?:\{\\?[a-zA-Z]\}|\\?[a-zA-Z](?![a-zA-Z]{9}))|[uvHcdk]\{[a-zA-Z]\})\}?/.exec(
      text.slice(at, at + 12),
    );
  return match ? at + match[0].length : 0;
}

/** Where `_2`, `_{12}` or `^2` ends: one or two letters or digits that belong to the word before; 0 where none. */
function scriptEnd(text: string, at: number): number {
  const match = /^[_^](?:\{\s?([a-zA-Z0-9]{1,2})\s?\}|([a-zA-Z0-9]{1,2})(?![a-zA-Z0-9_]))/.exec(
    text.slice(at, at + 8),
  );
  return match ? at + match[0].length : 0;
}

/** The end of the plain word that begins at `start`. */
function wordEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (isAsciiLetter(unit) || classOf(unit) !== 0) {
      at++;
      continue;
    }
    const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
    const before = at > start ? classOf(text.charCodeAt(at - 1)) : 0;
    if ((unit === 39 || unit === 0x2019) && before === LETTER && classOf(next) === LETTER) at++;
    else if (unit === 46 && before === DIGIT && classOf(next) === DIGIT) at++;
    else if (unit === 44 && before === DIGIT && /^\d{3}(?!\d)/.test(text.slice(at + 1, at + 5))) at++;
    else if (unit === 95 || unit === 94) {
      const end = scriptEnd(text, at);
      if (end === 0) return at;
      at = end;
    } else if (unit === 92 || (unit === 123 && next === 92)) {
      const end = accentEnd(text, unit === 92 ? at : at + 1);
      if (end === 0) return at;
      at = end;
    } else if (unit === 43 && next === 43 && before === LETTER) return at + 2;
    else if (unit === 35 && at === start + 1 && before === LETTER && classOf(next) === 0) return at + 1;
    else return at;
  }
  return at;
}

/** The folded word of a piece of text; '' where nothing is left of it. */
export function foldWord(raw: string): string {
  const lower = raw.toLowerCase();
  if (/^[a-z0-9]+$/.test(lower)) return lower.slice(0, MAX_WORD);
  const suffix = /(?:\+\+|#)$/.exec(lower)?.[0] ?? '';
  const accents = lower.includes('\\') ? lower.replace(/\\(?:[uvhcdk](?=\{)|[^a-z])/g, '') : lower;
  const plain = accents
    .replace(/['’]s$/, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßøłđæœı]/g, (letter) => named[letter]!)
    .replace(/[^\p{L}\p{N}.]/gu, '')
    .replace(/\.$/, '');
  // A letter or two is a symbol (α, β-VAE, μP); more are Greek.
  const spelled =
    plain.length <= 3 ? plain.replace(/[\u0370-\u03ff]/g, (sign) => greek[sign] ?? sign) : plain;
  return spelled === '' ? '' : cutWord(spelled) + suffix;
}

/** Whether a word that begins at `at` may be one that is looked for. */
export type WordFilter = (text: string, at: number) => boolean;

const TABLE = 128;

/** Bit of a word's third letter: 0 to 25, `y` as `i` because stemming does that too; 26 for whatever is no ASCII letter. */
const OTHER_SIGN = 26;
const ANY_SIGN = 2 ** (OTHER_SIGN + 1) - 1;
function thirdBit(unit: number): number {
  if (!isAsciiLetter(unit)) return 1 << OTHER_SIGN;
  const letter = (unit | 32) - 97;
  return 1 << (letter === 24 ? 8 : letter);
}

/**
 * Passes every word whose stem is one of the terms, and few others: by its first two letters, which no stemming changes, and
 * by the third, of which it makes at most an `i`, unless it ends before it.
 */
export function beginningsOf(terms: Iterable<string>): WordFilter {
  const table = new Uint32Array(TABLE * TABLE);
  const bothCases = (unit: number): number[] => (isAsciiLetter(unit) ? [unit, unit ^ 32] : [unit]);
  let all = false;
  for (const term of terms) {
    const [first, second] = [term.charCodeAt(0), term.charCodeAt(1)];
    // What is written otherwise (é, α, LaTeX) may fold to anything.
    if (!(first < TABLE) || !(second < TABLE)) all = true;
    const thirds = term.length < 3 ? ANY_SIGN : thirdBit(term.charCodeAt(2)) | (1 << OTHER_SIGN);
    for (const a of bothCases(first)) for (const b of bothCases(second)) table[a * TABLE + b]! |= thirds;
  }
  return (text, at) => {
    const first = text.charCodeAt(at);
    const second = text.charCodeAt(at + 1);
    if (all || first >= TABLE || !(second < TABLE)) return true;
    // A letter alone, or with a sign behind it that may be part of the word.
    return (
      (table[first * TABLE + second]! & thirdBit(text.charCodeAt(at + 2))) !== 0 || classOf(second) === 0
    );
  };
}

/**
 * Tells `sink` of every token of the text, in order. Linear in its length; any string will do. With a filter words that it
 * doesn't pass may be left out, and places mean nothing.
 */
export function tokenise(text: string, sink: TokenSink, filter?: WordFilter): void {
  let position = 0;
  let at = 0;
  /** null for what is no one word. */
  const emit = (start: number, end: number): string | null => {
    const piece = text.slice(start, end);
    if (UNSPACED.test(piece)) {
      for (const { index, 0: part } of piece.matchAll(SCRIPT_RUNS)) runOf(part, start + index);
      return null;
    }
    const word = foldWord(piece);
    if (word !== '') sink(word, start, end, position++);
    return word;
  };
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (classOf(unit) === 0) {
      if (unit !== 92) at++;
      else if (accentEnd(text, at) > 0) at = chain(at);
      else at = command(at);
    } else at = chain(at);
  }

  /** Chinese and Japanese have no spaces: each character with the next one is a token, which any word of two and more is made of. */
  function runOf(run: string, start: number): void {
    const characters = UNSPACED.test(run) ? [...run] : [run];
    let from = start;
    characters.forEach((character, place) => {
      const next = characters[place + 1] ?? '';
      const word = foldWord(character + next);
      const isLast = next === '' && place > 0;
      if (word !== '' && !isLast) sink(word, from, from + character.length + next.length, position++);
      from += character.length;
    });
  }

  /** A word, or words joined by hyphens. */
  function chain(start: number): number {
    const first = position;
    let from = start;
    let joined = '';
    let parts = 0;
    const isWhole = filter === undefined || filter(text, start);
    let mayJoin = isWhole;
    for (;;) {
      const end = Math.max(wordEnd(text, from), from + 1);
      const word = isWhole || filter(text, from) ? emit(from, end) : '';
      if (word === null) mayJoin = false;
      else joined += word;
      if (word) parts++;
      const isJoined =
        end + 1 < text.length && isHyphen(text.charCodeAt(end)) && classOf(text.charCodeAt(end + 1)) !== 0;
      if (!isJoined) {
        if (mayJoin && parts > 1 && parts <= MAX_COMPOUND_PARTS && joined.length <= MAX_WORD)
          sink(joined, start, end, first);
        return end;
      }
      from = end + 1;
    }
  }

  /** `\alpha` is a word, `\mathcal` is none. */
  function command(backslash: number): number {
    let end = backslash + 1;
    while (end < text.length && isAsciiLetter(text.charCodeAt(end))) end++;
    const name = text.slice(backslash + 1, end);
    if (name === '' || typeCommands.has(name)) return end;
    const script = scriptEnd(text, end);
    const subscript = script === 0 ? '' : foldWord(text.slice(end, script));
    const last = Math.max(script, end);
    sink(cutWord(commandWords.get(name) ?? name.toLowerCase()) + subscript, backslash, last, position++);
    return last;
  }
}

/** All tokens of a text: for queries and short texts. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  tokenise(text, (word, start, end, position) => tokens.push({ word, start, end, position }));
  return tokens;
}
