import type { ParsedEntry, SourceName } from '../../papers/paper.js';
import { parseArxivId } from '../../papers/paper-id.js';
import { parsePartialDate } from './dates.js';
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
      ? (own('author') as unknown[]).map(nameOf)
      : (own('author') ?? own('authors')),
    author: undefined,
    date: dateOf(own('issued')) ?? own('date'),
    venue: typeof venue === 'string' && !/^(?:arxiv|corr)\b/i.test(venue) ? venue : own('venue'),
    url: own('URL') ?? own('url'),
    arxiv_id: own('arxiv_id') ?? arxivOf(text),
  };
}

/** As people show it; what isn't a name stays as it is, for the reader to complain of. */
function nameOf(name: unknown): unknown {
  if (typeof name !== 'object' || name === null || Array.isArray(name)) return name;
  const part = (key: string): string => {
    const value = Object.hasOwn(name, key) ? (name as JsonObject)[key] : '';
    return typeof value === 'string' ? value.trim() : '';
  };
  if (part('literal') !== '') return part('literal');
  const keys = ['given', 'dropping-particle', 'non-dropping-particle', 'family', 'suffix'];
  return (
    keys
      .map(part)
      .filter((word) => word !== '')
      .join(' ') || name
  );
}

/** `{"date-parts": [[2020, 5, 1]]}`, with numbers or texts; `raw` and `literal` are what people typed. */
function dateOf(issued: unknown): unknown {
  if (typeof issued !== 'object' || issued === null) return issued ?? undefined;
  const { 'date-parts': dateParts, raw, literal } = issued as JsonObject;
  const parts: unknown = Array.isArray(dateParts) ? dateParts[0] : undefined;
  if (Array.isArray(parts) && parts.length > 0 && parts[0] !== null) {
    const numbers = parts.slice(0, 3);
    if (!numbers.every((part) => typeof part === 'number' || typeof part === 'string')) return undefined;
    return parsePartialDate(numbers.join('-')) ?? numbers[0];
  }
  for (const typed of [raw, literal]) if (typeof typed === 'string' && typed.trim() !== '') return typed;
  return undefined;
}

function arxivOf(text: (key: string) => string): string {
  const archived = /^arxiv$/i.test(text('archive')) ? [text('archive_location'), text('number')] : [];
  const named = [text('number'), text('note'), text('URL')].filter((value) => /arxiv/i.test(value));
  return [...archived, ...named].find((candidate) => parseArxivId(candidate) !== null) ?? '';
}
