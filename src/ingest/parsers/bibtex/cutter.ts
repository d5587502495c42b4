import { MAX_VALUE_LENGTH } from '../json-values.js';
import type { Line } from '../line-parser.js';

/** `@type{body}` or `@type(body)`; @string, @comment and @preamble are pieces too. */
export interface BibtexPiece {
  /** Lower case. */
  type: string;
  /** Where `@` stands. */
  line: number;
  /** Where the body begins: its line breaks count from there. */
  bodyLine: number;
  /** What stands between the delimiters; of one that is too long, its beginning. */
  body: string;
  /** False where another entry, or the end of the file, came before its closing delimiter. */
  closed: boolean;
  tooLong: boolean;
}

interface Open extends Omit<BibtexPiece, 'body' | 'closed' | 'tooLong'> {
  parenthesis: boolean;
  /** Braces that are open inside of the body. BibTeX counts every brace, escaped ones too. */
  depth: number;
  quoted: boolean;
  parts: string[];
  length: number;
}

const start = /@\s*([a-zA-Z][\w:.+-]*)\s*([{(])/g;
/** The delimiter may stand in the next line. */
const unfinishedStart = /@\s*[a-zA-Z][\w:.+-]*\s*$/;

/**
 * An entry at the beginning of a line, with its key or nothing behind the brace: inside of another entry, which
 * then lacks a brace, it is where to go on. Parentheses are common in code, so that there the type must be known.
 */
const types = 'article|book|conference|inproceedings|incollection|misc|phdthesis|proceedings|techreport';
const newEntry = new RegExp(
  [
    String.raw`^\s*@\s*[a-z][\w:.+-]*\s*\{\s*(?:[^\s,{}()"=#%]*\s*(?:,|$)|[a-z]+\s*=\s*[{"])`,
    String.raw`^\s*@\s*(?:string|preamble|comment)\s*[{(]`,
    String.raw`^\s*@\s*(?:${types})\s*(?:$|\(\s*[^\s,{}()"=#%]*\s*,)`,
  ].join('|'),
  'i',
);

/**
 * Cuts lines of BibTeX into entries. What stands between them is a comment, as for BibTeX itself. Memory holds one
 * entry of at most `MAX_VALUE_LENGTH` characters.
 */
export function createBibtexCutter() {
  let open: Open | null = null;
  let held: Line | null = null;

  function finish(closed: boolean): BibtexPiece {
    const { type, line, bodyLine, parts, length } = open!;
    open = null;
    return { type, line, bodyLine, body: parts.join(''), closed, tooLong: length > MAX_VALUE_LENGTH };
  }

  function push({ number, text }: Line): BibtexPiece[] {
    const pieces: BibtexPiece[] = [];
    if (open && newEntry.test(text)) pieces.push(finish(false));
    // The type, held back, and the delimiter of this line.
    const joined: string = held && /^\s*[{(]/.test(text) ? `${held.text} ${text}` : text;
    const firstLine: number = held && joined !== text ? held.number : number;
    if (held && text.trim() !== '') held = null;
    let from = 0;
    for (;;) {
      if (!open) {
        start.lastIndex = from;
        const found = start.exec(joined);
        if (!found) break;
        open = begin(found, from === 0 ? firstLine : number, number);
        from = start.lastIndex;
      }
      const end = closingAt(open, joined, from);
      grow(open, end < 0 ? `${joined.slice(from)}\n` : joined.slice(from, end));
      if (end < 0) return pieces;
      pieces.push(finish(true));
      from = end + 1;
    }
    const unfinished = unfinishedStart.exec(joined.slice(from));
    if (unfinished) held = { number, text: unfinished[0].trim() };
    return pieces;
  }

  function end(): BibtexPiece[] {
    return open ? [finish(false)] : [];
  }

  return { push, end };
}

function begin(found: RegExpExecArray, line: number, bodyLine: number): Open {
  return {
    type: found[1]!.toLowerCase(),
    line,
    bodyLine,
    parenthesis: found[2] === '(',
    depth: 0,
    quoted: false,
    parts: [],
    length: 0,
  };
}

function grow(open: Open, text: string): void {
  const room = MAX_VALUE_LENGTH - open.length;
  open.length += text.length;
  // Beyond the limit only the length is counted.
  if (room > 0) open.parts.push(text.length > room ? text.slice(0, room) : text);
}

/** Where the delimiter stands that ends the entry; -1 where it isn't in this line. */
function closingAt(open: Open, text: string, from: number): number {
  const special = open.parenthesis ? /[{}")]/g : /[{}]/g;
  special.lastIndex = from;
  for (let found = special.exec(text); found; found = special.exec(text)) {
    if (found[0] === '{') open.depth += 1;
    else if (found[0] === '}') {
      if (open.depth > 0) open.depth -= 1;
      else if (!open.parenthesis) return found.index;
    } else if (open.depth === 0) {
      if (found[0] === '"') open.quoted = !open.quoted;
      else if (!open.quoted) return found.index;
    }
  }
  return -1;
}
