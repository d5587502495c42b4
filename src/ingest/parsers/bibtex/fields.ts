import { MAX_VALUE_LENGTH } from '../json-values.js';

/** Names of @string and what they stand for, in lower case: BibTeX doesn't tell cases apart there. */
export type Macros = ReadonlyMap<string, string>;

export interface BibtexFields {
  /** '' where there is none. */
  key: string;
  /** By lower-case name, as TeX. Of two fields of one name the first counts, as for BibTeX. */
  fields: Map<string, string>;
  /** Where reading ended before the body did; fields before it were read. */
  fault: { at: number; reason: string } | null;
}

export interface FieldsOptions {
  macros: Macros;
  /** False for the body of @string, which has no key. */
  keyed?: boolean;
  /** False where the cutter found no end: by another reading there may be one. */
  closed?: boolean;
}

/**
 * A body's fields. Files that write a single brace as `\{` are no BibTeX, but exist: read so if nothing else makes
 * sense.
 */
export function readFields(body: string, options: FieldsOptions): BibtexFields {
  const strict = createReader(body, { ...options, escapes: false }).read();
  if (!strict.fault || !/\\[{}]/.test(body)) return strict;
  const lenient = createReader(body, { ...options, escapes: true }).read();
  return lenient.fault ? strict : lenient;
}

const blank = /(?:[\s,]+|%[^\n]*(?:\n|$))*/y;
const space = /\s*/y;
const keyPart = /([^,={}"]*)(?:,|$)/y;
const name = /[^\s={}",#%()]+/y;
const bare = /[^\s,#{}"]+/y;

function createReader(body: string, options: FieldsOptions & { escapes: boolean }) {
  const { macros, keyed = true, closed = true, escapes } = options;
  let at = 0;

  function take(pattern: RegExp): string {
    pattern.lastIndex = at;
    const found = pattern.exec(body);
    if (found) at = pattern.lastIndex;
    return found?.[0] ?? '';
  }

  function read(): BibtexFields {
    const fields = new Map<string, string>();
    const key = keyed ? readKey() : '';
    const fault = (reason: string): BibtexFields => ({ key, fields, fault: { at, reason } });
    for (;;) {
      take(blank);
      const ends = closed ? at >= body.length : escapes && body[at] === '}';
      if (ends) return { key, fields, fault: null };
      if (at >= body.length) return fault('its end is missing');
      const field = take(name).toLowerCase();
      if (field === '') return fault(`expected the name of a field, found “${body[at]}”`);
      take(space);
      if (body[at] !== '=') return fault(`expected = behind “${field.slice(0, 40)}”`);
      at += 1;
      const value = readValue();
      if (value === null) return fault(`the value of “${field.slice(0, 40)}” can't be read to its end`);
      if (!fields.has(field) && value.trim() !== '') fields.set(field, value);
    }
  }

  function readKey(): string {
    keyPart.lastIndex = 0;
    const found = keyPart.exec(body);
    if (!found) return '';
    at = keyPart.lastIndex;
    return found[1]!.trim();
  }

  /** `{…}`, `"…"`, a number or a macro, several of them with `#` between; null where it doesn't end or is too long. */
  function readValue(): string | null {
    const parts: string[] = [];
    let length = 0;
    for (;;) {
      take(space);
      const part = readPart();
      if (part === null) return null;
      parts.push(part);
      length += part.length;
      // Macros made of macros double with every line.
      if (length > MAX_VALUE_LENGTH) return null;
      take(space);
      if (body[at] !== '#') return parts.join('');
      at += 1;
    }
  }

  function readPart(): string | null {
    const opening = body[at];
    if (opening !== '{' && opening !== '"') {
      const word = take(bare);
      // One that isn't defined is an abbreviation from a file that wasn't given: its name says more than nothing.
      return word === '' ? null : (macros.get(word.toLowerCase()) ?? word);
    }
    const end = closing(opening);
    if (end < 0) return null;
    const part = body.slice(at + 1, end);
    at = end + 1;
    return part;
  }

  function closing(opening: '{' | '"'): number {
    const special = /[{}"]/g;
    special.lastIndex = at + 1;
    let depth = 0;
    for (let found = special.exec(body); found; found = special.exec(body)) {
      if (escapes && body[found.index - 1] === '\\') continue;
      if (found[0] === '{') depth += 1;
      else if (found[0] === '"' && opening === '"' && depth === 0) return found.index;
      else if (found[0] === '}') {
        if (depth === 0) return opening === '{' ? found.index : -1;
        depth -= 1;
      }
    }
    return -1;
  }

  return { read };
}
