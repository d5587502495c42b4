import type { LexicalDocument } from './document.js';
import type { Condition } from './queries/conditions.js';
import type { Facets } from './queries/facets.js';
import type { RankTerm, ScoredKey, TermScore } from './queries/rank.js';

export const orders = ['relevance', 'newest', 'upvoted', 'trending'] as const;
export type Order = (typeof orders)[number];
/** Orders by a column of what is known of each paper. */
export type ColumnOrder = Exclude<Order, 'relevance'>;

/** Where a page of an order other than relevance goes on: behind this value of the column and this key. */
export interface OrderPosition {
  value: number;
  key: number;
}

export interface LexicalQuery {
  /** What ranks; empty: nothing does. */
  terms: readonly RankTerm[];
  /** Only so many of them rank, those that tell most: of a whole text most words tell little and cost as much. Default: all. */
  maxTerms?: number | undefined;
  /** What is required, each for itself. */
  conditions: readonly Condition[];
  /** Hits asked for. */
  k: number;
  /** Papers whose scores are wanted too. */
  also?: readonly number[] | undefined;
  /** Counts by category, source and year: of all papers that fulfil the conditions, or of those alone in which a term is found. */
  facets?: boolean | 'matching' | undefined;
  /** The words of the query, where titles like it and slips in them are looked for. */
  words?: readonly string[] | undefined;
}

export interface LexicalAnswer {
  /** By score, best first. */
  hits: ScoredKey[];
  /** Scores of `also`, in its order; 0 where no term is found or the paper isn't there. */
  also: number[];
  /** Papers that fulfil the conditions, and those of them in which a term is found. */
  passing: number;
  matching: number;
  facets: Facets | null;
  /** Of each term, how rare it is: the natural logarithm of one through its share of the papers. */
  rarity: number[];
  /** Papers whose titles look much like the query, the likeliest first. */
  titles: number[];
  /** What was probably meant by each of `words`; null where it seems right. */
  meant: (string | null)[];
}

/** Papers that fulfil all conditions. */
export interface Subset {
  count: number;
  /** Papers there are in all. */
  total: number;
  /** All of them where they are at most as many as asked for, else null. */
  keys: Uint32Array<ArrayBuffer> | null;
  /** One bit a key, the lowest first; null beside `keys`. */
  bits: Uint8Array<ArrayBuffer> | null;
}

export interface OrderedQuery {
  conditions: readonly Condition[];
  order: ColumnOrder;
  after: OrderPosition | null;
  k: number;
  facets?: boolean | undefined;
}

export interface OrderedAnswer {
  hits: OrderPosition[];
  passing: number;
  facets: Facets | null;
}

export interface Completions {
  /** Papers in whose titles the words are, the most upvoted and newest first. */
  titles: number[];
  /** Papers with such an author. */
  authors: number[];
  categories: string[];
}

/** The word index as searches see it. Every call is bounded in time and throws `timeout` beyond. */
export interface LexicalSearcher {
  search(query: LexicalQuery): Promise<LexicalAnswer>;
  subset(conditions: readonly Condition[], maxKeys: number): Promise<Subset>;
  ordered(query: OrderedQuery): Promise<OrderedAnswer>;
  /** What each term gives each of these papers. */
  explain(terms: readonly RankTerm[], keys: readonly number[]): Promise<TermScore[][]>;
  complete(text: string, limit: number): Promise<Completions>;
  /** When the latest paper of the index came in, in milliseconds since 1970; 0 where there is none. */
  latest(): Promise<number>;
}

export interface LexicalChanges {
  /** Each paper at most once. */
  put: LexicalDocument[];
  removed: number[];
  /** The last change among them. */
  watermark: bigint;
}

export interface LexicalStats {
  papers: number;
  /** Slots of papers that were replaced or removed, until the next clearing out. */
  dead: number;
  segments: number;
  bytes: number;
  watermark: bigint;
  /** When the latest paper came in, in milliseconds since 1970; 0 where there is none. */
  latest: number;
}

/** An index with its snapshots: in a thread of its own (worker/client.ts), or in this one. */
export interface LexicalEngine extends LexicalSearcher {
  /** Loads what was saved. `problems` says of each snapshot that was passed over why. */
  open(): Promise<{ watermark: bigint; problems: string[] }>;
  /** How many of these documents it holds with just these words. */
  compare(documents: readonly LexicalDocument[]): Promise<number>;
  apply(changes: LexicalChanges): Promise<LexicalStats>;
  /** Errors: `snapshot_failed`. */
  save(): Promise<{ file: string; bytes: number }>;
  /** Empties it, and what was saved of it. */
  reset(): Promise<void>;
  close(): Promise<void>;
}
