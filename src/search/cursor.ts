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

/** What a cursor is good for: scores of another query or another model would skip silently. */
export interface CursorScope {
  query: string;
  modelId: string;
}

/** Opaque, URL-safe, bound to its scope. */
export function encodeCursor({ score, key, rank, mode }: Cursor, scope: CursorScope): string {
  const parts = [score, key, rank, mode, digest(scope.query), modelDigest(mode, scope)];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws AppError invalid_cursor */
export function decodeCursor(text: string, scope: CursorScope): Cursor {
  const [score, key, rank, mode, queryHash, modelHash] = parse(text);
  const valid =
    typeof score === 'number' && isCount(key) && isCount(rank) && (mode === 'semantic' || mode === 'keyword');
  if (!valid) throw invalid('expected the nextCursor of an earlier answer');
  if (queryHash !== digest(scope.query)) throw invalid('it belongs to another query');
  if (modelHash !== modelDigest(mode, scope))
    throw invalid('the embedding model has changed since; begin again at the first page');
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

/** Keyword ranks don't depend on the model. */
function modelDigest(mode: SearchMode, { modelId }: CursorScope): string {
  return mode === 'semantic' ? digest(modelId) : '';
}

function digest(query: string): string {
  return createHash('sha256').update(query).digest('base64url').slice(0, 8);
}

function invalid(reason: string): AppError {
  return new AppError('invalid_cursor', `cursor: ${reason}.`, { details: { field: 'cursor' } });
}
