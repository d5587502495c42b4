/** A JSON value's text and the line it begins in. */
export interface JsonText {
  line: number;
  text: string;
}

/** A value that was given up. */
export interface JsonGap {
  line: number;
  reason: string;
  text: string;
}

export type JsonPiece = ({ kind: 'value' } & JsonText) | ({ kind: 'gap' } & JsonGap);

/** Longest text of one value: more than a hundred times a long abstract. Bounds memory whatever the file. */
export const MAX_VALUE_LENGTH = 1_048_576;

/**
 * Cuts lines of JSON into values. Usually each line is one; an array (`[{…}, {…}]`) and objects written over
 * several lines are recognised from the first lines and cut at their brackets. Memory holds one value.
 */
export function createJsonCutter() {
  let held: JsonText | null = null;
  let scanner: ReturnType<typeof createScanner> | null = null;
  let byLine = false;

  function push(line: JsonText): JsonPiece[] {
    if (scanner) return scanner.push(line);
    const text = line.text.trim();
    if (text === '') return [];
    if (byLine) return [asValue(line)];
    if (!held) {
      if (text.startsWith('[')) {
        scanner = createScanner();
        return scanner.push(line);
      }
      if (isJson(text)) {
        byLine = true;
        return [asValue(line)];
      }
      held = line;
      return [];
    }
    // In JSON lines every line begins an object; in an object over several lines the second one doesn't.
    if (text.startsWith('{')) {
      byLine = true;
      const pieces = [asValue(held), asValue(line)];
      held = null;
      return pieces;
    }
    scanner = createScanner();
    const pieces = [...scanner.push(held), ...scanner.push(line)];
    held = null;
    return pieces;
  }

  /** What is left when the input has ended. */
  function end(): JsonPiece[] {
    return scanner ? scanner.end() : held ? [asValue(held)] : [];
  }

  return { push, end };
}

function asValue({ line, text }: JsonText): JsonPiece {
  // The comma of an array that was cut into lines.
  return { kind: 'value', line, text: text.trim().replace(/(?<=\}),$/, '') };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The value that is being read. */
interface Growing {
  line: number;
  parts: string[];
  length: number;
}

function grow(value: Growing, text: string): void {
  value.length += text.length;
  // Beyond the limit only the length is counted.
  if (value.length <= MAX_VALUE_LENGTH) value.parts.push(text);
}

function finished({ line, parts, length }: Growing): JsonPiece {
  const text = parts.join('');
  return length > MAX_VALUE_LENGTH
    ? { kind: 'gap', line, reason: TOO_LONG, text }
    : { kind: 'value', line, text };
}

/** Cuts at the brackets, outside strings. A string never goes over a line's end: there a lost quote is noticed. */
function createScanner() {
  let depth = 0;
  let arrayAt: number | null = null;
  let value: Growing = { line: 0, parts: [], length: 0 };

  function push({ line, text }: JsonText): JsonPiece[] {
    const pieces: JsonPiece[] = [];
    const special = /["{}[\]]/g;
    let from = 0;
    for (let found = special.exec(text); found; found = special.exec(text)) {
      const at = found.index;
      const char = found[0];
      if (char === '"') {
        if (depth > 0) special.lastIndex = stringEnd(text, at);
        continue;
      }
      const opens = char === '{' || char === '[';
      if (depth > 0) {
        depth += opens ? 1 : -1;
        if (depth > 0) continue;
        grow(value, text.slice(from, at + 1));
        pieces.push(finished(value));
        from = at + 1;
        continue;
      }
      pieces.push(...strayOf(text.slice(from, at), line));
      if (opens && (char === '{' || arrayAt !== null)) {
        depth = 1;
        value = { line, parts: [], length: 0 };
        from = at;
        continue;
      }
      arrayAt = char === '[' ? line : char === ']' ? null : arrayAt;
      from = at + 1;
    }
    if (depth > 0) grow(value, `${text.slice(from)}\n`);
    else pieces.push(...strayOf(text.slice(from), line));
    return pieces;
  }

  function end(): JsonPiece[] {
    if (depth > 0) {
      const reason = 'the file ends inside the value that begins here';
      return [{ kind: 'gap', line: value.line, reason, text: value.parts.join('') }];
    }
    if (arrayAt === null) return [];
    return [
      { kind: 'gap', line: arrayAt, reason: 'the file ends before the array that begins here', text: '' },
    ];
  }

  return { push, end };
}

const TOO_LONG = `this value is longer than ${MAX_VALUE_LENGTH} characters: too long for a paper`;

/** What stands between values: commas, or something that is no object. */
function strayOf(text: string, line: number): JsonPiece[] {
  const stray = text.replace(/^[\s,]+|[\s,]+$/g, '');
  return stray === '' ? [] : [{ kind: 'value', line, text: stray }];
}

/** Behind the string that begins at `at`, or the line's end. */
function stringEnd(text: string, at: number): number {
  const stop = /["\\]/g;
  stop.lastIndex = at + 1;
  for (let found = stop.exec(text); found; found = stop.exec(text)) {
    if (found[0] === '"') return found.index + 1;
    stop.lastIndex = found.index + 2;
  }
  return text.length;
}
