/** Cleaning that every parser shares: what comes out can be stored, compared and shown. */

/** Longest excerpt in a problem (papers/paper.ts). */
const EXCERPT_LENGTH = 120;

/** Nothing to do for a text of printable ASCII without doubled spaces: nearly all lines. */
const needsCleaning = /[^ -~]| {2}|^ | $/;

/** Control characters (PostgreSQL refuses NUL), bidirectional overrides, byte-order marks, soft hyphens. */
const invisible = /(?![\t\n\v\f\r\x85])[\p{Cc}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** Joiners shape Arabic, Indic and emoji sequences; after anything else they are litter of web pages. */
const strayJoiner = /(^|[ -\u024f\u2000-\u206f\u3000-\u9fff])[\u200c\u200d]+/g;

/** One line: Unicode NFC, no control or zero-width characters, spaces of any kind collapsed, trimmed. */
export function cleanLine(text: string): string {
  if (!needsCleaning.test(text)) return text;
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(invisible, '')
    .replace(strayJoiner, '$1')
    .replace(/[\s\x85]+/g, ' ')
    .trim()
    .normalize('NFC');
}

/** Paragraphs (parted by blank lines) of cleaned lines, joined by one blank line; line breaks inside are spaces. */
export function cleanParagraphs(text: string): string {
  if (!/[\r\n]/.test(text)) return cleanLine(text);
  return text
    .replace(/\r\n?/g, '\n')
    .split(/\n[^\S\n]*\n/)
    .map(cleanLine)
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/** At most `limit` characters, cut between words where there is a space near the end, never inside a character. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit).replace(/[\ud800-\udbff]$/, '');
  const space = cut.lastIndexOf(' ');
  return (space > limit * 0.8 ? cut.slice(0, space) : cut).trimEnd();
}

/** The beginning of a text, for a problem. */
export function excerpt(text: string): string {
  // The excess over the limit is for what cleaning removes.
  const cleaned = cleanLine(text.slice(0, EXCERPT_LENGTH * 4));
  return cleaned.length <= EXCERPT_LENGTH ? cleaned : `${truncate(cleaned, EXCERPT_LENGTH - 1)}…`;
}

/** Lines of any system (`\r\n`, `\n`, `\r`), numbered from 1, until `visit` returns false. */
export function forEachLine(text: string, visit: (line: string, number: number) => boolean): void {
  let start = 0;
  let number = 1;
  const breaks = /\r\n|\r|\n/g;
  for (let found = breaks.exec(text); found; found = breaks.exec(text)) {
    if (!visit(text.slice(start, found.index), number)) return;
    start = breaks.lastIndex;
    number += 1;
  }
  if (start < text.length) visit(text.slice(start), number);
}
