import { foldWords } from './fold.js';

/**
 * Copies of one title that people and services write differently: “(panel session)” behind it, “Tutorial:” before it, a slip in a word, a word
 * more or less, spaces in a name. It is for papers by the same people of the same year; by itself it proves nothing.
 */

/** What a programme adds to a title: kind of talk, length of text. */
const KINDS =
  'panel|tutorial|abstract|demo|demonstration|keynote|invited|poster|session|talk|paper|extended|short|industrial|summary|preprint|review';
const inBrackets = new RegExp(`[([][^()[\\]]{0,60}\\b(?:${KINDS})s?\\b[^()[\\]]{0,60}[)\\]]`, 'gi');
const before = new RegExp(`^\\s*(?:(?:${KINDS})\\s*){1,3}[:.]\\s*`, 'i');
const behind =
  /\s+[-–—:]\s*(?:book review|(?:extended )?abstract|invited (?:talk|paper)|guest editorial)\s*$/i;

/** Words without which a title says the same. */
const small = new Set(
  'a an the of on for in and or to with by from at is are its as via using into'.split(' '),
);

/** Share of words that both have, of the mean length, from which two titles are near: two words of ten may differ. */
const NEAR = 0.8;

/** Letters of a word in which one slip is no other word. */
const SLIP_LENGTH = 4;

/** Stems that make it another paper: numbers, Roman ones too, and what is said of a paper. */
const telling =
  /\d|^(?:i|ii|iii|iv|v|vi|vii|viii|ix|x|erratum|errata|corrigendum|retract|comment|repli|respons|rejoind)$/;

/** A title as `isNearTitle` compares it. */
export function titleWords(title: string): string[] {
  const bare = title.replace(inBrackets, ' ').replace(before, '').replace(behind, '');
  return foldWords(bare).filter((word) => !small.has(word));
}

/** Whether two titles may be copies of one. Numbers must agree: part 1 is not part 2, and an erratum not the paper. */
export function isNearTitle(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return false;
  if (a.join('') === b.join('')) return true;
  const left = [...b];
  let shared = 0;
  for (const word of a) {
    const exact = left.indexOf(word);
    const at = exact >= 0 ? exact : left.findIndex((other) => isSlip(word, other));
    if (at < 0) continue;
    left.splice(at, 1);
    shared += 1;
  }
  const tells = (words: readonly string[]): string =>
    words
      .filter((word) => telling.test(word))
      .sort()
      .join(' ');
  return tells(a) === tells(b) && (2 * shared) / (a.length + b.length) >= NEAR;
}

/** One letter more, less or other, or two neighbours exchanged. */
function isSlip(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < SLIP_LENGTH || Math.abs(a.length - b.length) > 1) return false;
  let from = 0;
  while (from < a.length && a[from] === b[from]) from += 1;
  const [restA, restB] = [a.slice(from), b.slice(from)];
  return (
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    restA.slice(1) === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  );
}
