import { foldLetters } from '../name-words.js';
import type { Paper } from '../paper.js';
import { familyOf, readName } from '../person-name.js';

const MAX_FAMILY_LENGTH = 40;
const MAX_WORD_LENGTH = 30;

/** Words that start titles without telling them apart. */
const insignificant = new Set(
  `a an the on of for in to with and or from by at as via towards toward is are do does can how what when why which
  der die das ein eine zur zum le la les un une des el los de del`.split(/\s+/),
);

/**
 * One key a paper, in their order: `vaswani2017attention`, ASCII letters and digits. Papers that would share a key
 * get a, b, … in the order of their ids, so that the order of the list doesn't change keys.
 */
export function citationKeys(papers: readonly Paper[]): string[] {
  const bases = papers.map(baseKey);
  const members = new Map<string, number[]>();
  for (const [at, base] of bases.entries()) {
    const of = members.get(base);
    if (of) of.push(at);
    else members.set(base, [at]);
  }
  const keys = [...bases];
  const taken = new Set([...members].filter(([, of]) => of.length === 1).map(([base]) => base));
  for (const [base, of] of [...members].sort(([a], [b]) => compare(a, b))) {
    if (of.length === 1) continue;
    let count = 0;
    for (const at of of.sort((a, b) => compare(papers[a]!.id, papers[b]!.id))) {
      do keys[at] = base + alphabetic(count++);
      while (taken.has(keys[at]!));
      taken.add(keys[at]!);
    }
  }
  return keys;
}

function baseKey(paper: Paper): string {
  const author = paper.authors.find((name) => name.trim() !== '');
  const family = author === undefined ? '' : ascii(familyOf(readName(author))).slice(0, MAX_FAMILY_LENGTH);
  const word = significantWord(paper.title).slice(0, MAX_WORD_LENGTH);
  if (family === '' && word === '') return `paper${ascii(paper.id)}`;
  return `${family || 'anon'}${paper.date?.slice(0, 4) ?? ''}${word}`;
}

function significantWord(title: string): string {
  const words = title
    .replace(/\\(?:math|text|operatorname)[a-z]*/g, ' ')
    .split(/[^\p{L}\p{M}\p{N}'’\-‐]+/u)
    .map(ascii)
    .filter((word) => word !== '');
  return words.find((word) => !insignificant.has(word)) ?? words[0] ?? '';
}

function ascii(text: string): string {
  return foldLetters(text).replace(/[^a-z0-9]+/g, '');
}

/** a, b, …, z, aa, ab, … for 0, 1, … */
function alphabetic(count: number): string {
  const last = String.fromCharCode(97 + (count % 26));
  return count < 26 ? last : alphabetic(Math.floor(count / 26) - 1) + last;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
