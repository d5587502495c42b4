import type { ArxivRef } from '../../../papers/paper-id.js';
import { titleScore } from './title-score.js';
import type { MetaToken, TextToken, Token } from './tokens.js';
import { endsSentence, joins, type Manner, mannerOf } from './wrapping.js';

/** A title, a paragraph of an abstract, or something else of the page: what gets one label. */
export interface Unit {
  line: number;
  lastLine: number;
  text: string;
  heading: number;
  likelyFurniture: boolean;
  arxiv: ArxivRef | null;
  url: string | null;
}

/** Units in order, with what stands between them: `between[i]` before `units[i]`, the last one at the end. */
export interface Page {
  units: Unit[];
  between: Between[];
}

export interface Between {
  metas: MetaToken[];
  /** Page furniture stands there. */
  furniture: boolean;
}

/** Joins lines that belong to one paragraph. Lines that a blank line parts never do. */
export function toPage(tokens: readonly Token[]): Page {
  const page: Page = { units: [], between: [{ metas: [], furniture: false }] };
  const runs: { run: TextToken[]; at: number }[] = [];
  for (let i = 0; i < tokens.length; ) {
    if (tokens[i]!.kind !== 'text') i += 1;
    else {
      const end = runEnd(tokens, i);
      runs.push({
        run: tokens
          .slice(i, end)
          .filter((token) => token.kind !== 'furniture')
          .map(asText),
        at: i,
      });
      i = end;
    }
  }
  const manner = mannerOf(runs.map(({ run }) => run));
  let next = 0;
  for (const { run, at } of runs) {
    addBetween(page, tokens, next, at);
    addRun(page, run, manner);
    next = at + run.length;
  }
  addBetween(page, tokens, next, tokens.length);
  return page;
}

function addBetween({ between }: Page, tokens: readonly Token[], from: number, to: number): void {
  const gap = between[between.length - 1]!;
  for (let i = from; i < to; i += 1) {
    const token = tokens[i]!;
    if (token.kind === 'furniture') gap.furniture = true;
    else if (token.kind !== 'text') gap.metas.push(token);
  }
}

/** A run of text lines without blank lines; a date or a number inside a wrapped paragraph is part of it. */
function runEnd(tokens: readonly Token[], start: number): number {
  let end = start + 1;
  for (; end < tokens.length; end += 1) {
    const token = tokens[end]!;
    if (token.gap) break;
    if (token.kind === 'text' && token.heading === 0) continue;
    if (!isStrayInText(tokens, end)) break;
  }
  return end;
}

/** Shortest line that a year may have been broken off from. */
const MIN_BEFORE_YEAR = 50;

/**
 * A bare date or number that a sentence is broken around (text follows, and the line before is unfinished),
 * or a year that a title ends with.
 */
function isStrayInText(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]!;
  const before = tokens[at - 1];
  const after = tokens[at + 1];
  if (token.kind !== 'count' && !(token.kind === 'date' && !token.dotted)) return false;
  if (
    before?.kind === 'text' &&
    before.text.length >= MIN_BEFORE_YEAR &&
    /^(?:19|20)\d\d$/.test(token.text)
  ) {
    return !endsSentence(before.text);
  }
  if (before?.kind !== 'text' || after?.kind !== 'text' || after.gap || after.heading > 0) return false;
  return !endsSentence(before.text) && titleScore(before.text) < 0;
}

function asText(token: Exclude<Token, { kind: 'furniture' }>): TextToken {
  if (token.kind === 'text') return token;
  return {
    kind: 'text',
    line: token.line,
    gap: token.gap,
    text: token.text,
    heading: 0,
    likelyFurniture: false,
    inSentence: true,
    arxiv: null,
    url: null,
  };
}

/** Adds the paragraphs of a run of lines. */
function addRun({ units, between }: Page, run: readonly TextToken[], manner: Manner): void {
  let last: Unit | null = null;
  let belowTitle = false;
  let continued = false;
  for (const [index, token] of run.entries()) {
    continued = last !== null && joins({ run, index, manner, continued, belowTitle });
    if (continued && last) {
      // A hyphen at the end belongs to the word: `multi-` and `modal` stay one.
      const hyphenated = run[index - 1]!.text.endsWith('-') && /^\p{Ll}/u.test(token.text);
      last.text += hyphenated ? token.text : ` ${token.text}`;
      last.lastLine = token.line;
      last.arxiv ??= token.arxiv;
      continue;
    }
    belowTitle = last !== null && titleScore(last.text) > 0;
    const { line, text, heading, likelyFurniture, arxiv, url } = token;
    last = { line, lastLine: line, text, heading, likelyFurniture, arxiv, url };
    units.push(last);
    between.push({ metas: [], furniture: false });
  }
}
