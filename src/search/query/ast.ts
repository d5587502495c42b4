import type { PartialDate } from '../../papers/paper.js';

/** Characters `start` (inclusive) to `end` (exclusive) of the query as it was typed, in code points from 0. */
export interface Span {
  start: number;
  end: number;
}

/** Fields of which an operator requires words: `title:attention`, `author:"yann lecun"`. */
export const textFields = ['title', 'author', 'venue'] as const;
export type TextField = (typeof textFields)[number];

/** Fields of which an operator requires one whole value: `category:cs.LG` (or all of an archive: `cs`), `source:jsonl`. */
export const valueFields = ['category', 'source'] as const;
export type ValueField = (typeof valueFields)[number];

export const sinceUnits = ['d', 'w', 'm', 'y'] as const;
export type SinceUnit = (typeof sinceUnits)[number];

/** What a paper is required to match, or forbidden to. Texts are as typed, in NFKC; `span` covers all of the term. */
export type Condition =
  /** A word in title or abstract, in any inflection. Only below `not` and `or`: alone it ranks and requires nothing. */
  | { kind: 'word'; text: string; span: Span }
  /** These words in title or abstract, one after the other. */
  | { kind: 'phrase'; text: string; span: Span }
  /** These words of the field: one after the other where `quoted` (of a name in any order), else it is one word. */
  | { kind: 'text'; field: TextField; text: string; quoted: boolean; span: Span }
  | { kind: 'value'; field: ValueField; text: string; span: Span }
  | { kind: 'has'; what: 'code'; span: Span }
  /** At least so many. */
  | { kind: 'upvotes'; min: number; span: Span };

/** A bound of the date of publication; both ends belong to the range, and a month or year means all of its days. */
export type DateBound =
  | { kind: 'from'; date: PartialDate; span: Span }
  | { kind: 'to'; date: PartialDate; span: Span }
  | { kind: 'since'; amount: number; unit: SinceUnit; span: Span };

/** One part of a query, in the order typed. All but `word` and `like` are requirements, each for itself. */
export type Term =
  | Condition
  | DateBound
  | { kind: 'not'; term: Condition; span: Span }
  /** At least one of two or more. */
  | { kind: 'or'; terms: Condition[]; span: Span }
  /** Ranks what is near to a paper higher; `negative`: lower. The paper itself is no hit. `ref`: any spelling of an id. */
  | { kind: 'like'; ref: string; negative: boolean; span: Span };

/** A query as it was read. */
export interface Query {
  terms: Term[];
}
