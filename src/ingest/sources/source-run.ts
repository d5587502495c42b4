import type { ParseProblem } from '../../papers/paper.js';
import type { SourceRequest } from './source.js';

/** How far a source was read: what it is, its kind alone knows. */
export type Cursor = Readonly<Record<string, unknown>>;

export interface Source extends SourceRequest {
  id: number;
  isOn: boolean;
  origin: 'file' | 'command';
  cursor: Cursor | null;
  nextAt: Date;
  /** Pulls in a row that came to nothing. */
  failures: number;
  createdAt: Date;
}

/** Thrown where a run would write how far it came of what the source isn't any more. */
export class SourceChanged extends Error {
  constructor() {
    super('it was changed or removed while it was pulled');
  }
}

/** A paper that was announced and whose record is still to be fetched. */
export interface AnnouncedRef {
  /** arXiv id without version. */
  ref: string;
  version: number | null;
  announcedAt: Date;
  tries: number;
}

export type RunOutcome = 'done' | 'later' | 'failed' | 'broken off';

export interface RunCounts {
  requests: number;
  /** Papers that the source named. */
  announced: number;
  added: number;
  updated: number;
  /** Known already, and nothing new of them. */
  unchanged: number;
  merged: number;
  /** Entries that could not be taken in: `problemList` has the first of them. */
  failed: number;
  /** Announced papers whose records the source didn't have yet. */
  waiting: number;
}

export interface SourceRun extends RunCounts {
  id: number;
  startedAt: Date;
  /** null: under way, or broken off. */
  finishedAt: Date | null;
  /** null: under way, or broken off and nobody has noticed yet. */
  outcome: RunOutcome | null;
  /** Why it wasn't done. */
  problem: string | null;
  note: string | null;
  problemList: ParseProblem[];
}

/** Problems of a run kept word for word; all are counted. */
export const MAX_RUN_PROBLEMS = 100;

/** Runs of a source that a list has at most. */
export const MAX_RUNS = 200;
