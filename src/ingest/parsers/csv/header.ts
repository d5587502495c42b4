import { parseCells } from './cells.js';

export interface CsvHeader {
  delimiter: string;
  /** By column: its name in `parseJsonPaper`; null for one that isn't read. */
  fields: readonly (string | null)[];
}

/** Beyond this a first line is text. */
const MAX_HEADER_LENGTH = 10_000;

/** The keys of JSON lines, without case, spaces and underscores. */
const ours =
  'title abstract summary authors author author_count date published publication_date published_at year venue url id arxiv_id doi categories upvotes comments num_comments github_stars stars citation_count updated';

const names = new Map([
  ...ours.split(' ').map((name) => [plain(name), name] as const),
  // What Zotero, Scopus and Google Scholar's helpers call them.
  ...Object.entries({
    abstractnote: 'abstract',
    publicationyear: 'year',
    publicationtitle: 'venue',
    sourcetitle: 'venue',
    journal: 'venue',
    link: 'url',
    citedby: 'citation_count',
    arxiv: 'arxiv_id',
  }),
]);

/**
 * A header that names a title, with comma, semicolon or tab between its names, whichever shows most names that are
 * known; null for any other line.
 */
export function readHeader(line: string): CsvHeader | null {
  if (line.length > MAX_HEADER_LENGTH) return null;
  let best: { header: CsvHeader; known: number } | null = null;
  for (const delimiter of [',', ';', '\t']) {
    const cells = parseCells(line, delimiter);
    if (cells === null) continue;
    const fields = cells.map((cell) => names.get(plain(cell)) ?? null);
    const known = fields.filter((field) => field !== null).length;
    if (fields.includes('title') && known > (best?.known ?? 0))
      best = { header: { delimiter, fields }, known };
  }
  return best?.header ?? null;
}

/** `sep=;`, which Excel reads and leaves out. */
export function isDelimiterLine(line: string): boolean {
  return /^sep=[,;\t]\s*$/i.test(line);
}

/** True for a text that begins with a header of at least two known names. */
export function isCsv(text: string): boolean {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/, 12);
  const first = lines.find((line) => line.trim() !== '' && !isDelimiterLine(line));
  const fields = readHeader(first ?? '')?.fields ?? [];
  return fields.filter((field) => field !== null).length >= 2;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}
