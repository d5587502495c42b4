import type { Line } from '../line-parser.js';
import { parseCells } from './cells.js';

/** Characters and lines of one row: twenty times the longest abstract, and more lines than any has. */
export const MAX_ROW_LENGTH = 1_000_000;
export const MAX_ROW_LINES = 2_000;

export type CsvRow =
  | { kind: 'row'; line: number; text: string; cells: string[] }
  /** Quotes that don't fit; reading goes on with the next line. */
  | { kind: 'fault'; line: number; text: string };

export interface RowCutterOptions {
  delimiter: string;
  /** Cells that a row has to have for lines behind a fault to count as one; called for these alone. */
  isWhole: (cells: readonly string[]) => boolean;
}

interface HeldLine {
  number: number;
  text: string;
  /** An odd count of quotes: a quoted cell opens or closes in it, and goes over the line's end. */
  isOdd: boolean;
}

/**
 * Cuts lines into rows. A row ends at a line's end where its quotes are paired. One that can't be read so, or
 * grows beyond the bounds, loses its first line alone: the lines behind that are read anew, and what isn't a whole row
 * there belongs to the same fault. So a lost quote costs its row, and at most the rows up to the next that is whole.
 */
export function createRowCutter({ delimiter, isWhole }: RowCutterOptions) {
  const held: HeldLine[] = [];
  let heldLength = 0;
  /** Lines of `held` that are known not to close its first. */
  let seen = 1;
  let isLost = false;

  function take(count: number): { line: number; text: string } {
    const lines = held.splice(0, count);
    const text = lines.map((line) => line.text).join('\n');
    heldLength -= text.length + 1;
    seen = 1;
    return { line: lines[0]!.number, text };
  }

  /** The row of the first `count` lines, or a fault of the first line. */
  function cut(count: number): CsvRow[] {
    const lines = held.slice(0, count).map(({ text }) => text);
    const strict = parseCells(lines.join('\n'), delimiter);
    if (strict !== null && (!isLost || isWhole(strict))) {
      isLost = false;
      return [{ kind: 'row', ...take(count), cells: strict }];
    }
    const relaxed = parseCells(lines[0]!, delimiter, { isRelaxed: true });
    const first = take(1);
    if (relaxed !== null && isWhole(relaxed)) {
      isLost = false;
      return [{ kind: 'row', ...first, cells: relaxed }];
    }
    const wasLost = isLost;
    isLost = true;
    return wasLost ? [] : [{ kind: 'fault', ...first }];
  }

  /** Everything that is sure by now; `isEnd`: nothing follows. */
  function drain(isEnd: boolean): CsvRow[] {
    const rows: CsvRow[] = [];
    while (held.length > 0) {
      const first = held[0]!;
      if (first.text.trim() === '') take(1);
      else if (!first.isOdd) rows.push(...cut(1));
      else {
        while (seen < held.length && !held[seen]!.isOdd) seen += 1;
        if (seen < held.length) rows.push(...cut(seen + 1));
        else if (isEnd || heldLength > MAX_ROW_LENGTH || held.length > MAX_ROW_LINES) rows.push(...cut(1));
        else break;
      }
    }
    return rows;
  }

  return {
    push({ number, text }: Line): CsvRow[] {
      held.push({ number, text, isOdd: (text.split('"').length - 1) % 2 === 1 });
      heldLength += text.length + 1;
      return drain(false);
    },
    end: () => drain(true),
  };
}
