import { withoutFormulaGuard } from '../../papers/export/csv.js';
import type { ParsedEntry, SourceName } from '../../papers/paper.js';
import { type CsvHeader, isDelimiterLine, readHeader } from './csv/header.js';
import { type CsvRow, createRowCutter, MAX_ROW_LENGTH } from './csv/rows.js';
import { type JsonObject, mendArxivId } from './json-fields.js';
import { paperOf } from './jsonl.js';
import type { Line, LineParser } from './line-parser.js';
import { excerpt } from './text.js';

/** Where papers say what prose lacks: a digit. */
const withDigits = new Set(
  'date published publication_date published_at year url id arxiv_id doi updated'.split(' '),
);

/**
 * CSV with a header: names as in `parseJsonPaper`, in any case and order, with a comma, a semicolon or a tab between
 * them; a title at least. One paper a row, and a problem for what had to be left out of it. A row with more or fewer
 * cells than the header, or whose quotes don't fit, is a problem and no paper.
 */
export function createCsvParser({ source = 'csv' }: { source?: SourceName | undefined } = {}): LineParser {
  let header: CsvHeader | null = null;
  let rows: ReturnType<typeof createRowCutter> | null = null;
  let isRefused = false;

  function begin({ number, text }: Line): ParsedEntry[] {
    if (text.trim() === '' || isDelimiterLine(text)) return [];
    header = readHeader(text);
    if (header === null) {
      isRefused = true;
      const reason =
        'this is no header with a title: expected names with commas, semicolons or tabs between, such as title,abstract,authors,date,url,venue,id';
      return [problem(number, reason, text)];
    }
    const { delimiter, fields } = header;
    rows = createRowCutter({ delimiter, isWhole: (cells) => isWhole(cells, fields) });
    return [];
  }

  function entriesOf(row: CsvRow): ParsedEntry[] {
    const { line, text } = row;
    if (row.kind === 'fault') {
      const reason = `the quotes of this row don't fit (one is missing, or stands alone inside a cell, or it is longer than ${MAX_ROW_LENGTH} characters): it was not read, nor what follows up to the next whole row`;
      return [problem(line, reason, text)];
    }
    const { fields } = header!;
    const cells = withoutEmptyEnd(row.cells, fields.length);
    if (cells.every((cell) => cell.trim() === '')) return [];
    if (cells.length !== fields.length) {
      const reason = `this row has ${cells.length} cells: expected ${fields.length}, as in the header`;
      return [problem(line, reason, text)];
    }
    return paperOf(objectOf(fields, cells), { line, text, source });
  }

  return {
    isOver: () => isRefused,
    push: (line) => {
      if (isRefused) return [];
      return rows === null ? begin(line) : rows.push(line).flatMap(entriesOf);
    },
    end: () => rows?.end().flatMap(entriesOf) ?? [],
  };
}

/** Spreadsheets end rows with empty cells that no column has. */
function withoutEmptyEnd(cells: readonly string[], width: number): readonly string[] {
  return cells.slice(width).every((cell) => cell.trim() === '') ? cells.slice(0, width) : cells;
}

/** As many cells as names, and a digit where one is due: a line of an abstract may have as many commas. */
function isWhole(cells: readonly string[], fields: CsvHeader['fields']): boolean {
  const read = withoutEmptyEnd(cells, fields.length);
  if (read.length !== fields.length) return false;
  const dated = read.filter((_, index) => withDigits.has(fields[index] ?? ''));
  return dated.length === 0 || dated.some((cell) => /\d/.test(cell));
}

function objectOf(fields: CsvHeader['fields'], cells: readonly string[]): JsonObject {
  const object: Record<string, unknown> = {};
  for (const [index, name] of fields.entries()) {
    const cell = withoutFormulaGuard(cells[index]!);
    // Of two columns of one name the first that holds anything.
    if (name !== null && cell.trim() !== '') object[name] ??= cellValue(name, cell);
  }
  return object;
}

function cellValue(name: string, cell: string): string | string[] {
  if (name === 'id') return mendArxivId(cell);
  const isList = /^\s*\[.*\]\s*$/s.test(cell) && ['authors', 'author', 'categories'].includes(name);
  return isList ? listOf(cell) : cell;
}

/** `['Ann Lee', "Dan O'Brien"]`: how data frames write lists, and JSON. */
function listOf(cell: string): string[] {
  const items = cell.matchAll(/(?<=[[,]\s*)(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")(?=\s*[,\]])/g);
  return Array.from(items, ([, single, double]) => (single ?? double ?? '').replace(/\\(.)/g, '$1'));
}

function problem(line: number, reason: string, text: string): ParsedEntry {
  return { kind: 'problem', problem: { line, reason, excerpt: excerpt(text) } };
}
