import { parseDoi } from '../../../papers/paper-id.js';
import { type Found, typedNames } from './arxiv.js';
import { childText, childTexts, elementsOf, type XmlNode } from './node.js';

/** Names of an entry's fields in RSS 1.0, RSS 2.0 and Atom with the modules that publishers use (PRISM, Dublin Core). */
const fields = {
  text: ['atom:summary', 'content:encoded', 'atom:content', 'description', 'dc:description'],
  day: ['prism:publicationDate', 'prism:coverDate', 'dc:date', 'atom:published', 'pubDate', 'atom:updated'],
  venue: ['prism:publicationName', 'dc:source'],
  doi: ['prism:doi', 'dc:identifier', 'atom:id', 'guid', 'prism:url'],
} as const;

/**
 * An entry of a journal's feed, or of any other: what isn't of arXiv. Its text is the abstract, behind the line that some
 * publishers put before it (“Nature, Published online: 20 November 2026; doi:10.1038/…”), which may have the DOI.
 */
export function readPlainEntry(entry: XmlNode): Found {
  const link = linkOf(entry);
  const text = first(entry, fields.text);
  const [, preface = '', abstract = text] =
    /^\s*((?:<p>)?[^<>]{0,200}?(?:<[^<>]{1,300}>)?doi:\s*10\.[^\s<]+(?:<\/a>)?(?:<\/p>)?)([\s\S]*)$/i.exec(
      text,
    ) ?? [];
  const doi = [...fields.doi.flatMap((name) => childTexts(entry, name)), link, preface]
    .map(doiIn)
    .find(Boolean);
  const authors = [...childTexts(entry, 'dc:creator'), ...childTexts(entry, 'author').map(withoutAddress)];
  const named = elementsOf(entry, 'atom:author').map((author) => childText(author, 'atom:name'));
  return {
    source: 'feed',
    object: {
      title: childText(entry, entry.name === 'atom:entry' ? 'atom:title' : 'title'),
      abstract,
      authors: [...named, ...authors.flatMap(typedNames)].filter((name) => name !== ''),
      date: dayOf(first(entry, fields.day)),
      venue: first(entry, fields.venue),
      ...(doi ? { doi } : {}),
      ...(link === '' ? {} : { url: link }),
    },
  };
}

function first(entry: XmlNode, names: readonly string[]): string {
  for (const name of names) {
    const text = childText(entry, name);
    if (text !== '') return text;
  }
  return '';
}

function linkOf(entry: XmlNode): string {
  const links = elementsOf(entry, 'atom:link');
  const page = links.find(({ attributes }) => (attributes.get('rel') ?? 'alternate') === 'alternate');
  const link = page?.attributes.get('href') ?? (childText(entry, 'link') || childText(entry, 'guid'));
  return /^https?:\/\//i.test(link) ? link : '';
}

/** `ada@example.org (Ada Lovelace)`, as RSS 2.0 has it. */
function withoutAddress(text: string): string {
  return /^\S+@\S+\s*\(([^()]+)\)$/.exec(text)?.[1] ?? (/^\S+@\S+$/.test(text) ? '' : text);
}

function doiIn(text: string): string | null {
  const [found] = /10\.\d{4,9}\/[^\s<>"]+/.exec(text) ?? [];
  return found === undefined ? null : (parseDoi(found.replace(/[).,;]+$/, ''))?.doi ?? null);
}

/** RFC 822's dates as days; others as they are. */
function dayOf(text: string): string {
  if (!/^(?:[A-Z][a-z]{2},\s*)?\d{1,2}\s+[A-Z][a-z]{2}/.test(text)) return text;
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString().slice(0, 10);
}
