import { parse } from 'csv-parse/sync';

/**
 * The cells of one row, which may hold line breaks between quotes; null where its quotes don't fit. `isRelaxed`: a quote
 * inside a cell that doesn't begin with one is a character like any other (`a 5" disk`). An empty text has no cells.
 */
export function parseCells(row: string, delimiter: string, { isRelaxed = false } = {}): string[] | null {
  try {
    const rows = parse(row, {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      relax_quotes: isRelaxed,
      // Programs that write tabs often don't quote at all.
      ...(isRelaxed && delimiter === '\t' && { quote: false }),
      // Spaces around quotes: people write `a, "b"`. A tab is white space too, and ends cells here.
      trim: delimiter !== '\t',
    });
    return rows.length > 1 ? null : (rows[0] ?? []);
  } catch {
    return null;
  }
}
