import { parseArxivId } from '../../../papers/paper-id.js';
import { readListingDate } from '../dates.js';
import type { Meta } from './tokens.js';

/** Longest line that is looked at as metadata: an organisation's name, a dot and a date fit. */
const MAX_LENGTH = 240;

/** Most authors a listing's count is believed: the longest author lists of physics hold some 5,000 names. */
const MAX_AUTHORS = 100_000;

const count = '(\\d{1,3}(?:,\\d{3})+|\\d{1,7}(?:\\.\\d{1,2})?[km]?)';
const patterns = {
  authors: new RegExp(`^${count} authors?$`, 'i'),
  upvotes: new RegExp(`^upvotes?:? ?(?:${count}|-)$`, 'i'),
  upvotesAfter: new RegExp(`^(?:▲ ?${count}|${count} (?:upvotes?|likes?))$`, 'i'),
  comments: new RegExp(`^${count} comments?$`, 'i'),
  repository: new RegExp(`^(?:github|code|stars?):? ?${count}$`, 'i'),
  count: new RegExp(`^(?:\\[-\\] ?)?(?:${count}|-)$`, 'i'),
};

/** `1,234`, `3.29k`, `1.2M`. */
export function parseCount(text: string): number {
  const plain = text.replaceAll(',', '').toLowerCase();
  const factor = plain.endsWith('k') ? 1_000 : plain.endsWith('m') ? 1_000_000 : 1;
  return Math.round(Number.parseFloat(plain) * factor);
}

/**
 * What a whole line says about a paper, in order; null where the line, or a part of it, is something else.
 * Parts are separated by dots: `• 8 authors`, `·`, `Some Lab · Published on Oct 4, 2026`.
 */
export function metaOf(line: string): Meta[] | null {
  if (line.length > MAX_LENGTH) return null;
  if (line === '·') return [{ kind: 'dot' }];
  const dotted = line.includes('·');
  const parts = line
    .replace(/^(?:[-*] |\[(?=.*\]$))/, '')
    .replace(/\]$/, '')
    .split(/ ?[·•] ?/)
    .filter((part) => part !== '');
  if (parts.length === 0) return null;
  const found: Meta[] = [];
  for (const [index, part] of parts.entries()) {
    const meta = partOf(part, { dotted, alone: parts.length === 1 });
    if (meta) found.push(meta);
    // Before a dot and a date stands who published it.
    else if (index === 0 && dotted && parts.length > 1 && isName(part)) found.push({ kind: 'organisation' });
    else return null;
  }
  if (
    found[0]?.kind === 'organisation' &&
    !found.some((meta) => meta.kind === 'date' || meta.kind === 'authors')
  )
    return null;
  return dotted ? [{ kind: 'dot' }, ...found] : found;
}

/** `GitHub 3.29k`; null for anything else. */
export function starsOf(text: string): number | null {
  const written = patterns.repository.exec(text)?.[1];
  return written === undefined ? null : parseCount(written);
}

function isName(text: string): boolean {
  return text.length <= 100 && !/[.!?:;]$/.test(text.replace(/\b(?:Inc|Ltd|Co|Corp|al)\.$/, ''));
}

function partOf(part: string, { dotted, alone }: { dotted: boolean; alone: boolean }): Meta | null {
  const authors = patterns.authors.exec(part);
  if (authors) {
    const value = parseCount(authors[1]!);
    return value <= MAX_AUTHORS ? { kind: 'authors', count: value } : null;
  }
  const upvotes = patterns.upvotes.exec(part) ?? patterns.upvotesAfter.exec(part);
  if (upvotes) {
    const value = upvotes[1] ?? upvotes[2];
    return { kind: 'upvotes', value: value === undefined ? null : parseCount(value) };
  }
  const comments = patterns.comments.exec(part);
  if (comments) return { kind: 'comments', value: parseCount(comments[1]!) };
  const stars = starsOf(part);
  if (stars !== null) return { kind: 'repository', stars };
  const number = patterns.count.exec(part);
  if (number) {
    const value = number[1] === undefined ? null : parseCount(number[1]);
    if (alone) return { kind: 'count', value };
    return value === null ? null : { kind: 'comments', value };
  }
  if (/^arxiv ?:/i.test(part)) {
    const arxiv = parseArxivId(part);
    return arxiv ? { kind: 'link', arxiv } : null;
  }
  return dateOf(part, dotted);
}

function dateOf(part: string, dotted: boolean): Meta | null {
  const bare = part.replace(/^published(?: on)?:? /i, '');
  const read = readListingDate(bare);
  if (!read) return null;
  const number = patterns.count.exec(read.rest);
  if (read.rest !== '' && number?.[1] === undefined) return null;
  return {
    kind: 'date',
    date: read.date,
    comments: number?.[1] === undefined ? null : parseCount(number[1]),
    dotted: dotted || bare.length < part.length,
  };
}
