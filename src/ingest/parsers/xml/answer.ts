import { createLineCutter, inPieces } from '../bytes.js';
import { arxivIdOf } from './arxiv.js';
import { type Announcement, announcementOf, errorOf } from './feed.js';
import { childText, childTexts, textOf, type XmlNode } from './node.js';
import { createXmlReader, type XmlRoot } from './reader.js';

/** What an answer of arXiv says beside its papers. */
export interface XmlAnswer {
  root: XmlRoot | null;
  /** Entries, items or records in it, errors and deleted ones too. */
  entries: number;
  /** When it was made, as written there (Atom `updated`, RSS `pubDate`, OAI-PMH `responseDate`). */
  made?: string;
  /** Of all results of a query to the API, whose page this is; absent in other answers. */
  totalResults?: number;
  startIndex?: number;
  itemsPerPage?: number;
  /** For the next page of a list; null behind the last page, and in lists of one. */
  resumptionToken: string | null;
  /** Size of the whole list, where the token says it. */
  completeListSize?: number;
  /** OAI-PMH's by their codes (`noRecordsMatch`, `badResumptionToken`), the API's as `api`. */
  errors: { code: string; reason: string }[];
  /** Of entries of arXiv's API, without versions. */
  ids: string[];
  /** The earliest `updated` of an Atom entry, as written there. */
  oldestUpdate?: string;
  /** The page behind this one (RFC 5005), as written there. */
  next?: string;
  /** In English, as RSS has them: days without announcements. */
  skipDays: string[];
  announced: Announcement[];
  /** Why it could not be read to its end: cut off, HTML, no XML. */
  fault: string | null;
}

/** Programs write XML on one line, however many entries it has: there lines come in parts. */
export const PART_LENGTH = 65_536;

/** Reads a whole answer in UTF-8 for what a fetcher needs to go on; the papers in it are left to the parser. */
export async function readXmlAnswer(bytes: Uint8Array): Promise<XmlAnswer> {
  const reader = createXmlReader();
  const answer: XmlAnswer = {
    root: null,
    entries: 0,
    resumptionToken: null,
    errors: [],
    ids: [],
    skipDays: [],
    announced: [],
    fault: null,
  };
  const take = (pieces: ReturnType<typeof reader.push>): void => {
    for (const piece of pieces) {
      if (piece.kind === 'element') takeElement(answer, piece.node);
      else if (piece.isLast) answer.fault = piece.reason;
    }
  };
  const lines = createLineCutter(PART_LENGTH, { inParts: true });
  for await (const piece of inPieces(bytes)) {
    for (const { number, text, ends } of lines.push(piece))
      take(reader.push({ number, text: text.replace(/^\ufeff/, ''), ends }));
    if (reader.isOver()) break;
  }
  for (const line of lines.end()) take(reader.push(line));
  take(reader.end());
  return { ...answer, root: reader.root() };
}

function takeElement(answer: XmlAnswer, node: XmlNode): void {
  const text = textOf(node).trim();
  if (node.name === 'atom:entry' || node.name === 'item' || node.name === 'oai:record') {
    answer.entries += 1;
    const announcement = node.name === 'oai:record' ? null : announcementOf(node);
    if (announcement) answer.announced.push(announcement);
    const reason = node.name === 'atom:entry' ? errorOf(node) : null;
    if (reason !== null) answer.errors.push({ code: 'api', reason });
    else if (node.name === 'atom:entry') takeEntry(answer, node);
  } else if (/^(?:atom:updated|pubDate|oai:responseDate)$/.test(node.name)) answer.made ??= text;
  else if (/^opensearch:(?:totalResults|startIndex|itemsPerPage)$/.test(node.name)) {
    const key = node.name.slice('opensearch:'.length) as 'totalResults' | 'startIndex' | 'itemsPerPage';
    if (/^\d{1,9}$/.test(text)) answer[key] = Number(text);
  } else if (node.name === 'atom:link' && node.attributes.get('rel') === 'next') {
    const href = node.attributes.get('href');
    if (href !== undefined) answer.next ??= href;
  } else if (node.name === 'skipDays') answer.skipDays.push(...childTexts(node, 'day'));
  else if (node.name === 'oai:error') answer.errors.push(oaiErrorOf(node));
  else if (node.name === 'oai:resumptionToken') {
    answer.resumptionToken = text === '' ? null : text;
    const size = node.attributes.get('completeListSize') ?? '';
    if (/^\d{1,9}$/.test(size)) answer.completeListSize = Number(size);
  }
}

function takeEntry(answer: XmlAnswer, entry: XmlNode): void {
  const id = arxivIdOf(childText(entry, 'atom:id'))?.id;
  if (id !== undefined) answer.ids.push(id);
  const updated = childText(entry, 'atom:updated');
  if (updated !== '' && updated < (answer.oldestUpdate ?? '\uffff')) answer.oldestUpdate = updated;
}

/** https://www.openarchives.org/OAI/openarchivesprotocol.html#ErrorConditions */
export function oaiErrorOf(error: XmlNode): { code: string; reason: string } {
  const code = error.attributes.get('code') ?? 'unknown';
  const reason = textOf(error).replace(/\s+/g, ' ').trim();
  return { code, reason: reason === '' ? code : reason };
}
