import { AppError } from '../platform/errors.js';
import { type Order, orders } from './lexical/ports.js';
import type { QueryFilters } from './query/filters.js';

export const MAX_LIMIT = 100;
export const DEFAULT_LIMIT = 20;

/** Deepest rank that is served by relevance: beyond it similarity says nothing, and the indexes would be searched whole. */
export const MAX_DEPTH = 1_000;

export const searchModes = ['hybrid', 'semantic', 'keyword'] as const;
export type SearchMode = (typeof searchModes)[number];

export interface SearchRequest {
  /** In the query language (query/parse.ts); '' where the filters alone say what is wanted. */
  query: string;
  filters?: QueryFilters | undefined;
  /** Ranks besides the query, and is no query: a text of any length, in which nothing is an operator. Not over HTTP. */
  text?: string | undefined;
  /** Papers that may be hits, by row number. Not over HTTP. */
  within?: readonly number[] | undefined;
  /** Hybrid unless asked otherwise; falls back to what can answer, and says so. */
  mode?: SearchMode | undefined;
  /** By relevance unless asked otherwise. Other orders require all words of the query. */
  sort?: Order | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Share of meaning in hybrid search, 0 to 1; the rest are words. */
  weight?: number | undefined;
  /** Hits with a lower score are left out. */
  minScore?: number | undefined;
  /** The collection as it was then: papers that came in later are left out. */
  asOf?: Date | undefined;
  facets?: boolean | undefined;
  explain?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export const sortOrders = orders;

/** @throws AppError invalid_input that names the field */
export function checkRequest({ limit = DEFAULT_LIMIT, weight, minScore, asOf }: SearchRequest): {
  limit: number;
} {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw invalid('limit', `a whole number from 1 to ${MAX_LIMIT}`);
  if (weight !== undefined && !(weight >= 0 && weight <= 1)) throw invalid('weight', 'a number from 0 to 1');
  if (minScore !== undefined && !Number.isFinite(minScore)) throw invalid('minScore', 'a number');
  if (asOf !== undefined && Number.isNaN(asOf.getTime()))
    throw invalid('asof', 'a time such as 2026-03-01T12:00:00Z');
  return { limit };
}

export function invalid(field: string, expected: string): AppError {
  return new AppError('invalid_input', `${field}: expected ${expected}.`, { details: { field } });
}
