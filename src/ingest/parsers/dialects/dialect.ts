import type { SourceName } from '../../../papers/paper.js';
import type { JsonObject } from '../json-fields.js';

/** A paper in the fields of `parseJsonPaper`, or why an object is none. */
export type Reading = { paper: JsonObject } | { refused: string };

/** How one service writes papers in JSON. */
export interface Dialect {
  source: SourceName;
  /** Keys of arrays and objects that `read` looks into; others are left out of what is held in memory. */
  nested: readonly string[];
  /** Null for an object of another kind. Never throws. */
  read(object: JsonObject): Reading | null;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of an array; none where it is no array. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A text that shows something; else undefined. */
export function wordsOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** The first that is a venue: many call arXiv one. */
export function venueOf(...names: unknown[]): string | undefined {
  return names.map(wordsOf).find((name) => name !== undefined && !/^\s*(?:arxiv|corr)\b/i.test(name));
}

/** Day of a timestamp; undefined for anything else. */
export function dayOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) ? value.slice(0, 10) : undefined;
}
