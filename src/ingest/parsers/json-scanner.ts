/** Some of a line of JSON, and the line's number. */
export interface JsonText {
  line: number;
  text: string;
  /** False where the line goes on in the next text; true when absent. */
  ends?: boolean | undefined;
}

/** A value that was given up. */
export interface JsonGap {
  line: number;
  reason: string;
  text: string;
}

export type JsonPiece = { kind: 'value'; line: number; text: string } | ({ kind: 'gap' } & JsonGap);

/** What documents look like: where their values stand, and what of a value anybody reads. */
export interface JsonShape {
  /** Whether an object with this key is no value but holds values there: one (`{`) or a list of them (`[`). */
  holdsValues(key: string, bracket: '{' | '['): boolean;
  /** Whether this key says that an object is a value itself: keys behind it hold none. */
  isOfValue(key: string): boolean;
  /** Whether the array or object under this key of a value is read; `parent` is the key that it stands under itself. */
  isRead(key: string, parent: string | undefined): boolean;
}

/** Longest text of one value, without what nobody reads: more than a hundred times a long abstract. Bounds memory. */
export const MAX_VALUE_LENGTH = 1_048_576;

/** Papers nest 6 deep. Deeper than the stack no value can be shown in a problem. */
const MAX_DEPTH = 64;

/** Objects and lists around values: `[{"message": {"items": [` are 4. */
const MAX_AROUND = 8;

/** Keys are looked up by what fits here. */
const MAX_KEY_LENGTH = 64;

/** Characters of numbers and words (`null, null`) that are reported one by one. */
const MAX_LISTED = 1_000;

/** The value that is being read. */
interface Growing {
  line: number;
  parts: string[];
  length: number;
  /** Open brackets, its own included. */
  depth: number;
  /** By depth, as far as MAX_DEPTH: the key whose value is being read; undefined in an array. */
  keys: (string | undefined)[];
  isTooDeep: boolean;
  isSurelyValue: boolean;
  /** The depth of what is being left out; 0 for nothing. */
  skipped: number;
  /** Nobody wants any of it: it stands beside the list of values. */
  isSilent: boolean;
}

/**
 * Cuts at the brackets, outside strings. A string never goes over a line's end: there a lost quote is noticed.
 * Memory holds one value of at most MAX_VALUE_LENGTH.
 */
export function createJsonScanner(shape: JsonShape) {
  /** Open brackets that values stand in, outermost first. */
  let around: { bracket: '{' | '['; line: number }[] = [];
  let value: Growing | null = null;
  let pieces: JsonPiece[] = [];
  let text = '';
  let line = 0;
  /** Where the text begins that has not been dealt with. */
  let from = 0;
  let inString = false;
  let isEscaped = false;
  let lastString = '';
  /** The last key of the object around. */
  let outerKey = '';

  function push(input: JsonText): JsonPiece[] {
    ({ text, line } = input);
    pieces = [];
    from = 0;
    const special = /[":{}[\]]/g;
    special.lastIndex = inString ? readString(0) : 0;
    for (let found = special.exec(text); found; found = special.exec(text)) {
      const at = found.index;
      const char = found[0];
      if (char === '"') {
        if (!isAmongValues()) {
          lastString = '';
          special.lastIndex = readString(at + 1);
        }
      } else if (char === ':') takeKey();
      else if (char === '{' || char === '[') open(char, at);
      else close(char as '}' | ']', at);
    }
    const ends = input.ends ?? true;
    if (ends) {
      inString = false;
      isEscaped = false;
    }
    if (value) grow(value, ends ? `${text.slice(from)}\n` : text.slice(from));
    else takeStray(text.length);
    return pieces;
  }

  /** Outside of every object; there quotes are none of JSON's. */
  function isAmongValues(): boolean {
    return value === null && around.at(-1)?.bracket !== '{';
  }

  /** Behind the string that goes on at `at`, or the end of the text. */
  function readString(at: number): number {
    inString = true;
    const begin = isEscaped ? at + 1 : at;
    isEscaped = false;
    for (let quote = text.indexOf('"', begin); quote >= 0; quote = text.indexOf('"', quote + 1)) {
      if (backslashes(text, begin, quote) % 2 === 1) continue;
      inString = false;
      takeString(at, quote);
      return quote + 1;
    }
    isEscaped = backslashes(text, begin, text.length) % 2 === 1;
    takeString(at, text.length);
    return text.length;
  }

  function takeString(begin: number, end: number): void {
    const room = MAX_KEY_LENGTH - lastString.length;
    if (room > 0) lastString += text.slice(begin, Math.min(end, begin + room));
  }

  function takeKey(): void {
    if (!value) {
      outerKey = lastString;
      return;
    }
    if (value.depth <= MAX_DEPTH) value.keys[value.depth] = lastString;
    if (value.depth === 1 && shape.isOfValue(lastString)) value.isSurelyValue = true;
  }

  function open(bracket: '{' | '[', at: number): void {
    if (value) openInside(value, bracket, at);
    else if (around.at(-1)?.bracket === '{') {
      const holds = around.length < MAX_AROUND && shape.holdsValues(outerKey, bracket);
      if (holds && bracket === '[') openList(bracket, at);
      else begin(at, { isSilent: !holds });
    } else {
      takeStray(at);
      if (bracket === '{' || around.length > 0) begin(at, { isSilent: false });
      else openList(bracket, at);
    }
  }

  function openInside(outer: Growing, bracket: '{' | '[', at: number): void {
    const key = outer.keys[outer.depth];
    const isBeside =
      outer.depth === 1 && !outer.isSurelyValue && !outer.isSilent && around.length < MAX_AROUND - 1;
    if (isBeside && key !== undefined && shape.holdsValues(key, bracket)) {
      around.push({ bracket: '{', line: outer.line });
      value = null;
      if (bracket === '[') openList(bracket, at);
      else begin(at, { isSilent: false });
      return;
    }
    const isUnread = outer.skipped === 0 && key !== undefined && !shape.isRead(key, parentOf(outer));
    outer.depth += 1;
    if (outer.depth <= MAX_DEPTH) outer.keys[outer.depth] = undefined;
    if (isUnread) {
      grow(outer, text.slice(from, at + 1));
      outer.skipped = outer.depth;
    } else if (outer.skipped === 0 && outer.depth > MAX_DEPTH) outer.isTooDeep = true;
  }

  function openList(bracket: '[', at: number): void {
    around.push({ bracket, line });
    from = at + 1;
  }

  function begin(at: number, { isSilent }: { isSilent: boolean }): void {
    value = {
      line,
      parts: [],
      length: 0,
      depth: 1,
      keys: [],
      isTooDeep: false,
      isSurelyValue: false,
      skipped: 0,
      isSilent,
    };
    from = at;
  }

  function close(bracket: '}' | ']', at: number): void {
    if (!value) {
      takeStray(at);
      if (around.at(-1)?.bracket === (bracket === '}' ? '{' : '[')) around.pop();
      from = at + 1;
      return;
    }
    value.depth -= 1;
    if (value.depth < value.skipped) {
      value.skipped = 0;
      from = at;
    }
    if (value.depth > 0) return;
    grow(value, text.slice(from, at + 1));
    finish(value);
    from = at + 1;
  }

  /** What stands between values: commas, or something that is no object. */
  function takeStray(end: number): void {
    if (!isAmongValues()) return;
    const stray = withoutCommas(text.slice(from, end));
    if (stray === '') return;
    const parts =
      stray.length <= MAX_LISTED && /^[\w\s.,+-]+$/.test(stray) ? stray.split(/\s*,[\s,]*/) : [stray];
    for (const part of parts) pieces.push({ kind: 'value', line, text: part });
  }

  function finish(done: Growing): void {
    const piece = { line: done.line, text: done.parts.join('') };
    value = null;
    if (done.isSilent) return;
    const reason =
      done.length > MAX_VALUE_LENGTH
        ? `this value is longer than ${MAX_VALUE_LENGTH} characters: too long for a paper`
        : done.isTooDeep
          ? `this value has more than ${MAX_DEPTH} brackets in each other: too many for a paper`
          : null;
    pieces.push(reason === null ? { kind: 'value', ...piece } : { kind: 'gap', ...piece, reason });
  }

  /** Gives up what is open, as it is at the end of a line that should have been whole. */
  function breakOff(): JsonPiece[] {
    pieces = [];
    const list = around.at(-1);
    if (value && !list) {
      // Its reader says what is wrong with it.
      value.parts = [value.parts.join('').trim()];
      finish(value);
    } else pieces.push(...unfinished('line'));
    value = null;
    around = [];
    return pieces;
  }

  function unfinished(what: 'file' | 'line'): JsonPiece[] {
    if (value && !value.isSilent) {
      const reason = `the ${what} ends inside the value that begins here`;
      return [{ kind: 'gap', line: value.line, reason, text: value.parts.join('') }];
    }
    const last = around.at(-1);
    if (!last) return [];
    const name = last.bracket === '[' ? 'array' : 'object';
    const reason = `the ${what} ends before the ${name} that begins here`;
    return [{ kind: 'gap', line: last.line, reason, text: '' }];
  }

  return {
    push,
    breakOff,
    end: () => unfinished('file'),
    /** Whether a bracket is open. */
    isOpen: () => value !== null || around.length > 0,
    /** Whether an object is open, nothing else, and a bracket would be a mistake there. */
    isInObject: () =>
      value !== null && around.length === 0 && value.depth === 1 && !/:\s*$/.test(value.parts.at(-1) ?? ''),
  };
}

/** Trimmed of spaces and commas, in linear time. */
function withoutCommas(text: string): string {
  let end = text.length;
  while (end > 0 && /[\s,]/.test(text[end - 1]!)) end -= 1;
  return text.slice(0, end).replace(/^[\s,]+/, '');
}

/** How many stand before `end`, one at another, not before `begin`. */
function backslashes(text: string, begin: number, end: number): number {
  let at = end;
  while (at > begin && text[at - 1] === '\\') at -= 1;
  return end - at;
}

function grow(value: Growing, text: string): void {
  if (value.isSilent || value.skipped > 0 || value.isTooDeep) return;
  value.length += text.length;
  // Beyond the limit only the length is counted.
  if (value.length <= MAX_VALUE_LENGTH) value.parts.push(text);
}

/** The key under which the object stands that is being read, looked for through arrays. */
function parentOf({ keys, depth }: Growing): string | undefined {
  return keys.slice(0, Math.min(depth, MAX_DEPTH)).findLast((key) => key !== undefined);
}
