import { titleScore } from './title-score.js';
import type { TextToken } from './tokens.js';

/** How a page was written down. */
export interface Manner {
  /** Lines are broken at a column. */
  wrapped: boolean;
  /** Columns by which broken lines fall short of the widest, beyond what the next word would have needed. */
  slack: number;
  /** Blank lines part titles from abstracts, so that a run of lines is one or the other. */
  parted: boolean;
  /** Blank lines or metadata part papers, so that a run of lines is a title and its abstract. */
  paired: boolean;
}

type Run = readonly TextToken[];

/** Columns at which people and tools break lines; longer lines were not broken. */
const MAX_WRAP_WIDTH = 250;

/** Lines looked at to both sides when telling broken from unbroken text. */
const NEIGHBOURHOOD = 8;

/** Share of line breaks that fall where a wrapping tool would have had to make one. */
const WRAPPED_SHARE = 0.6;

/** Tools fill lines; people break them by hand, in about this range of columns. */
const RAGGED_SLACK = 12;

/** Characters of a title with its abstract; runs that are mostly longer hold more than one paper. */
const MAX_PAIRED = 6_000;

/** Runs up to here may be titles; broken at 60 columns the longest take five lines. */
const MAX_TITLE_LINES = 5;

/** Paragraphs of an abstract, on the average of a page at most. */
const MOST_PARAGRAPHS = 4;

/** How surely a full line must look like a title to end the paragraph above: few titles fill a line. */
const LONG_TITLE = 5;

export function mannerOf(runs: readonly Run[]): Manner {
  const long = runs.filter((run) => run.length > 2);
  const middle = (run: Run): number => Math.ceil(run.length / 2);
  const wrapped = long.filter((run) => isWrapped(run, middle(run), RAGGED_SLACK)).length;
  const titles = runs.filter(
    (run) => run.length <= MAX_TITLE_LINES && titleScore(run.map(({ text }) => text).join(' ')) > 0,
  ).length;
  const parted = titles > 0 && titles * MOST_PARAGRAPHS >= runs.length - titles;
  const short = long.filter(
    (run) => run.reduce((sum, { text }) => sum + text.length, 0) <= MAX_PAIRED,
  ).length;
  return {
    wrapped: wrapped * 2 > long.length,
    slack: slackOf(long),
    parted,
    paired: !parted && short > 1 && short * 2 > long.length,
  };
}

/** Where a sentence surely goes on in the next line: did a tool break it, or a hand? */
function slackOf(runs: readonly Run[]): number {
  let breaks = 0;
  let early = 0;
  for (const run of runs) {
    for (let i = 1; i < run.length; i += 1) {
      if (endsSentence(run[i - 1]!.text) || !beginsSmall(run[i]!.text)) continue;
      breaks += 1;
      if (!isFull(run, i, { width: widthAround(run, i), slack: 0 })) early += 1;
    }
  }
  return early * 25 > breaks ? RAGGED_SLACK : 0;
}

/** Was the text around `run[index]` broken at a column? null: too few lines to tell. */
function isWrapped(run: Run, index: number, slack: number): boolean | null {
  const from = Math.max(0, index - NEIGHBOURHOOD);
  const to = Math.min(run.length, index + NEIGHBOURHOOD);
  if (to - from < 3) return null;
  const width = widthOfLines(run, from, to);
  if (width > MAX_WRAP_WIDTH) return false;
  let full = 0;
  for (let i = from + 1; i < to; i += 1) if (isFull(run, i, { width, slack })) full += 1;
  return full / (to - from - 1) >= WRAPPED_SHARE;
}

function widthAround(run: Run, index: number): number {
  return widthOfLines(run, Math.max(0, index - 4), Math.min(run.length, index + 4));
}

/** The widest line; one without a space (a URL) may stick out and counts only where there is no other. */
function widthOfLines(run: Run, from: number, to: number): number {
  let width = 0;
  let unbroken = 0;
  for (let i = from; i < to; i += 1) {
    const { text } = run[i]!;
    if (text.includes(' ')) width = Math.max(width, text.length);
    else unbroken = Math.max(unbroken, text.length);
  }
  return width || unbroken;
}

/** The line before `run[index]` had no room for its first word: there a wrapping tool breaks. */
function isFull(run: Run, index: number, { width, slack }: { width: number; slack: number }): boolean {
  const next = run[index]!.text;
  const space = next.indexOf(' ');
  const word = space < 0 ? next.length : space;
  return run[index - 1]!.text.length + 1 + word + slack > width;
}

/** A sentence may end in a URL or an id that stands in a line of its own. */
const lastReference = /^(?:https?:\/\/\S{1,2000}|arxiv ?: ?\S{1,40})$/i;

export interface LineBreak {
  run: Run;
  /** The line below the break. */
  index: number;
  manner: Manner;
  /** The line above goes on with its own predecessor. */
  continued: boolean;
  /** The paragraph above the break stands directly below a title. */
  belowTitle: boolean;
}

/**
 * Does a line go on with the paragraph of the line above it? Where in doubt the answer is no: two paragraphs
 * of one abstract are no harm, a title inside an abstract is a paper lost.
 */
export function joins({ run, index, manner, continued, belowTitle }: LineBreak): boolean {
  const above = run[index - 1]!;
  const below = run[index]!;
  if (above.likelyFurniture) return false;
  if (above.inSentence || below.inSentence) return true;
  const unfinished = !endsSentence(above.text);
  if (unfinished && lastReference.test(below.text) && titleScore(above.text) < 2) return true;
  const small = beginsSmall(below.text);
  if (above.heading > 0) return unfinished && small && below.text.length < 200;
  if (below.heading > 0) return false;
  if (!(isWrapped(run, index, manner.slack) ?? manner.wrapped)) {
    if (below.likelyFurniture) return false;
    // A break inside an unbroken text: the first part is too long for a title, the second looks like none.
    return unfinished && small && titleScore(above.text) < 0 && titleScore(below.text) < 2;
  }
  const fill = { width: widthAround(run, index), slack: manner.slack };
  if (!isFull(run, index, fill)) return false;
  if (manner.parted || (belowTitle && (manner.paired || !continued))) return true;
  if (small) return unfinished || continued;
  const score = titleScore(below.text);
  const next = run[index + 1];
  const last = next === undefined || !isFull(run, index + 1, fill);
  // A full line that begins a paragraph is a whole title where a longer text of another look follows.
  if (unfinished) return continued || last || titleScore(above.text) - score < 2;
  // A sentence ends with the line: a title may follow, alone in its line or, rarely, broken as well.
  return next === undefined || endsSentence(below.text) || score <= (last ? 0 : LONG_TITLE);
}

function beginsSmall(text: string): boolean {
  return /^[\p{Ll},;)\]]/u.test(text);
}

export function endsSentence(text: string): boolean {
  return /[.?!。！？][")'”’\]]?$/.test(text.slice(-3));
}
