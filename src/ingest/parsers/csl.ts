import type { ParsedEntry, SourceName } from '../../papers/paper.js';
import { parseArxivId } from '../../papers/paper-id.js';
import { cslDate, cslName } from './csl-fields.js';
import type { JsonObject } from './json-fields.js';
import { paperOf, parseJsonObject } from './jsonl.js';

/**
 * One item of CSL JSON (Zotero's export, https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html) as a paper,
 * with problems as of `parseJsonPaper`. Names that only our own JSON lines use are read too.
 */
export function parseCslItem(
  text: string,
  line: number,
  { source = 'csl' }: { source?: SourceName | undefined } = {},
): ParsedEntry[] {
  const read = parseJsonObject(text, line);
  return 'problem' in read ? [read.problem] : paperOf(fromCsl(read.object), { line, text, source });
}

function fromCsl(item: JsonObject): JsonObject {
  const own = (key: string): unknown => (Object.hasOwn(item, key) ? item[key] : undefined);
  const text = (key: string): string => {
    const value = own(key);
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  };
  // Crossref has lists there.
  const first = (key: string): unknown => (Array.isArray(own(key)) ? (own(key) as unknown[])[0] : own(key));
  const venue = first('container-title');
  return {
    ...item,
    title: first('title'),
    authors: Array.isArray(own('author'))
      ? (own('author') as unknown[]).map(cslName)
      : (own('author') ?? own('authors')),
    author: undefined,
    date: cslDate(own('issued')) ?? own('date'),
    venue: typeof venue === 'string' && !/^(?:arxiv|corr)\b/i.test(venue) ? venue : own('venue'),
    url: own('URL') ?? own('url'),
    arxiv_id: own('arxiv_id') ?? arxivOf(text),
  };
}

function arxivOf(text: (key: string) => string): string {
  const archived = /^arxiv$/i.test(text('archive')) ? [text('archive_location'), text('number')] : [];
  const named = [text('number'), text('note'), text('URL')].filter((value) => /arxiv/i.test(value));
  return [...archived, ...named].find((candidate) => parseArxivId(candidate) !== null) ?? '';
}
