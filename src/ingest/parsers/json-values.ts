import { createJsonScanner, type JsonPiece, type JsonShape, type JsonText } from './json-scanner.js';

export { type JsonPiece, MAX_VALUE_LENGTH } from './json-scanner.js';

/** Every value stands alone or in an array, and all of it is read. */
const plain: JsonShape = { holdsValues: () => false, isOfValue: () => false, isRead: () => true };

/**
 * Cuts lines of JSON into values. Usually each line is one; an array (`[{…}, {…}]`), objects written over several
 * lines and documents that hold values (`{"data": [{…}]}`) are recognised from the first lines and cut at their
 * brackets. Memory holds one value.
 */
export function createJsonCutter(shape: JsonShape = plain) {
  const scanner = createJsonScanner(shape);
  let layout: 'unknown' | 'lines' | 'document' = 'unknown';

  function push(input: JsonText): JsonPiece[] {
    if (layout === 'document') return scanner.push(input);
    if (layout === 'lines') return pushLine(input);
    const text = input.text.trim();
    if (text === '') return [];
    if (scanner.isOpen()) {
      // In JSON lines every line begins an object; in an object over several lines the second one doesn't.
      layout = text.startsWith('{') && scanner.isInObject() ? 'lines' : 'document';
      return layout === 'lines' ? [...scanner.breakOff(), ...pushLine(input)] : scanner.push(input);
    }
    const pieces = scanner.push(input);
    if (text.startsWith('[') || input.ends === false) layout = 'document';
    else if (!scanner.isOpen() && pieces.some((piece) => piece.text.startsWith('{'))) layout = 'lines';
    return pieces;
  }

  function pushLine(input: JsonText): JsonPiece[] {
    const pieces = scanner.push(input);
    return input.ends === false ? pieces : [...pieces, ...scanner.breakOff()];
  }

  /** What is left when the input has ended. */
  function end(): JsonPiece[] {
    return layout === 'unknown' ? scanner.breakOff() : scanner.end();
  }

  return { push, end };
}
