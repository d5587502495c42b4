import type { ParsedEntry } from '../../papers/paper.js';

/** A line of text and its number, from 1. */
export interface Line {
  number: number;
  text: string;
  /** False where the line goes on in the next text (see `takesParts`); true when absent. */
  ends?: boolean | undefined;
}

/** A paper named by its id alone: enough to look it up, too little to take it in. */
export interface NamedPaper {
  kind: 'named';
  line: number;
  /** A public id (papers/paper-id.ts). */
  ref: string;
}

export type InputEntry = ParsedEntry | NamedPaper;

/** Fed line by line, it holds no more than the entry that it is in. It never throws for bad input. */
export interface LineParser {
  /** Longer lines (bytes) come in parts of this length; to parsers without it they don't come at all. */
  takesParts?: number;
  push(line: Line): InputEntry[];
  /** True when it reads nothing of what follows; never where it is absent. */
  isOver?(): boolean;
  /** What is left when the input has ended. */
  end(): InputEntry[];
}
