import type { InputFormat } from './format-names.js';
import { binaryKind, type Encoding, isGzip } from './parsers/bytes.js';
import { isCsv } from './parsers/csv/header.js';
import { isPapersPage } from './parsers/html.js';
import { isIdList } from './parsers/id-list.js';

const expected = 'expected the text of a papers page, JSON lines, a feed or a bibliography';

/** Why a sample can't be text, whatever its format; null where it can. */
export function binaryRefusal(sample: Uint8Array, encoding: Encoding): string | null {
  if (isGzip(sample))
    return `this was compressed with gzip twice: ${expected}, compressed once or not at all`;
  const kind = encoding === 'utf-8' ? binaryKind(sample) : null;
  return kind === null ? null : `this is ${kind}: ${expected}`;
}

/** Why a text is in none of the formats; null where it may be in one. */
export function textRefusal(text: string): string | null {
  if (isPapersPage(text)) return null;
  if (/^\s*(?:<\?xml\b[^<>]*>\s*)?<(?:!doctype html|html|head|body)\b/i.test(text.slice(0, 1_000)))
    return `this is HTML: ${expected}; select the page in a browser, copy it and save it as text`;
  return null;
}

/** The format of a text, by its beginning. What looks like nothing else is a listing. */
export function formatOf(text: string): InputFormat {
  if (isJson(text)) return isCsl(text) ? 'csl' : 'jsonl';
  if (isPapersPage(text)) return 'html';
  const begin = text.slice(0, 10_000);
  if (isXml(begin)) return 'xml';
  if (isCsv(begin)) return 'csv';
  if (isBibtex(begin)) return 'bibtex';
  // Databases write some lines of their own before the first record.
  if (/^\ufeff?(?:[^\r\n]{0,200}(?:\r\n|\r|\n)){0,12}?\s{0,4}TY {1,2}- ?[A-Z]{2,}/.test(begin)) return 'ris';
  return isIdList(begin) ? 'ids' : 'listing';
}

/** A declaration, or a root that feeds and answers of arXiv have; comments may stand before it. Which it is says the root. */
function isXml(text: string): boolean {
  return /^[\s\ufeff]*(?:<!--(?:(?!-->)[\s\S])*-->\s*)*<(?:\?xml\b|!DOCTYPE\b|(?:[\w.-]{1,40}:)?(?:feed|rss|RDF|OAI-PMH)[\s>])/.test(
    text,
  );
}

/** An object, or an array of objects or nothing; `{\bf Title}` and `[Link](…)` begin listings. */
function isJson(text: string): boolean {
  return /^[\s\ufeff]*(?:\{\s*["'}]|\[\s*(?:[{\]]|null\b|$)|\{\s*$)/.test(text.slice(0, 10_000));
}

/** By keys that only CSL has, and Crossref, which counts citations. In a JSON text their quotes would be escaped. */
function isCsl(text: string): boolean {
  if (/"(?:message-type|is-referenced-by-count|reference-count)"\s*:/.test(text)) return false;
  return /"container-title"\s*:|"issued"\s*:\s*\{|"author"\s*:\s*\[\s*\{\s*"(?:family|given|literal|(?:non-)?dropping-particle)"\s*:/.test(
    text,
  );
}

/** The first entry opens the text, or stands behind remarks of people and programs. */
function isBibtex(text: string): boolean {
  if (/^[\s\ufeff]*(?:%[^\n]*\n\s*)*@[a-z]{3,20}\s*[{(]/i.test(text)) return true;
  const known =
    'article|book|booklet|collection|conference|dataset|inbook|incollection|inproceedings|manual|mastersthesis|misc|online|patent|phdthesis|proceedings|report|software|techreport|thesis|unpublished';
  return new RegExp(
    `^[^\\S\\n]*@(?:(?:${known})\\s*[{(]\\s*[^\\s,{}()]*\\s*,|(?:string|preamble|comment)\\s*[{(])`,
    'im',
  ).test(text);
}
