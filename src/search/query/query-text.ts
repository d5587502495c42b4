import { AppError } from '../../platform/errors.js';
import type { Span } from './ast.js';

/** Longest query, in code points. */
export const MAX_QUERY_LENGTH = 512;

/** Longest part of a query that an error or a hint repeats. */
const MAX_QUOTED = 60;

/** A query in NFKC, and where each of its characters was typed. */
export interface QueryText {
  /** Code points. */
  chars: readonly string[];
  /** What was typed for the characters `start` (inclusive) to `end` (exclusive): at least one. */
  spanOf(start: number, end: number): Span;
}

/** What may join what is before it in NFKC: marks, and vowels and finals of Korean and of Kirat Rai. */
const joins = /^[\p{M}\u1160-\u11ff\u{16d63}-\u{16d6a}]/u;

const doubleQuotes = '"“”„';
const guillemets = '«»';
const anyQuote = /["“”„«»]/g;

/** @throws AppError invalid_query where the text is too long, as typed or in NFKC */
export function readQueryText(text: string): QueryText {
  // Databases and JSON take no half of a surrogate pair. What is far too long isn't worth the work.
  const typed = [...text.slice(0, 2 * MAX_QUERY_LENGTH + 2).toWellFormed()];
  if (typed.length > MAX_QUERY_LENGTH) throw tooLong({ start: MAX_QUERY_LENGTH, end: typed.length }, '');
  const chars: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  for (let start = 0, end = 1; start < typed.length; start = end, end += 1) {
    while (end < typed.length && joins.test(typed[end]!.normalize('NFKD'))) end += 1;
    const piece = typed.slice(start, end).join('');
    const normal = piece.normalize('NFKC');
    for (const [i, char] of [...normal].entries()) {
      chars.push(char);
      // A piece that stays as it is may yet hold a colon and a mark, and an error is at one of them.
      starts.push(normal === piece ? start + i : start);
      ends.push(normal === piece ? start + i + 1 : end);
    }
  }
  const spanOf = (start: number, end: number): Span => ({ start: starts[start]!, end: ends[end - 1]! });
  if (chars.length > MAX_QUERY_LENGTH)
    throw tooLong(
      spanOf(MAX_QUERY_LENGTH, chars.length),
      ' once its characters are brought to one form (Unicode’s NFKC)',
    );
  return { chars, spanOf };
}

export function tooLong(span: Span, when: string): AppError {
  return queryError(span, `longer than ${MAX_QUERY_LENGTH} characters${when}`);
}

/** An error that says where: `q, character 14: …`. */
export function queryError({ start, end }: Span, message: string): AppError {
  return new AppError('invalid_query', `q, character ${start + 1}: ${message}.`, {
    details: { field: 'q', position: start + 1, length: end - start },
  });
}

export function isSpace(char: string): boolean {
  return /^[\s\p{Cc}]$/u.test(char);
}

export function hasLetterOrDigit(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** The quotes that close what this one opens; null where it is no quote. */
export function closingQuotes(char: string | undefined): string | null {
  if (char === undefined) return null;
  return [doubleQuotes, guillemets].find((quotes) => quotes.includes(char)) ?? null;
}

/** What stands between quotes, on one line. Quotes of another kind inside would end it where it is written again. */
export function tidyPhrase(text: string): string {
  return tidySpaces(text.replace(anyQuote, ' '));
}

export function tidySpaces(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

/** A part of a query within a message, in quotes of its own. */
export function quoteInMessage(text: string): string {
  const chars = [...text];
  return `“${chars.length > MAX_QUOTED ? `${chars.slice(0, MAX_QUOTED).join('')}…` : text}”`;
}
