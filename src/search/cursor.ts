import { createHash } from 'node:crypto';
import { AppError } from '../platform/errors.js';
import { type ColumnOrder, type OrderPosition, orders } from './lexical/ports.js';
import { createByteReader, createByteWriter } from './lexical/segments/bytes.js';

/**
 * Where the next page begins. By relevance: which papers were served; the next ones are the best of all others. Nothing
 * repeats then and nothing is skipped, whatever came in, was rebuilt or is scored a little differently since. Other orders
 * go on behind a place in the column.
 */
export type Cursor =
  | { order: 'relevance'; mode: string; served: number[] }
  | { order: ColumnOrder; after: OrderPosition; rank: number };

/** What a cursor is good for: everything that says what is searched for and how. */
export type CursorScope = Readonly<Record<string, unknown>>;

/** Longest cursor: a thousand papers, served one page after the other, take 2 to 3 bytes each. */
export const MAX_CURSOR_LENGTH = 8_000;

/** Opaque, URL-safe, bound to its scope. */
export function encodeCursor(cursor: Cursor, scope: CursorScope): string {
  const state =
    cursor.order === 'relevance'
      ? [cursor.order, cursor.mode, packKeys(cursor.served)]
      : [cursor.order, cursor.after.value, cursor.after.key, cursor.rank];
  return Buffer.from(JSON.stringify([digest(scope), ...state])).toString('base64url');
}

/** @throws AppError invalid_cursor */
export function decodeCursor(text: string, scope: CursorScope): Cursor {
  const [hash, order, a, b, c] = parse(text);
  if (hash !== undefined && hash !== digest(scope)) {
    throw invalid('it belongs to another search; begin again at the first page');
  }
  if (order === 'relevance' && typeof a === 'string' && typeof b === 'string') {
    return { order, mode: a, served: unpackKeys(b) };
  }
  if (isColumnOrder(order) && Number.isFinite(a) && isCount(b) && isCount(c)) {
    return { order, after: { value: a as number, key: b }, rank: c };
  }
  throw invalid('expected the nextCursor of an earlier answer');
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isColumnOrder(value: unknown): value is ColumnOrder {
  return value !== 'relevance' && (orders as readonly unknown[]).includes(value);
}

function packKeys(keys: readonly number[]): string {
  const writer = createByteWriter();
  let before = 0;
  for (const key of [...keys].sort((a, b) => a - b)) {
    writer.number(key - before);
    before = key;
  }
  return Buffer.from(writer.take()).toString('base64url');
}

function unpackKeys(text: string): number[] {
  const bytes = Buffer.from(text, 'base64url');
  const reader = createByteReader(bytes);
  const keys: number[] = [];
  let before = 0;
  while (reader.at < bytes.length) {
    before += reader.number();
    if (!isCount(before)) throw invalid('expected the nextCursor of an earlier answer');
    keys.push(before);
  }
  return keys;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function digest(scope: CursorScope): string {
  return createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 10);
}

function invalid(reason: string): AppError {
  return new AppError('invalid_cursor', `cursor: ${reason}.`, { details: { field: 'cursor' } });
}
