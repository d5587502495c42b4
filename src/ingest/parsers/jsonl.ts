import type { PaperRecord, ParsedEntry, SourceName } from '../../papers/paper.js';
import { readDialect } from './dialects/dialects.js';
import {
  authorsOf,
  type Complain,
  categoriesOf,
  countOf,
  dateOf,
  idsOf,
  type JsonObject,
  lineOf,
  paragraphsOf,
  present,
  textOf,
  urlOf,
  venueOf,
} from './json-fields.js';
import { limitRecord } from './record.js';
import { excerpt } from './text.js';

export interface JsonlOptions {
  source?: SourceName | undefined;
}

/**
 * One JSON object as a paper, and a problem for each field that had to be left out; one problem and no paper
 * where it isn't JSON, no object, has no title, was withdrawn, or is a service's word that something went wrong. Objects
 * of Hugging Face, Semantic Scholar, OpenAlex, Crossref and arXiv are known by their shape (`dialects/`). Keys of ours: `title`; `abstract` or `summary`; `authors`;
 * `author_count`; `date`, `published`, `publication_date` or `year`; `venue`; `url`; `id`, `arxiv_id`, `doi`;
 * `categories`; `upvotes`; `comments` or `num_comments`; `githubStars`, `github_stars` or `stars`; `citationCount` or
 * `citation_count`; `updated`. Other keys are ignored.
 */
export function parseJsonPaper(text: string, line: number, options: JsonlOptions = {}): ParsedEntry[] {
  const read = parseJsonObject(text, line);
  if ('problem' in read) return [read.problem];
  return paperFromJson(read.object, { line, text, source: options.source });
}

/** As `parseJsonPaper`, of what has been parsed already; `text` is what it was read from, for the problems. */
export function paperFromJson(
  object: JsonObject,
  { line, text, source }: { line: number; text: string; source?: SourceName | undefined },
): ParsedEntry[] {
  const found = isOurs(object) ? null : readDialect(object);
  if (!found) return paperOf(object, { line, text, source: source ?? (isOurs(object) ? 'sample' : 'jsonl') });
  if ('refused' in found.reading)
    return [{ kind: 'problem', problem: { line, reason: found.reading.refused, excerpt: excerpt(text) } }];
  return paperOf(found.reading.paper, { line, text, source: source ?? found.source });
}

/** The object of a JSON text, or why there is none. */
export function parseJsonObject(
  text: string,
  line: number,
): { object: JsonObject } | { problem: ParsedEntry } {
  const problem = (reason: string): { problem: ParsedEntry } => ({
    problem: { kind: 'problem', problem: { line, reason, excerpt: excerpt(text) } },
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return problem(`this is not valid JSON: ${jsonError(error)}; expected one object a line`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return problem(`expected a JSON object with a title, found ${kindOf(value)}`);
  return { object: value as JsonObject };
}

/**
 * A paper from the fields of `parseJsonPaper`, whatever they were read from, and a problem for each that had to be
 * left out; only a problem where there is no title. `text` is what they were read from, for the problems.
 */
export function paperOf(
  object: JsonObject,
  { line, text, source }: { line: number; text: string; source: SourceName },
): ParsedEntry[] {
  const problem = (reason: string): ParsedEntry => ({
    kind: 'problem',
    problem: { line, reason, excerpt: excerpt(text) },
  });
  const entries: ParsedEntry[] = [];
  const complain: Complain = (field, expected, found) => {
    entries.push(
      problem(
        `"${field}" was ignored: expected ${expected}, found ${excerpt(JSON.stringify(found) ?? 'nothing')}`,
      ),
    );
  };
  const [, rawTitle] = present(object, ['title'])[0] ?? [];
  if (rawTitle === undefined) return [problem('"title" is missing: expected a text')];
  if (typeof rawTitle !== 'string') return [problem(`"title" must be a text, found ${kindOf(rawTitle)}`)];
  const title = lineOf(rawTitle);
  if (title === '') return [problem('"title" holds no visible characters: expected a text')];
  const limited = limitRecord(recordOf(object, { title, source, complain }), line);
  return [
    { kind: 'paper', line, record: limited.record },
    ...entries,
    ...limited.problems.map((found): ParsedEntry => ({ kind: 'problem', problem: found })),
  ];
}

function recordOf(
  object: JsonObject,
  { title, source, complain }: { title: string; source: SourceName; complain: Complain },
): PaperRecord {
  const url = urlOf(object, complain);
  const record: PaperRecord = {
    source,
    title,
    abstract: paragraphsOf(textOf(object, ['abstract', 'summary'], complain) ?? ''),
    ...idsOf(object, url, complain),
  };
  const authors = authorsOf(object, complain);
  const count = countOf(object, ['author_count', 'authorCount'], complain) ?? authors?.count;
  set(record, 'authors', authors?.names);
  set(record, 'authorCount', count);
  if (authors?.isWhole === false && count === undefined) record.hasMoreAuthors = true;
  set(record, 'date', dateOf(object, dateKeys, complain));
  set(record, 'venue', venueOf(object, complain));
  set(record, 'url', url);
  set(record, 'categories', categoriesOf(object, complain));
  set(record, 'upvotes', countOf(object, ['upvotes'], complain));
  set(record, 'comments', countOf(object, ['num_comments', 'numComments', 'comments'], complain));
  set(record, 'stars', countOf(object, ['githubStars', 'github_stars', 'stars'], complain));
  set(record, 'citations', countOf(object, ['citationCount', 'citation_count'], complain));
  set(record, 'asOf', dayOf(object, complain));
  return record;
}

function set<K extends keyof PaperRecord>(
  record: PaperRecord,
  key: K,
  value: Required<PaperRecord>[K] | undefined,
): void {
  if (value !== undefined) record[key] = value;
}

const dateKeys = [
  'date',
  'published',
  'publication_date',
  'publicationDate',
  'published_at',
  'publishedAt',
  'year',
];

/** `updated` says when the record was made, if it says the day. */
function dayOf(object: JsonObject, complain: Complain): string | undefined {
  const date = dateOf(object, ['updated'], complain);
  return date?.length === 10 ? date : undefined;
}

/** Node's messages end with the text itself, which may be long. */
function jsonError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return excerpt(message.replace(/, (?:"|\.\.\.).*$/s, ''));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Our own summaries are marked, so that they never pass for a paper's abstract, whoever takes them in. */
function isOurs(object: JsonObject): boolean {
  return object['summary_by'] === 'Quire';
}
