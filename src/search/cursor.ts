import { createHash } from 'node:crypto';
import { AppError } from '../platform/errors.js';
import type { SearchMode } from './search.js';

/** The last result of a page: the next one begins right behind it, whatever came in since. */
export interface Cursor {
  score: number;
  key: number;
  /** How many results were served before. */
  rank: number;
  mode: SearchMode;
}

/** Opaque, URL-safe, bound to its query: a cursor of another query would skip silently. */
export function encodeCursor({ score, key, rank, mode }: Cursor, query: string): string {
  return Buffer.from(JSON.stringify([score, key, rank, mode, digest(query)])).toString('base64url');
}

/** @throws AppError invalid_cursor */
export function decodeCursor(text: string, query: string): Cursor {
  const [score, key, rank, mode, hash] = parse(text);
  const valid =
    typeof score === 'number' && isCount(key) && isCount(rank) && (mode === 'semantic' || mode === 'keyword');
  if (!valid) throw invalid('expected the nextCursor of an earlier answer');
  if (hash !== digest(query)) throw invalid('it belongs to another query');
  return { score, key, rank, mode };
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function digest(query: string): string {
  return createHash('sha256').update(query).digest('base64url').slice(0, 8);
}

function invalid(reason: string): AppError {
  return new AppError('invalid_cursor', `cursor: ${reason}.`, { details: { field: 'cursor' } });
}
