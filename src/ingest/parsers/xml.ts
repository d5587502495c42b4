import type { ParsedEntry, SourceName } from '../../papers/paper.js';
import { paperOf } from './jsonl.js';
import type { LineParser } from './line-parser.js';
import { excerpt } from './text.js';
import { oaiErrorOf, PART_LENGTH } from './xml/answer.js';
import type { Found } from './xml/arxiv.js';
import { readAtomEntry, readRssItem } from './xml/feed.js';
import { childText, textOf, type XmlNode } from './xml/node.js';
import { readOaiRecord } from './xml/oai.js';
import { createXmlReader, type XmlPiece } from './xml/reader.js';

const readers: ReadonlyMap<string, (entry: XmlNode) => Found> = new Map([
  ['atom:entry', readAtomEntry],
  ['item', readRssItem],
  ['oai:record', readOaiRecord],
]);

/**
 * arXiv's XML, told apart by its root: answers of its API and announcements as Atom, announcements as RSS 2.0, lists and
 * records of OAI-PMH in `arXiv`, `arXivRaw` and `oai_dc`; and feeds of others as Atom, RSS 2.0 and RSS 1.0. One paper an entry, and a problem for what had to be left out of
 * it. Entries that are withdrawn, deleted, errors, without an arXiv id or not well-formed are problems. A list without
 * entries has neither: so are announcements at weekends.
 */
export function createXmlParser({ source }: { source?: SourceName | undefined } = {}): LineParser {
  const reader = createXmlReader();
  const entriesOf = (piece: XmlPiece): ParsedEntry[] => {
    if (piece.kind === 'fault') return [problem(piece.line, piece.reason, '')];
    const { node, fault } = piece;
    const text = labelOf(node);
    const read = readers.get(node.name);
    if (fault !== null) {
      const what = read ? 'entry' : `element <${node.name.replace(/^.*:/, '')}>`;
      return [problem(node.line, `this ${what} was not read: ${fault}`, text)];
    }
    if (node.name === 'oai:error') return oaiProblem(node);
    if (!read) return [];
    const found = read(node);
    if ('reason' in found) return [problem(node.line, found.reason, text)];
    return paperOf(found.object, { line: node.line, text, source: source ?? found.source ?? 'arxiv' });
  };
  return {
    takesParts: PART_LENGTH,
    isOver: reader.isOver,
    push: (line) => reader.push(line).flatMap(entriesOf),
    end: () => reader.end().flatMap(entriesOf),
  };
}

/** Id and title, for problems. */
function labelOf(entry: XmlNode): string {
  const names = ['atom:id', 'guid', 'atom:title', 'title'].map((name) => childText(entry, name));
  const label = names.filter((text) => text !== '').join(' ');
  return label === '' ? textOf(entry) : label;
}

function oaiProblem(node: XmlNode): ParsedEntry[] {
  const { code, reason } = oaiErrorOf(node);
  // Nothing changed on the days that were asked for.
  if (code === 'noRecordsMatch') return [];
  return [problem(node.line, `arXiv answered with an error: ${reason} (${code})`.slice(0, 500), '')];
}

function problem(line: number, reason: string, text: string): ParsedEntry {
  return { kind: 'problem', problem: { line, reason: reason.slice(0, 700), excerpt: excerpt(text) } };
}
