import type { ParseProblem } from '../../../papers/paper.js';
import type { ArxivRef } from '../../../papers/paper-id.js';
import { type ListingDate, resolveListingDate } from '../dates.js';
import { excerpt } from '../text.js';
import type { Label } from './labels.js';
import type { Between, Page, Unit } from './paragraphs.js';
import type { MetaToken } from './tokens.js';

/** A paper as the page shows it. */
export interface Card {
  line: number;
  title: string;
  paragraphs: string[];
  arxiv: ArxivRef | null;
  url: string | null;
  authorCount: number | null;
  date: string | null;
  comments: number | null;
  upvotes: number | null;
  stars: number | null;
  /** Its title is a heading. */
  heading: boolean;
  /** Metadata stands behind it, or its title links to it: a paper even without an abstract. */
  certain: boolean;
  /** Its closing metadata has begun. */
  closed: boolean;
}

export interface Assembled {
  cards: Card[];
  problems: ParseProblem[];
}

interface State {
  cards: Card[];
  problems: ParseProblem[];
  card: Card | null;
  /** Upvotes that stand before the title they belong to. */
  upvotesAhead: number | null;
  asOf: string;
  /** The kind of problem reported last, how often in a row, and after how many papers. */
  row: { reason: string; cards: number; length: number } | null;
}

/** Builds papers from labelled units and the metadata between them. What fits no paper becomes a problem. */
export function assemble(page: Page, labels: readonly Label[], asOf: string): Assembled {
  const state: State = { cards: [], problems: [], card: null, upvotesAhead: null, asOf, row: null };
  for (const [index, unit] of page.units.entries()) {
    const label = labels[index]!;
    const { metas, furniture } = page.between[index]!;
    const header = furniture || labels[index - 1] === 'furniture';
    addBetween(state, { metas, furniture: header }, nextText(page, labels, index));
    if (label === 'title') {
      endCard(state);
      state.card = newCard(unit, state.upvotesAhead);
      state.upvotesAhead = null;
    } else if (label === 'abstract') addParagraph(state, unit);
  }
  addBetween(state, page.between[page.units.length]!, null);
  endCard(state);
  return { cards: state.cards, problems: state.problems };
}

/** The label of the next unit that isn't furniture. */
function nextText(page: Page, labels: readonly Label[], index: number): Label | null {
  // A page's menus are short; further away nothing depends on it.
  for (let i = index; i < Math.min(page.units.length, index + 20); i += 1) {
    if (labels[i] !== 'furniture') return labels[i]!;
  }
  return null;
}

function newCard(unit: Unit, upvotes: number | null): Card {
  return {
    line: unit.line,
    title: unit.text,
    paragraphs: [],
    arxiv: unit.arxiv,
    url: unit.url,
    authorCount: null,
    date: null,
    comments: null,
    upvotes,
    stars: null,
    heading: unit.heading > 0,
    certain: unit.heading > 0 && unit.arxiv !== null,
    closed: false,
  };
}

function addParagraph(state: State, unit: Unit): void {
  const { card } = state;
  if (!card || (card.closed && card.paragraphs.length > 0)) {
    endCard(state);
    report(state, {
      line: unit.line,
      reason: 'this text has no title before it: expected a title, then its abstract',
      excerpt: excerpt(unit.text),
    });
    return;
  }
  card.paragraphs.push(unit.text);
  card.arxiv ??= unit.arxiv;
  card.url ??= unit.url;
}

function endCard(state: State): void {
  const { card } = state;
  state.card = null;
  if (!card) return;
  if (card.paragraphs.length > 0 || card.certain) state.cards.push(card);
  else {
    report(state, {
      line: card.line,
      reason: 'this looks like a title, but no abstract and no date or count of authors follow it',
      excerpt: excerpt(card.title),
    });
  }
}

/** Problems in a row of one kind reported one by one; of a text that is no listing, the rest is only counted. */
const MOST_IN_ROW = 3;

function report(state: State, problem: ParseProblem): void {
  const { row, cards, problems } = state;
  if (row?.reason !== problem.reason || row.cards !== cards.length) {
    state.row = { reason: problem.reason, cards: cards.length, length: 1 };
    problems.push(problem);
    return;
  }
  row.length += 1;
  if (row.length <= MOST_IN_ROW) {
    problems.push(problem);
    return;
  }
  const last = problems[problems.length - 1]!;
  last.reason = `${problem.reason} (and ${row.length - MOST_IN_ROW} more of the kind, up to line ${problem.line})`;
}

/**
 * Metadata between two units. A bare date or number inside an abstract is a line of it; a bare date before
 * the next title is the paper's, unless page furniture stands there too: then it is the page's.
 */
function addBetween(state: State, { metas, furniture }: Between, next: Label | null): void {
  const hasText = state.card !== null && state.card.paragraphs.length > 0;
  const first = metas.findIndex(parts);
  // A date above a dot and another date is the abstract's last line; the other one is the paper's.
  const dated = first >= 0 && metas.some((meta, index) => index > first && meta.kind === 'date');
  let pageDate = furniture;
  for (const [index, meta] of metas.entries()) {
    if (parts(meta)) pageDate = false;
    const bare = meta.kind === 'count' || (meta.kind === 'date' && !meta.dotted);
    const inside = first < 0 ? next === 'abstract' : dated && index < first;
    if (bare && inside && hasText) state.card?.paragraphs.push(meta.text);
    else {
      const around = { before: metas[index - 1], after: afterCount(metas, index), end: next === null };
      addMeta(state, meta, { ...around, pageDate });
    }
  }
}

/** Says on its own that a paper ends or begins here. */
function parts({ kind }: MetaToken): boolean {
  return kind !== 'count' && kind !== 'date' && kind !== 'link';
}

interface Around {
  before: MetaToken | undefined;
  after: MetaToken | undefined;
  /** No title follows. */
  end: boolean;
}

function addMeta(state: State, meta: MetaToken, around: Around & { pageDate: boolean }): void {
  if (meta.kind === 'submitter') {
    endCard(state);
    return;
  }
  if (meta.kind === 'count') {
    addCount(state, meta, around);
    return;
  }
  const { card } = state;
  if (!card) return;
  if (meta.kind === 'link') card.arxiv ??= meta.arxiv;
  else if (meta.kind === 'date') {
    if (!around.pageDate || meta.dotted) addDate(card, meta, state.asOf);
  } else {
    card.closed = card.certain = true;
    if (meta.kind === 'authors') card.authorCount ??= meta.count;
    if (meta.kind === 'upvotes') card.upvotes ??= meta.value;
    if (meta.kind === 'comments') card.comments ??= meta.value;
    if (meta.kind === 'repository') card.stars ??= meta.stars;
  }
}

function addDate(
  card: Card,
  meta: { date: ListingDate; comments: number | null; dotted: boolean },
  asOf: string,
): void {
  card.date ??= resolveListingDate(meta.date, asOf);
  card.comments ??= meta.comments;
  card.closed = true;
  // A bare date below a title may be the page's.
  if (meta.dotted) card.certain = true;
}

/** What follows a number alone, links aside; the numbers are few, so that looking at each ahead is cheap. */
function afterCount(metas: readonly MetaToken[], index: number): MetaToken | undefined {
  if (metas[index]!.kind !== 'count') return undefined;
  const next = metas[index + 1];
  return next?.kind === 'link' ? metas[index + 2] : next;
}

/**
 * A number alone counts comments where it stands in the line below the paper's date or authors, or where the
 * next card's opening or number of upvotes, or no card at all, follows; else it is the next card's number of upvotes.
 */
function addCount(
  state: State,
  count: { value: number | null; line: number },
  { before, after, end }: Around,
): void {
  const { card } = state;
  const behind = before?.kind === 'date' || before?.kind === 'authors' ? before : null;
  const near = behind !== null && count.line - behind.line <= 1;
  const ends = behind !== null && (end || after?.kind === 'submitter' || after?.kind === 'count');
  if (card?.closed && count.value !== null && card.comments === null && (near || ends)) {
    card.comments = count.value;
  } else state.upvotesAhead = count.value;
}
