import type { ArxivRef } from '../../../papers/paper-id.js';
import type { ListingDate } from '../dates.js';

interface Position {
  /** Line in the text, from 1. */
  line: number;
  /** A blank line stands before it. */
  gap: boolean;
}

/** A line that is, or may be, part of a title or an abstract. */
export interface TextToken extends Position {
  kind: 'text';
  text: string;
  /** A Markdown heading's depth; 0: none. */
  heading: number;
  /** Known as page furniture, but short enough to be a title. */
  likelyFurniture: boolean;
  /** Read as a date or a number at first, but the sentence goes on below it. */
  inSentence?: true;
  /** The paper that the line links to. */
  arxiv: ArxivRef | null;
  url: string | null;
}

/** What a line says about a paper besides title and abstract. */
export type Meta =
  | { kind: 'authors'; count: number }
  | { kind: 'dot' }
  /** `dotted`: it says on its own that it is a paper's date (`· Published on …`). */
  | { kind: 'date'; date: ListingDate; comments: number | null; dotted: boolean }
  | { kind: 'organisation' }
  /** null: `-`, none yet. */
  | { kind: 'upvotes'; value: number | null }
  | { kind: 'comments'; value: number }
  /** null: a link to it without their number, or `-`. */
  | { kind: 'repository'; stars: number | null }
  /** A number alone: upvotes or comments, depending on where it stands; null: `-`. */
  | { kind: 'count'; value: number | null }
  | { kind: 'link'; arxiv: ArxivRef | null }
  | { kind: 'submitter' };

export type MetaToken = Position & Meta & { text: string };

export interface FurnitureToken extends Position {
  kind: 'furniture';
}

export type Token = TextToken | MetaToken | FurnitureToken;
