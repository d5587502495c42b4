import type { PaperRecord } from '../../papers/paper.js';
import { parseArxivId, parseDoi } from '../../papers/paper-id.js';
import { parsePartialDate } from './dates.js';
import { plainText } from './markup.js';
import { MAX_NAME_LENGTH } from './name-parts.js';
import { isOthers, readNameList, readSingleName } from './names.js';
import { MAX_AUTHORS } from './record.js';
import { cleanLine, cleanParagraphs, truncate } from './text.js';

/** Longest venue and category that is kept. */
const MAX_VENUE_LENGTH = 500;
const MAX_CATEGORY_LENGTH = 64;
const MAX_CATEGORIES = 100;
const MAX_URL_LENGTH = 2_048;
/** The database's integers. */
const MAX_COUNT = 2 ** 31 - 1;

export type JsonObject = Readonly<Record<string, unknown>>;

/** Notes what was ignored; the paper itself stays. */
export type Complain = (field: string, expected: string, value: unknown) => void;

/** The first of some keys that holds anything: null, '' and [] are as good as absent. */
export function present(object: JsonObject, keys: readonly string[]): [string, unknown][] {
  return keys
    .filter((key) => Object.hasOwn(object, key))
    .map((key): [string, unknown] => [key, object[key]])
    .filter(([, value]) => !isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    (typeof value === 'string' && value.trim() === '') ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** A text on one line, without mark-up. */
export function lineOf(text: string): string {
  return cleanLine(plainText(text));
}

/** Paragraphs. arXiv breaks lines hard and indents what begins a paragraph. */
export function paragraphsOf(text: string): string {
  const plain = plainText(text);
  // Most abstracts are one line, and looking behind every character of it takes a tenth of reading it.
  return plain.includes('\n')
    ? cleanParagraphs(plain.replace(/(?<=[.?!:]["')]?)\r?\n(?= {2,}\S)/g, '\n\n'))
    : cleanParagraphs(plain);
}

export function textOf(object: JsonObject, keys: readonly string[], complain: Complain): string | undefined {
  for (const [key, value] of present(object, keys)) {
    if (typeof value === 'string') return value;
    complain(key, 'a text', value);
  }
  return undefined;
}

export function dateOf(object: JsonObject, keys: readonly string[], complain: Complain): string | undefined {
  for (const [key, value] of present(object, keys)) {
    const date = typeof value === 'string' || typeof value === 'number' ? parsePartialDate(value) : null;
    if (date !== null) return date;
    complain(key, 'YYYY, YYYY-MM, YYYY-MM-DD or an ISO timestamp', value);
  }
  return undefined;
}

export function countOf(object: JsonObject, keys: readonly string[], complain: Complain): number | undefined {
  for (const [key, value] of present(object, keys)) {
    // In arXiv's own files `comments` are the authors' remarks: not a count and no mistake.
    if (key === 'comments' && typeof value === 'string' && !/^\d+$/.test(value.trim())) continue;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= MAX_COUNT)
      return number;
    complain(key, 'a whole number from 0', value);
  }
  return undefined;
}

export function venueOf(object: JsonObject, complain: Complain): string | undefined {
  const text = textOf(object, ['venue'], complain);
  return text === undefined ? undefined : truncate(lineOf(text), MAX_VENUE_LENGTH) || undefined;
}

export function categoriesOf(object: JsonObject, complain: Complain): string[] | undefined {
  for (const [key, value] of present(object, ['categories'])) {
    const list = typeof value === 'string' ? value.split(/[,;]/.test(value) ? /[,;]/ : /\s+/) : value;
    if (Array.isArray(list) && list.every((item) => typeof item === 'string')) {
      const cleaned = list.map((item: string) => truncate(cleanLine(item), MAX_CATEGORY_LENGTH));
      const distinct = [...new Set(cleaned.filter((item) => item !== ''))];
      return distinct.length === 0 ? undefined : distinct.slice(0, MAX_CATEGORIES);
    }
    complain(key, 'an array of texts, or one text with spaces or commas between them', value);
  }
  return undefined;
}

/** An http or https URL as the standard writes it; an arXiv id in it that was a number once is put right. */
export function urlOf(object: JsonObject, complain: Complain): string | undefined {
  for (const [key, value] of present(object, ['url'])) {
    const url = typeof value === 'string' ? httpUrl(cleanLine(value)) : null;
    if (url !== null && url.length <= MAX_URL_LENGTH) {
      return url.replace(/(?<=^https?:\/\/arxiv\.org\/abs\/)\d{3,4}\.\d+$/, mendArxivId);
    }
    complain(key, `an http or https URL of at most ${MAX_URL_LENGTH} characters`, value);
  }
  return undefined;
}

/**
 * Data frames take new-style ids for numbers: `0709.4273` becomes `709.4273`, and `1809.07014` becomes
 * `1809.0701399999998` (arXiv's month holds less than 100,000 papers, so that the id is the nearest number with
 * its digits: four behind the dot before 2015, five since).
 */
export function mendArxivId(text: string): string {
  const match = /^(\d{3,4})\.(\d+)$/.exec(text.trim());
  if (!match) return text;
  const digits = Number(match[1]) >= 1501 ? 5 : 4;
  const number = match[2]!.length > digits ? Number(text).toFixed(digits) : text.trim();
  return number.padStart(5 + match[2]!.slice(0, digits).length, '0');
}

function httpUrl(text: string): string | null {
  if (!/^https?:\/\/[^\s]/i.test(text) || !URL.canParse(text)) return null;
  return new URL(text).href;
}

const authorsExpected = 'an array of names or of objects with a name, or one text with the names separated';

/** `isWhole`: false where the source says that there are others. `count`: where it says how many there are in all. */
export interface Authors {
  names: string[];
  isWhole: boolean;
  count?: number;
}

export function authorsOf(object: JsonObject, complain: Complain): Authors | undefined {
  for (const [key, value] of present(object, ['authors', 'author'])) {
    if (typeof value !== 'string' && !Array.isArray(value)) {
      complain(key, authorsExpected, value);
      continue;
    }
    const found = typeof value === 'string' ? listedAuthors(value) : givenAuthors(key, value, complain);
    if (found.names.length > 0) return found;
  }
  return undefined;
}

function listedAuthors(text: string): Authors {
  const { names, more } = readNameList(text);
  return {
    names,
    isWhole: more === 0,
    ...(more === 0 || more === null ? {} : { count: names.length + more }),
  };
}

function givenAuthors(key: string, items: readonly unknown[], complain: Complain): Authors {
  const names: string[] = [];
  let isWhole = items.length <= MAX_AUTHORS;
  for (const item of items.slice(0, MAX_AUTHORS)) {
    const name = nameOf(item);
    if (name === null) complain(key, authorsExpected, item);
    else if (name !== '') names.push(name);
    else if (typeof item === 'string' && isOthers(item)) isWhole = false;
  }
  if (items.length > MAX_AUTHORS)
    complain(key, `at most ${MAX_AUTHORS} names; the rest was cut`, items.length);
  return { names, isWhole };
}

/** A display name; '' for nothing to show, null for what is no name. */
function nameOf(item: unknown): string | null {
  if (typeof item === 'string') return readSingleName(item);
  if (typeof item !== 'object' || item === null) return null;
  const { name, given, family } = item as JsonObject;
  if (typeof name === 'string') return readSingleName(name);
  const parts = [given, family].filter((part) => typeof part === 'string');
  return parts.length === 0 ? null : truncate(lineOf(parts.join(' ')), MAX_NAME_LENGTH);
}

type Ids = Pick<PaperRecord, 'arxivId' | 'arxivVersion' | 'doi'>;

/**
 * Ids, the surest first: a key that names its kind, `id`, the URL. An `id` of another system is no mistake; an
 * unreadable `arxiv_id` or `doi` is.
 */
export function idsOf(object: JsonObject, url: string | undefined, complain: Complain): Ids {
  const ids: Ids = {};
  for (const [key, value] of present(object, ['arxiv_id', 'arxivId'])) {
    if (!takeArxiv(ids, mendArxivId(idText(value)))) complain(key, 'an arXiv id such as 2401.01234', value);
  }
  for (const [key, value] of present(object, ['doi', 'DOI'])) {
    const text = idText(value);
    // Some files give several: the first is the paper's, the others its copies'.
    const found = [text, ...text.split(/[\s,;]+/, 5)].some(
      (part) => takeDoi(ids, part) || takeArxiv(ids, part),
    );
    if (!found) complain(key, 'a DOI such as 10.1000/182', value);
  }
  for (const [, value] of present(object, ['id'])) {
    const text = idText(value);
    if (!takeArxiv(ids, text)) takeDoi(ids, text);
  }
  if (url !== undefined && !takeArxiv(ids, url) && /^https?:\/\/(?:dx\.)?doi\.org\//i.test(url))
    takeDoi(ids, url);
  return ids;
}

function idText(value: unknown): string {
  // A number is an arXiv id that lost its quotes.
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function takeArxiv(ids: Ids, text: string): boolean {
  const arxiv = parseArxivId(text);
  if (!arxiv) return false;
  if (ids.arxivId === undefined) {
    ids.arxivId = arxiv.id;
    if (arxiv.version !== undefined) ids.arxivVersion = arxiv.version;
  }
  return true;
}

function takeDoi(ids: Ids, text: string): boolean {
  const parsed = parseDoi(text);
  if (!parsed) return false;
  ids.doi ??= parsed.doi;
  return true;
}
