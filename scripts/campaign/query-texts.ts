import { operatorNames } from '../../src/search/query/operators.js';
import type { Chance } from './random.js';

/** Kinds of text, from what people type to what nobody does. */
export const textKinds = ['grammar', 'mutated', 'random'] as const;
export type TextKind = (typeof textKinds)[number];

const words = [
  'attention',
  'GANs',
  'OR',
  'or',
  'AND',
  'NOT',
  'the',
  'C++',
  'O’Brien',
  "O'Brien",
  '5"disk',
  '-',
  '--',
  '->',
  '&',
  '3',
  '-5',
  'foo:bar',
  'https://arxiv.org/abs/2401.01234',
  'arXiv:2401.01234',
  'doi:10.1/x',
  'title:',
  'Schrödinger',
  'ﬁne',
  '½',
  '注意',
  '🙂',
  'שלום',
  'e\u0301',
  '\u0301',
  '(a',
  'b)',
  'constructor',
  '__proto__',
];

const values = {
  title: words,
  author: words,
  venue: words,
  category: ['cs.LG', 'hep-th', 'cs', 'cs.', '注意'],
  source: ['jsonl', 'SAMPLE', 'nowhere'],
  since: ['30d', '9999Y', '1m', '0d', '10000d', 'd'],
  from: ['2024', '2024-12', '2024-02-29', '2023-02-29', '2024-13', '24'],
  to: ['2024', '0001-01', '2024-01-31', '2024-06-31'],
  has: ['code', 'CODE', 'data'],
  upvotes: ['0', '007', '1000000000', '1000000001', '-1', '1e3'],
  like: ['2401.01234v2', '10.1000/182', 'doi:10.1/x', '-', 't:abc', 'a"b'],
};
const anyValue = Object.values(values).flat();

const quotePairs = ['""', '“”', '„“', '«»', '»«', '”"', '“«', '"“'];
const spaces = [' ', ' ', ' ', '  ', '\t', '\n', '\u00a0', '\u3000', '\0', '\u0085', '\u2028'];

const ranges: readonly (readonly [number, number])[] = [
  [0x00, 0x7f],
  [0x00, 0x24f],
  [0x300, 0x36f],
  [0x590, 0x6ff],
  [0x1100, 0x11ff],
  [0x2000, 0x206f],
  [0x3000, 0x33ff],
  [0xac00, 0xd7a3],
  [0xd800, 0xdfff],
  [0xf900, 0xfdff],
  [0xfe00, 0xffff],
  [0x1d400, 0x1d7ff],
  [0x1f300, 0x1faff],
  [0xe0000, 0xe01ef],
  [0x10000, 0x10ffff],
];

/** Longer than a query may be, now and then. */
const MOST_RANDOM = 540;

export function makeText(kind: TextKind, chance: Chance): string {
  switch (kind) {
    case 'grammar':
      return grammarText(chance);
    case 'mutated':
      return mutate(grammarText(chance), chance);
    case 'random':
      return randomText(chance);
  }
}

function grammarText(chance: Chance): string {
  // Without spaces, which the canonical text then has more of.
  if (chance.next() < 0.01) return '“a”'.repeat(chance.between(100, 175));
  let text = '';
  for (let left = chance.between(0, chance.next() < 0.02 ? 120 : 8); left > 0; left--) {
    text += termText(chance);
    // A closing quote needs no space after it.
    if (chance.next() < 0.9) text += chance.pick(spaces);
    if (chance.next() < 0.2) text += `OR${chance.pick(spaces)}`;
  }
  return text;
}

function termText(chance: Chance): string {
  const hyphen = chance.next() < 0.15 ? '-' : '';
  const kind = chance.between(0, 3);
  if (kind === 0) return `${hyphen}${quoted(chance)}`;
  if (kind === 1) return `${hyphen}${chance.pick(words)}`;
  const name = chance.pick(operatorNames);
  const value =
    kind === 2 ? (chance.next() < 0.5 ? quoted(chance) : chance.pick(anyValue)) : chance.pick(values[name]);
  return `${hyphen}${chance.next() < 0.2 ? name.toUpperCase() : name}:${value}`;
}

function quoted(chance: Chance): string {
  const [open, close] = chance.pick(quotePairs);
  const inner = Array.from({ length: chance.between(0, 3) }, () => chance.pick(anyValue));
  return `${open}${inner.join(chance.pick(spaces))}${close}`;
}

function mutate(text: string, chance: Chance): string {
  const chars = text.split('');
  for (let left = chance.between(1, 5); left > 0 && chars.length > 0; left--) {
    const at = chance.between(0, chars.length - 1);
    const other = chance.between(0, chars.length - 1);
    switch (chance.between(0, 4)) {
      case 0:
        chars.splice(at, 1);
        break;
      case 1:
        chars.splice(at, 0, chars[other]!);
        break;
      case 2:
        [chars[at], chars[other]] = [chars[other]!, chars[at]!];
        break;
      case 3:
        chars.splice(at);
        break;
      default:
        chars.splice(at, 0, randomChar(chance));
    }
  }
  return chars.join('');
}

function randomText(chance: Chance): string {
  const length = chance.between(0, chance.next() < 0.05 ? MOST_RANDOM : 40);
  const syntax = [...'"“”„«»-: ', ' OR ', 'title:', 'like:', 'from:'];
  const signs = chance.next();
  return Array.from({ length }, () =>
    chance.next() < signs ? chance.pick(syntax) : randomChar(chance),
  ).join('');
}

/** Halves of surrogate pairs, NUL, marks and what is not assigned among them. */
function randomChar(chance: Chance): string {
  const [first, last] = chance.pick(ranges);
  return String.fromCodePoint(chance.between(first, last));
}
