import type { ParsedEntry, SourceName } from '../../papers/paper.js';
import { parseArxivId } from '../../papers/paper-id.js';
import { parsePartialDate } from './dates.js';
import type { JsonObject } from './json-fields.js';
import { MAX_VALUE_LENGTH } from './json-values.js';
import { paperOf } from './jsonl.js';
import type { Line, LineParser } from './line-parser.js';
import { excerpt } from './text.js';

interface Open {
  line: number;
  /** By tag, in order. */
  values: Map<string, string[]>;
  /** The list that a line without a tag continues. */
  last: string[] | null;
  length: number;
  text: string;
}

/** Two spaces are the rule. Programs that write one write known tags: `AI - based` is text. */
const knownTag =
  /^(?:A[1-4BDNUV]|BT|C[1-8ANPTY]|D[ABIOPS]|E[DPRT]|I[DS]|J[12AFO]|KW|L[1-4ABK]|M[1-3]|N[12V]|OP|P[BPY]|R[INP]|S[ENPTV]|T[1-3AIY]|U[1-5R]|V[LO]|Y[12])$/;
const tagged = /^\s{0,4}([A-Z][A-Z0-9])( {1,2})-(?:\s(.*))?$/;
/** What databases write between and before records. */
const furniture = /^(?:(?:provider|database|content|source)\s*:.*|<?\d+\.?>?|-+)$/i;

/**
 * RIS as Zotero, Ovid, Dimensions, IEEE, EndNote and publishers write it: one paper from `TY` to `ER`, and a problem
 * for what had to be left out. Where `ER` is missing the next `TY` ends the record.
 */
export function createRisParser({ source = 'ris' }: { source?: SourceName | undefined } = {}): LineParser {
  let open: Open | null = null;
  let strayAt = 0;

  function finish(reason: string | null): ParsedEntry[] {
    const { line, values, text, length } = open!;
    open = null;
    const problem = (why: string): ParsedEntry => ({
      kind: 'problem',
      problem: { line, reason: why, excerpt: excerpt(text) },
    });
    if (length > MAX_VALUE_LENGTH)
      return [problem(`this record is longer than ${MAX_VALUE_LENGTH} characters: too long for a paper`)];
    const entries = paperOf(objectOf(values), { line, text, source });
    if (reason !== null) entries.push(problem(reason));
    return entries;
  }

  function push({ number, text }: Line): ParsedEntry[] {
    const found = tagged.exec(text);
    const tag = found && (found[2] === '  ' || knownTag.test(found[1]!)) ? found[1] : undefined;
    if (tag === 'TY') {
      const entries = open ? finish('this record has no ER line: it was read up to the next TY') : [];
      open = { line: number, values: new Map(), last: null, length: 0, text };
      return entries;
    }
    if (!open) return stray(number, text);
    if (tag === 'ER') return finish(null);
    add(open, tag, tag === undefined ? text : (found![3] ?? ''));
    return [];
  }

  /** One problem for any number of lines together. */
  function stray(line: number, text: string): ParsedEntry[] {
    const trimmed = text.trim();
    if (trimmed === '' || furniture.test(trimmed)) return [];
    const follows = strayAt === line - 1;
    strayAt = line;
    const reason = 'this stands outside of a record: expected a line that begins with “TY  - ”';
    return follows ? [] : [{ kind: 'problem', problem: { line, reason, excerpt: excerpt(text) } }];
  }

  return {
    push,
    end: () => (open ? finish('the file ends before the ER line of this record') : []),
  };
}

function add(open: Open, tag: string | undefined, value: string): void {
  open.length += value.length + 1;
  // Beyond the limit only the length is counted.
  if (open.length > MAX_VALUE_LENGTH) return;
  if (open.text.length < 500) open.text += ` ${value}`;
  if (tag === undefined) {
    if (open.last) open.last[open.last.length - 1] += `\n${value.trim()}`;
    return;
  }
  const list = open.values.get(tag) ?? [];
  list.push(value.trim());
  open.values.set(tag, list);
  open.last = list;
}

/** A record's fields under the names of JSON lines. */
function objectOf(values: ReadonlyMap<string, readonly string[]>): JsonObject {
  const first = (...tags: string[]): string => {
    for (const tag of tags) for (const value of values.get(tag) ?? []) if (value !== '') return value;
    return '';
  };
  const all = (...tags: string[]): readonly string[] => tags.flatMap((tag) => values.get(tag) ?? []);
  const venue = first('T2', 'JF', 'JO', 'BT', 'C3', 'J2', 'JA', 'J1');
  const links = all('UR', 'L2', 'LK')
    .flatMap((value) => value.split(/\s+/))
    .map((link) => link.replace(/;$/, ''));
  return {
    title: first('TI', 'T1', 'CT', 'BT'),
    abstract: first('AB', 'N2'),
    authors: all('AU', 'A1'),
    date: dateOf(first('DA'), first('PY', 'Y1'), first('Y1')),
    venue: /^(?:arxiv|corr)\b/i.test(venue) || venue === first('TI', 'T1') ? '' : venue,
    url: links.find((link) => /^https?:/i.test(link)),
    arxiv_id: all('M1', 'AN', 'C7', 'IS', 'N1', 'JO', 'T2', 'L1', 'UR')
      .map(arxivIn)
      .find((id) => id !== ''),
    doi: first('DO', 'DI') || first('L3').replace(/^(?!10\.|doi|https?:\/\/(?:dx\.)?doi).*$/is, ''),
  };
}

/** Alone: a note may speak of another paper. */
const named = /^(?:arxiv\s+(?:preprint|e-prints?)\s+)?(arxiv\s*:\s*\S+)(?:\s+\[[a-z.-]+\])?$/i;

function arxivIn(value: string): string {
  if (!/arxiv/i.test(value)) return '';
  const id = /^https?:/i.test(value) ? value : (named.exec(value)?.[1] ?? '');
  return parseArxivId(id) ? id : '';
}

/** `2020/05/01/` and `2020///Spring`; `DA` is more exact, but in some exports another year: then it isn't the paper's. */
function dateOf(day: string, year: string, other: string): string | undefined {
  const [exact, plain, third] = [day, year, other].map(partialDate);
  const main = plain ?? third;
  if (exact && (!main || exact.startsWith(main.slice(0, 4))) && exact.length >= (main?.length ?? 0))
    return exact;
  return main ?? (year || day || undefined);
}

function partialDate(text: string): string | null {
  const [y = '', m = '', d = ''] = text.split('/').map((part) => part.trim());
  if (!/^\d{4}$/.test(y)) return parsePartialDate(text);
  const parts = [y, ...(/^\d{1,2}$/.test(m) ? [m, ...(/^\d{1,2}$/.test(d) ? [d] : [])] : [])];
  return parsePartialDate(parts.join('-')) ?? y;
}
