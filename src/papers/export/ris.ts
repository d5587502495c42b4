import type { Paper } from '../paper.js';
import { familyOf, readName } from '../person-name.js';

import { linkOf, publicationKind } from './publication.js';

const types = { journal: 'JOUR', conference: 'CONF', preprint: 'UNPB', unknown: 'GEN' } as const;

/**
 * RIS in UTF-8, CRLF after every line (https://en.wikipedia.org/wiki/RIS_(file_format)). No ID: it is the reader's
 * own number. The arXiv id stands in AN (accession number), as RIS has no tag for it.
 */
export function toRis(papers: readonly Paper[]): string {
  return papers.map(reference).join('');
}

function reference(paper: Paper): string {
  const kind = publicationKind(paper);
  const venue = kind === 'unknown' ? null : paper.venue;
  const fields: [string, string | null][] = [
    ['TY', types[kind]],
    ['TI', paper.title],
    ...paper.authors.map((name): [string, string] => ['AU', author(name)]),
    ['PY', paper.date?.slice(0, 4) ?? null],
    ['DA', paper.date === null ? null : slashedDate(paper.date)],
    ['JO', kind === 'journal' ? listValue(paper.venue ?? '') : null],
    ['T2', listValue(venue ?? '')],
    ['DO', paper.doi],
    ['AN', paper.arxivId === null ? null : `arXiv:${paper.arxivId}`],
    ['UR', linkOf(paper)],
    ...paper.categories.map((category): [string, string] => ['KW', listValue(category)]),
    ['AB', paper.abstract],
  ];
  const lines = fields
    .map(([tag, value]) => [tag, flat(value ?? '')] as const)
    .filter(([, value]) => value !== '')
    .map(([tag, value]) => `${tag}  - ${value}\r\n`);
  // The space after the last dash is part of the tag.
  return `${lines.join('')}ER  - \r\n`;
}

/** `YYYY/MM/DD/other`: the slashes stay where parts are missing. */
function slashedDate(date: string): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return `${year}/${month}/${day}/`;
}

/** `Family, Given, Suffix`; a name that is one has no comma, as readers split there. */
function author(name: string): string {
  const read = readName(listValue(name));
  const { given, suffix, isWhole } = read;
  const family = familyOf(read);
  if (isWhole) return family.replace(/\s*,\s*/g, ' ');
  const parts = suffix === '' ? [family, given] : [family, given, suffix];
  return parts.join(', ').replace(/, $/, '');
}

/** Names, keywords and venues may not hold the asterisk. */
function listValue(value: string): string {
  return value.replaceAll('*', '');
}

/** One line for any reader: some end lines at form feeds and U+2028 too. */
function flat(value: string): string {
  return value.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
