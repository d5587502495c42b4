import {
  type AnnounceType,
  arxivCategories,
  arxivIdOf,
  type Found,
  isAnnounceType,
  monthOfId,
  typedNames,
  withdrawal,
  written,
} from './arxiv.js';
import { childText, childTexts, elementsOf, type XmlNode } from './node.js';
import { readPlainEntry } from './publisher.js';

/** A paper in a feed of what arXiv announces (https://info.arxiv.org/help/rss.html). */
export interface Announcement {
  arxivId: string;
  version?: number;
  /** Null where it isn't said. */
  type: AnnounceType | null;
}

const announced = /^oai:arxiv\.org:/i;
/** What the text of an announcement begins with. */
const preamble = /^arXiv:\S+\s+Announce Type:\s*(\S+)\s*(?:Abstract:\s*)?/;

/** The reason in an entry of arXiv's API that is no paper but an error; null for papers. */
export function errorOf(entry: XmlNode): string | null {
  const isError = /^error$/i.test(childText(entry, 'atom:title')) && !arxivIdOf(childText(entry, 'atom:id'));
  return isError ? childText(entry, 'atom:summary').replace(/\s+/g, ' ') || 'it says no more' : null;
}

/** An entry of arXiv's API (https://info.arxiv.org/help/api/user-manual.html) or of its announcements as Atom. */
export function readAtomEntry(entry: XmlNode): Found {
  const error = errorOf(entry);
  if (error !== null) return { reason: `arXiv answered with an error: ${error}` };
  const id = childText(entry, 'atom:id');
  const summary = childText(entry, 'atom:summary');
  if (announced.test(id)) {
    const published = childText(entry, 'atom:published') || childText(entry, 'atom:updated');
    return readAnnounced(entry, {
      ...{ id, title: childText(entry, 'atom:title'), text: summary, published },
      categories: termsOf(entry, 'atom:category'),
    });
  }
  const ref = arxivIdOf(id);
  if (!ref) return isOfArxiv(entry, id) ? { reason: noId('id', id) } : readPlainEntry(entry);
  const gone = withdrawal(childText(entry, 'arxiv:comment'), summary);
  if (gone !== null) return { reason: gone };
  const authors = elementsOf(entry, 'atom:author').map((author) => childText(author, 'atom:name'));
  return {
    object: {
      arxiv_id: written(ref),
      title: childText(entry, 'atom:title'),
      abstract: summary,
      authors,
      // Of the first version; `updated` is of this one.
      date: childText(entry, 'atom:published'),
      updated: childText(entry, 'atom:updated'),
      venue: childText(entry, 'arxiv:journal_ref'),
      doi: childText(entry, 'arxiv:doi'),
      url: `https://arxiv.org/abs/${ref.id}`,
      categories: arxivCategories([
        ...termsOf(entry, 'arxiv:primary_category'),
        ...termsOf(entry, 'atom:category'),
      ]),
    },
  };
}

/** An item of arXiv's announcements as RSS 2.0, or of any other feed as RSS. */
export function readRssItem(item: XmlNode): Found {
  const ids = [childText(item, 'guid'), childText(item, 'link')];
  const id = ids.find((text) => arxivIdOf(text) !== null) ?? '';
  if (id === '' && !isOfArxiv(item, ids.join(' '))) return readPlainEntry(item);
  return readAnnounced(item, {
    id,
    title: childText(item, 'title'),
    text: childText(item, 'description'),
    published: childText(item, 'pubDate'),
    categories: childTexts(item, 'category'),
  });
}

/** Of whose it is, where its id is broken. */
function isOfArxiv(entry: XmlNode, ids: string): boolean {
  return /arxiv/i.test(ids) || elementsOf(entry).some(({ name }) => name.startsWith('arxiv:'));
}

interface Announced {
  id: string;
  title: string;
  text: string;
  published: string;
  categories: readonly string[];
}

function readAnnounced(entry: XmlNode, { id, title, text, published, categories }: Announced): Found {
  const ref = arxivIdOf(id);
  if (!ref) return { reason: noId(entry.name === 'item' ? 'guid and link' : 'id', id) };
  const abstract = text.replace(preamble, '');
  const gone = withdrawal(abstract);
  if (gone !== null) return { reason: gone };
  return {
    object: {
      arxiv_id: written(ref),
      title,
      abstract,
      authors: childTexts(entry, 'dc:creator').flatMap(typedNames),
      // The day of the announcement is none of the paper's: the first version came days or years before.
      date: monthOfId(ref),
      updated: published,
      venue: childText(entry, 'arxiv:journal_reference'),
      doi: childText(entry, 'arxiv:DOI') || childText(entry, 'arxiv:doi'),
      url: `https://arxiv.org/abs/${ref.id}`,
      categories: arxivCategories(categories),
    },
  };
}

/** Of an entry or item of announcements; null for any other. */
export function announcementOf(entry: XmlNode): Announcement | null {
  const id = childText(entry, entry.name === 'item' ? 'guid' : 'atom:id');
  const ref = announced.test(id) ? arxivIdOf(id) : null;
  if (!ref) return null;
  const text = childText(entry, entry.name === 'item' ? 'description' : 'atom:summary');
  const type = childText(entry, 'arxiv:announce_type') || (preamble.exec(text)?.[1] ?? '');
  const { id: arxivId, version } = ref;
  return {
    arxivId,
    ...(version === undefined ? {} : { version }),
    type: isAnnounceType(type) ? type : null,
  };
}

function termsOf(entry: XmlNode, name: string): string[] {
  return elementsOf(entry, name).map((element) => element.attributes.get('term') ?? '');
}

function noId(where: string, found: string): string {
  const what = found === '' ? 'nothing' : found.slice(0, 100);
  return `this entry has no arXiv id in its ${where}: expected http://arxiv.org/abs/2401.01234v1 or oai:arXiv.org:2401.01234v1, found ${what}`;
}
