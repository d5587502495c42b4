import type { ParsedEntry, SourceName } from '../../papers/paper.js';
import { parseArxivId } from '../../papers/paper-id.js';
import { type BibtexPiece, createBibtexCutter } from './bibtex/cutter.js';
import { readBibtexDate } from './bibtex/date.js';
import { type BibtexFields, readFields } from './bibtex/fields.js';
import { readNames } from './bibtex/names.js';
import { texToText, texToVerbatim } from './bibtex/tex.js';
import type { JsonObject } from './json-fields.js';
import { MAX_VALUE_LENGTH } from './json-values.js';
import { paperOf } from './jsonl.js';
import type { Line, LineParser } from './line-parser.js';
import { excerpt } from './text.js';

/** The abbreviation files of large journals' styles hold some 2,000. */
const MAX_MACROS = 10_000;
const MAX_MACRO_LENGTH = 2_000;
const MAX_VOLUMES = 10_000;
/** Characters of entries that wait for their volume. Beyond, the eldest go without it. */
const MAX_WAITING = 16_000_000;

/** Volumes that papers appear in: entries of theirs are no papers, but what `crossref` points to. */
const volumeTypes = /^(?:mv)?(?:proceedings|collection|periodical)$/;
const parentTypes = /^(?:mv)?(?:proceedings|collection|periodical|book|reference)$/;

type Fields = ReadonlyMap<string, string>;

interface Waiting {
  piece: BibtexPiece;
  read: BibtexFields;
}

/**
 * BibTeX and biblatex as people and programs (Zotero, JabRef, Mendeley, DBLP, ACM, Google Scholar) write it: one
 * paper an entry, and a problem for what had to be left out. A broken entry costs no other: it ends at the next one that
 * begins a line. An entry that has its venue or date from a `crossref` comes when that was read, all others in order.
 */
export function createBibtexParser({
  source = 'bibtex',
}: {
  source?: SourceName | undefined;
} = {}): LineParser {
  const cutter = createBibtexCutter();
  const macros = new Map<string, string>();
  const volumes = new Map<string, Fields>();
  /** By the volume's key, those who wait longest first. */
  const waiting = new Map<string, Waiting[]>();
  let waitingLength = 0;

  function take(piece: BibtexPiece): ParsedEntry[] {
    const { type, body } = piece;
    if (type === 'comment' || type === 'preamble') return [];
    if (piece.tooLong)
      return [
        problemOf(piece, `this entry is longer than ${MAX_VALUE_LENGTH} characters: too long for a paper`),
      ];
    if (type === 'string') return define(piece);
    const read = readFields(body, { macros, closed: piece.closed });
    if (read.fault && !piece.closed) dropRunaways(read);
    const entries: ParsedEntry[] = [];
    const crossref = read.fields.get('crossref')?.trim().toLowerCase();
    if (volumeTypes.test(type)) {
      entries.push(problemOf(piece, `this is a volume (@${type}), not a paper: only those in it are taken`));
    } else if (crossref !== undefined && (venueOf(read.fields) === '' || dateOf(read.fields) === undefined)) {
      const volume = volumes.get(crossref);
      if (!volume) return [...faultOf(piece, read), ...wait(crossref, { piece, read })];
      entries.push(...paperFrom(piece, inherit(read.fields, volume)));
    } else entries.push(...paperFrom(piece, read.fields));
    // What is broken says why there is no title.
    if (read.fault && entries[0]?.kind === 'problem') entries.length = 0;
    entries.push(...faultOf(piece, read));
    if (parentTypes.test(type) && read.key !== '') entries.push(...volumeRead(read));
    return entries;
  }

  function define(piece: BibtexPiece): ParsedEntry[] {
    const { fields, fault } = readFields(piece.body, { macros, keyed: false });
    const entries: ParsedEntry[] = [];
    for (const [name, value] of fields) {
      if (macros.size < MAX_MACROS && value.length <= MAX_MACRO_LENGTH) macros.set(name, value);
      else {
        const reason = `@string “${name.slice(0, 40)}” was ignored: at most ${MAX_MACROS} of at most ${MAX_MACRO_LENGTH} characters are kept`;
        entries.push(problemOf(piece, reason));
      }
    }
    if (fault || !piece.closed)
      entries.push(problemOf(piece, 'this @string can\'t be read: expected {name = "text"}'));
    return entries;
  }

  /** Keeps what a volume hands down, and lets go who waited for it. */
  function volumeRead({ key, fields }: BibtexFields): ParsedEntry[] {
    const name = key.toLowerCase();
    if (volumes.size < MAX_VOLUMES) volumes.set(name, handedDown(fields));
    return release(name, handedDown(fields));
  }

  function wait(parent: string, child: Waiting): ParsedEntry[] {
    const others = waiting.get(parent);
    if (others) others.push(child);
    else waiting.set(parent, [child]);
    waitingLength += child.piece.body.length;
    const entries: ParsedEntry[] = [];
    for (const eldest of waiting.keys()) {
      if (waitingLength <= MAX_WAITING) break;
      entries.push(...release(eldest, null));
    }
    return entries;
  }

  function release(parent: string, volume: Fields | null): ParsedEntry[] {
    const children = waiting.get(parent) ?? [];
    waiting.delete(parent);
    return children.flatMap(({ piece, read }) => {
      waitingLength -= piece.body.length;
      const entries = paperFrom(piece, volume ? inherit(read.fields, volume) : read.fields);
      const reason = `"crossref" was ignored: no volume “${parent.slice(0, 80)}” was found in this file`;
      return volume ? entries : [...entries, problemOf(piece, reason)];
    });
  }

  function paperFrom(piece: BibtexPiece, fields: Fields): ParsedEntry[] {
    return paperOf(objectOf(fields), { line: piece.line, text: textOf(piece), source });
  }

  return {
    push: (line: Line) => cutter.push(line).flatMap(take),
    end: () => [
      ...cutter.end().flatMap(take),
      ...[...waiting.keys()].flatMap((parent) => release(parent, null)),
    ],
  };
}

function textOf({ type, body, closed }: BibtexPiece): string {
  return `@${type}{${body}${closed ? '}' : ''}`;
}

function problemOf(piece: BibtexPiece, reason: string): ParsedEntry {
  return { kind: 'problem', problem: { line: piece.line, reason, excerpt: excerpt(textOf(piece)) } };
}

/** What is broken in an entry, with the line where it shows; what stands before was read. */
function faultOf(piece: BibtexPiece, { fault }: BibtexFields): ParsedEntry[] {
  if (!fault) return [];
  if (!piece.closed)
    return [problemOf(piece, 'this entry is not closed: a brace or a quote is missing in it')];
  const before = piece.body.slice(0, fault.at);
  const line = piece.bodyLine + (before.split('\n').length - 1);
  const text = piece.body.slice(before.lastIndexOf('\n') + 1);
  const reason = `the rest of this entry was not read: ${fault.reason}`;
  return [{ kind: 'problem', problem: { line, reason, excerpt: excerpt(text) } }];
}

/** Where a brace is missing, a value goes on into the next fields: rather none than that one. */
function dropRunaways({ fields }: BibtexFields): void {
  for (const [name, value] of fields)
    if (/[\n,][^\S\n]*[a-zA-Z-]{2,20}[^\S\n]*=\s*[{"]/.test(value)) fields.delete(name);
}

function handedDown(fields: Fields): Fields {
  const kept = ['title', 'booktitle', 'date', 'year', 'month'].flatMap((name): [string, string][] => {
    const value = fields.get(name);
    return value === undefined ? [] : [[name, value.slice(0, MAX_MACRO_LENGTH)]];
  });
  return new Map(kept);
}

function inherit(fields: Fields, volume: Fields): Fields {
  const all = new Map(fields);
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && !all.has(name)) all.set(name, value);
  };
  if (venueOf(fields) === '') add('booktitle', volume.get('booktitle') ?? volume.get('title'));
  if (dateOf(fields) === undefined) for (const name of ['date', 'year', 'month']) add(name, volume.get(name));
  return all;
}

/** An entry's fields under the names of JSON lines. */
function objectOf(fields: Fields): JsonObject {
  const text = (name: string): string => texToText(unindented(fields.get(name) ?? ''));
  const verbatim = (name: string): string => texToVerbatim(fields.get(name) ?? '').trim();
  const subtitle = text('subtitle');
  const venue = venueOf(fields);
  return {
    title: subtitle === '' ? text('title') : `${text('title')}: ${subtitle}`,
    abstract: text('abstract'),
    authors: readNames(unindented(fields.get('author') ?? '')),
    date: dateOf(fields),
    venue: /^(?:arxiv|corr)\b/i.test(venue) ? '' : venue,
    url: webAddress(verbatim('url')),
    arxiv_id: arxivOf(fields),
    doi: verbatim('doi'),
    categories: text('primaryclass') || text('eprintclass'),
  };
}

/** The break of a line is a space, and its indentation says nothing; blank lines part paragraphs. */
function unindented(value: string): string {
  return value
    .split('\n')
    .map((line) => line.trim())
    .join('\n');
}

function venueOf(fields: Fields): string {
  for (const name of ['journaltitle', 'journal', 'booktitle', 'shortjournal']) {
    const value = fields.get(name) ?? '';
    // Macros of the astronomers' style, which ADS writes and nobody defines: \apj.
    const venue = texToText(unindented(value)) || (/^\s*\\([a-zA-Z]+)\s*$/.exec(value)?.[1] ?? '');
    if (venue.trim() !== '') return venue.trim();
  }
  return '';
}

function dateOf(fields: Fields): string | undefined {
  const text = (name: string): string => texToText(fields.get(name) ?? '').trim();
  return readBibtexDate({ date: text('date'), year: text('year'), month: text('month'), day: text('day') });
}

/**
 * From `eprint` of arXiv, and from where else it is written: `journal = {arXiv preprint arXiv:ID}` (Google Scholar),
 * `journal = {CoRR}, volume = {abs/ID}` (DBLP), `number` and `note` (Zotero), `arxivid` (Mendeley), `howpublished`.
 */
function arxivOf(fields: Fields): string {
  const verbatim = (name: string): string => texToVerbatim(fields.get(name) ?? '').trim();
  const eprint = verbatim('eprint');
  const archive = verbatim('archiveprefix') || verbatim('eprinttype');
  if (eprint !== '' && /^arxiv$/i.test(archive)) return eprint;
  const journal = verbatim('journal') || verbatim('journaltitle');
  const candidates = [
    verbatim('arxivid'),
    archive === '' ? eprint : '',
    /arxiv\s*:\s*(\S+)/i.exec(journal)?.[1] ?? '',
    /^corr\b/i.test(journal) ? verbatim('volume').replace(/^abs\//i, '') : '',
    /https?:\/\/(?:www\.)?arxiv\.org\/\S+/i.exec(verbatim('howpublished'))?.[0] ?? '',
    ...['number', 'note', 'howpublished'].map(verbatim).filter((value) => /arxiv/i.test(value)),
  ].map((candidate) => candidate.replace(/^\\url\s*|[.,]$/g, ''));
  return candidates.find((candidate) => parseArxivId(candidate) !== null) ?? '';
}

/** The first of several; people leave `https://` out. */
function webAddress(text: string): string {
  const [first = ''] = text.split(/\s/, 1);
  return /^(?:www\.|[a-z0-9-]+\.(?:org|com|net|edu)\/)/i.test(first) ? `https://${first}` : first;
}
