import type { Paper } from '../paper.js';
import { linkOf } from './publication.js';

const columns: readonly [string, (paper: Paper) => string | number | null][] = [
  ['id', (paper) => (paper.id === paper.arxivId ? `arXiv:${paper.id}` : paper.id)],
  ['title', (paper) => paper.title],
  ['authors', (paper) => paper.authors.join('; ')],
  ['date', (paper) => paper.date],
  ['venue', (paper) => paper.venue],
  ['doi', (paper) => paper.doi],
  // With its prefix, because spreadsheets read 2401.01230 as a number and drop the last digit.
  ['arxiv_id', (paper) => (paper.arxivId === null ? null : `arXiv:${paper.arxivId}`)],
  ['url', linkOf],
  ['categories', (paper) => paper.categories.join('; ')],
  ['abstract', (paper) => paper.abstract],
];

/** Also the full-width signs, and behind spaces: some spreadsheets take both for formulas. */
const formula = /^'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/;

/** A cell's value without the apostrophe that `toCsv` puts in front. */
export function withoutFormulaGuard(cell: string): string {
  return cell.startsWith("'") && formula.test(cell.slice(1)) ? cell.slice(1) : cell;
}

/**
 * CSV as in RFC 4180, with a header. It begins with a byte-order mark: Excel reads the file in the local code page
 * without one, and programs have the JSON API. A value that a spreadsheet could run as a formula gets an apostrophe
 * in front (https://owasp.org/www-community/attacks/CSV_Injection), and so does one that would then look like that,
 * so taking off one apostrophe before such a sign always gives the value back.
 */
export function toCsv(papers: readonly Paper[]): string {
  const rows = papers.map((paper) => columns.map(([, value]) => cell(value(paper))));
  return `\ufeff${[columns.map(([name]) => name), ...rows].map((row) => `${row.join(',')}\r\n`).join('')}`;
}

function cell(value: string | number | null): string {
  const text = String(value ?? '');
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
