import type { Query, Term } from './ast.js';
import { isOperatorName } from './operators.js';
import { quoteInMessage } from './query-text.js';

/** What a colon follows in addresses and ids, which nobody takes for an operator. */
const schemes = ['http', 'https', 'ftp', 'arxiv', 'doi'];

/** Words that other searches know as operators. */
const foreignOperators: ReadonlyMap<string, string> = new Map([
  ['AND', 'a space alone joins conditions'],
  ['NOT', 'a hyphen right before a word excludes it'],
]);

/** A sentence for each plain word that looks like an operator. */
export function hintsOf({ terms }: Query): string[] {
  const words = terms.flatMap(wordsOf);
  // Whoever types a title in upper case means no operators.
  const isShouted = !words.some((word) => /\p{Ll}/u.test(word));
  const hints = words.map((word) => hintOf(word, isShouted)).filter((hint) => hint !== null);
  const isBracketed = (word: string) => /^\(\S|\S\)$/.test(word);
  if (terms.some((term) => term.kind === 'or' && wordsOf(term).some(isBracketed)))
    hints.push('Brackets were read as parts of words: OR joins only what stands right beside it.');
  return [...new Set(hints)];
}

function wordsOf(term: Term): string[] {
  switch (term.kind) {
    case 'word':
      return [term.text];
    case 'not':
      return wordsOf(term.term);
    case 'or':
      return term.terms.flatMap(wordsOf);
    default:
      return [];
  }
}

function hintOf(word: string, isShouted: boolean): string | null {
  const shown = quoteInMessage(word);
  const foreign = isShouted ? undefined : foreignOperators.get(word);
  if (foreign !== undefined) return `${shown} was read as a word: ${foreign}.`;
  if (word === '-') return `${shown} was read as a word: an exclusion has no space behind its hyphen.`;
  if (/^--[\p{L}\p{N}]/u.test(word))
    return `${shown} was read as words: an exclusion begins with one hyphen alone.`;
  const [, name, value] = /^([a-z]+):(.*)$/iu.exec(word) ?? [];
  if (name === undefined) return null;
  const known = isOperatorName(name.toLowerCase());
  if (known && value === '')
    return `${shown} was read as a word: the value of ${name.toLowerCase()}: follows its colon without a space.`;
  if (known || value === '' || schemes.includes(name.toLowerCase())) return null;
  return `${shown} was read as words: there is no operator “${name.toLowerCase()}:”.`;
}
