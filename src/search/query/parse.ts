import type { Condition, Query, Span, Term } from './ast.js';
import { expectedValues, isOperatorName, type OperatorValue, readOperator } from './operators.js';
import { printQuery } from './print.js';
import {
  closingQuotes,
  hasLetterOrDigit,
  isSpace,
  MAX_QUERY_LENGTH,
  type QueryText,
  queryError,
  quoteInMessage,
  readQueryText,
  tidyPhrase,
  tooLong,
} from './query-text.js';

/** A query that is being read, from left to right. */
interface Reader extends QueryText {
  at: number;
}

/** `OR` as a word of its own stands between terms; a group is made of them afterwards. */
type Piece = Term | { kind: 'OR'; span: Span };

/** What can't be excluded, and what does that instead. */
const insteadOfExcluded = {
  since: 'to:2024-03-01 finds what was published until that day',
  from: 'to:2024-03-01 finds what was published until that day',
  to: 'from:2024-03-01 finds what was published from that day on',
} as const;

const outsideGroups: Partial<Record<Term['kind'], string>> = {
  not: 'an exclusion',
  like: 'like:',
  since: 'a date',
  from: 'a date',
  to: 'a date',
};

/**
 * Reads what a person typed. White space alone is a query without terms.
 * @throws AppError invalid_query that says what is wrong at which character, and no other error
 */
export function parseQuery(text: string): Query {
  const reader: Reader = { ...readQueryText(text), at: 0 };
  const query = { terms: joinGroups(readPieces(reader)) };
  // A space after a closing quote may have been left out: the canonical text has to be a query, too.
  if ([...printQuery(query)].length > MAX_QUERY_LENGTH)
    throw tooLong(reader.spanOf(0, reader.chars.length), ' with a space after every closing quote');
  return query;
}

function readPieces(reader: Reader): Piece[] {
  const pieces: Piece[] = [];
  for (;;) {
    skipWhile(reader, isSpace);
    if (reader.at >= reader.chars.length) return pieces;
    pieces.push(readPiece(reader));
    // A hyphen right behind a quote joins words and excludes none: “state of the art”-based.
    if (closingQuotes(reader.chars[reader.at - 1]) !== null) skipWhile(reader, (char) => char === '-');
  }
}

function skipWhile(reader: Reader, test: (char: string) => boolean): void {
  while (reader.at < reader.chars.length && test(reader.chars[reader.at]!)) reader.at += 1;
}

function readPiece(reader: Reader): Piece {
  const { at: start, chars } = reader;
  if (chars[start] === '-') return readHyphen(reader);
  const term = readPlain(reader);
  return term.kind === 'word' && term.text === 'OR' ? { kind: 'OR', span: term.span } : term;
}

/** An exclusion, or a word that happens to begin with a hyphen: `-`, `--verbose`, `->`. */
function readHyphen(reader: Reader): Term {
  const { chars, at: start } = reader;
  const quoted = closingQuotes(chars[start + 1]) !== null;
  const run = chars.slice(start, endOfRun(reader)).join('');
  if (run.startsWith('--') || !(quoted || hasLetterOrDigit(run))) return readWord(reader);
  reader.at += 1;
  const term = readPlain(reader);
  const span = reader.spanOf(start, reader.at);
  switch (term.kind) {
    case 'since':
    case 'from':
    case 'to':
      throw queryError(span, `${term.kind}: can’t be excluded; ${insteadOfExcluded[term.kind]}`);
    case 'like':
      return { ...term, negative: true, span };
    default:
      return { kind: 'not', term, span };
  }
}

type PlainTerm = Exclude<Term, { kind: 'not' | 'or' }>;

/** A term without a hyphen before it. */
function readPlain(reader: Reader): PlainTerm {
  const { chars, at: start } = reader;
  if (closingQuotes(chars[start]) !== null) {
    const text = readQuoted(reader);
    return { kind: 'phrase', text, span: reader.spanOf(start, reader.at) };
  }
  const run = chars.slice(start, endOfRun(reader)).join('');
  const [name = ''] = /^[a-z]+(?=:.)/iu.exec(run) ?? [];
  const operator = name.toLowerCase();
  if (!isOperatorName(operator)) return readWord(reader);
  reader.at += name.length + 1;
  const valueAt = reader.at;
  const value = readValue(reader);
  const term = readOperator(operator, value, reader.spanOf(start, reader.at));
  if (term !== null) return term;
  throw queryError(
    reader.spanOf(valueAt, reader.at),
    `expected ${expectedValues[operator]} after ${operator}:, not ${quoteInMessage(value.text)}`,
  );
}

function readValue(reader: Reader): OperatorValue {
  if (closingQuotes(reader.chars[reader.at]) !== null) return { text: readQuoted(reader), quoted: true };
  return { text: readWord(reader).text, quoted: false };
}

/** The text between quotes. */
function readQuoted(reader: Reader): string {
  const { chars, at: start } = reader;
  const closing = closingQuotes(chars[start])!;
  const end = chars.findIndex((char, i) => i > start && closing.includes(char));
  if (end === -1) throw queryError(reader.spanOf(start, start + 1), 'this quote is not closed');
  reader.at = end + 1;
  const text = tidyPhrase(chars.slice(start + 1, end).join(''));
  if (!hasLetterOrDigit(text))
    throw queryError(reader.spanOf(start, end + 1), 'expected a letter or digit between the quotes');
  return text;
}

/** All up to the next white space. */
function readWord(reader: Reader): Extract<Term, { kind: 'word' }> {
  const { at: start } = reader;
  reader.at = endOfRun(reader);
  const text = reader.chars.slice(start, reader.at).join('');
  return { kind: 'word', text, span: reader.spanOf(start, reader.at) };
}

function endOfRun({ chars, at }: Reader): number {
  let end = at;
  while (end < chars.length && !isSpace(chars[end]!)) end += 1;
  return end;
}

/** Makes groups of terms with `OR` between them: it binds tighter than a space. */
function joinGroups(pieces: readonly Piece[]): Term[] {
  const terms: Term[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const first = pieces[i]!;
    if (first.kind === 'OR') throw queryError(first.span, 'expected a word, phrase or operator before OR');
    if (pieces[i + 1]?.kind !== 'OR') {
      terms.push(first);
      continue;
    }
    const group = [operand(first)];
    for (; pieces[i + 1]?.kind === 'OR'; i += 2) {
      const next = pieces[i + 2];
      if (next === undefined || next.kind === 'OR')
        throw queryError((next ?? pieces[i + 1]!).span, 'expected a word, phrase or operator after OR');
      group.push(operand(next));
    }
    const span = { start: group[0]!.span.start, end: group.at(-1)!.span.end };
    terms.push({ kind: 'or', terms: group, span });
  }
  return terms;
}

function operand(term: Term): Condition {
  const what = outsideGroups[term.kind];
  if (what !== undefined) throw queryError(term.span, `${what} can’t stand beside OR`);
  if (term.kind === 'word' && !hasLetterOrDigit(term.text))
    throw queryError(
      term.span,
      `expected a letter or digit beside OR, not only ${quoteInMessage(term.text)}`,
    );
  return term as Condition;
}
