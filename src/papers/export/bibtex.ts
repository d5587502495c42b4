import type { Paper } from '../paper.js';
import { familyOf, readName } from '../person-name.js';
import { citationKeys } from './citation-key.js';
import { escapeLatex, latexText, verbatim } from './latex.js';

import { linkOf, publicationKind } from './publication.js';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * A .bib file in UTF-8, for biber or a BibTeX of this century; letters stay as they are. Titles stand in double
 * braces: styles that change case can't know names and acronyms. Days of dates have no field and are left out.
 */
export function toBibtex(papers: readonly Paper[]): string {
  const keys = citationKeys(papers);
  return papers.map((paper, at) => entry(paper, keys[at]!)).join('\n');
}

function entry(paper: Paper, key: string): string {
  const kind = publicationKind(paper);
  const type = kind === 'journal' ? 'article' : kind === 'conference' ? 'inproceedings' : 'misc';
  const link = linkOf(paper);
  const month = months[Number(paper.date?.slice(5, 7)) - 1];
  const fields: [string, string | null | undefined][] = [
    ['title', `{{${latexText(paper.title)}}}`],
    ['author', braced(paper.authors.map(author).filter(Boolean).join(' and '))],
    ['year', braced(paper.date?.slice(0, 4))],
    // Macros of the styles, hence without braces.
    ['month', month],
    [venueField(paper), braced(paper.venue && escapeLatex(paper.venue.replace(/\s+/g, ' ').trim()))],
    ...eprint(paper),
    ['doi', braced(paper.doi && verbatim(paper.doi))],
    ['url', braced(link && verbatim(link))],
    ['keywords', braced(escapeLatex(paper.categories.join(', ')))],
    ['abstract', braced(latexText(paper.abstract))],
  ];
  const lines = fields.filter(([, value]) => value).map(([name, value]) => `  ${name} = ${value},\n`);
  return `@${type}{${key},\n${lines.join('')}}\n`;
}

function braced(value: string | null | undefined): string | null {
  return value ? `{${value}}` : null;
}

function venueField(paper: Paper): string {
  const kind = publicationKind(paper);
  if (kind === 'conference') return 'booktitle';
  return kind === 'journal' ? 'journal' : 'howpublished';
}

/** https://info.arxiv.org/help/hypertex/bibstyles/ */
function eprint({ arxivId, categories }: Paper): [string, string | null][] {
  if (arxivId === null) return [];
  const category = categories.find((name) => /^[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[a-z]+)*)?$/.test(name));
  const primary = category ?? (arxivId.includes('/') ? arxivId.split('/')[0]! : null);
  return [
    ['eprint', braced(verbatim(arxivId))],
    ['archivePrefix', '{arXiv}'],
    ['primaryClass', braced(primary)],
  ];
}

/** `Family, Given` or `Family, Jr., Given`; braces keep together what BibTeX would take apart. */
function author(name: string): string {
  const read = readName(name);
  const { given, suffix, isWhole } = read;
  const parts = [familyOf(read), suffix, given].filter((part) => part !== '').map(escapeLatex);
  if (isWhole || given === '')
    return /[\s,]/.test(name) || isWhole ? `{${parts.join(' ')}}` : parts.join(' ');
  return parts.join(', ');
}
