import type { Condition, DateBound, Query, Term, TextField } from './ast.js';
import { hintsOf } from './hints.js';
import { printQuery, printTerm } from './print.js';
import { hasLetterOrDigit } from './query-text.js';

export interface QueryPart {
  kind: Term['kind'];
  /** Canonical. */
  text: string;
  /** What it does, as the end of a sentence about papers: `must have code`. */
  meaning: string;
  /** Where it was typed, in code points from 0; both -1 where it comes from a parameter. */
  start: number;
  end: number;
}

/** How a query was read. */
export interface QueryExplanation {
  canonical: string;
  parts: QueryPart[];
  /** What was read as plain words and looks like something else. */
  hints: string[];
}

export function explainQuery(query: Query): QueryExplanation {
  const parts = query.terms.map(
    (term): QueryPart => ({
      kind: term.kind,
      text: printTerm(term),
      meaning: meaningOf(term),
      start: term.span.start,
      end: term.span.end,
    }),
  );
  return { canonical: printQuery(query), parts, hints: hintsOf(query) };
}

function meaningOf(term: Term): string {
  switch (term.kind) {
    case 'word':
      return hasLetterOrDigit(term.text)
        ? 'ranks by meaning and words'
        : 'has no letter or digit and hardly matters';
    case 'since':
    case 'from':
    case 'to':
      return meaningOfDate(term);
    case 'not':
      return `must not ${demandOf(term.term)}${beginsWithDigit(term.term) ? ': a hyphen right before a word excludes it' : ''}`;
    case 'or':
      return `must ${term.terms.map(demandOf).join(', or ')}`;
    case 'like':
      return `ranks what is near to ${term.ref} ${term.negative ? 'lower' : 'higher'} and leaves that paper out`;
    default:
      return `must ${demandOf(term)}`;
  }
}

/** `-5` is the one exclusion that could be taken for something else. */
function beginsWithDigit(term: Condition): boolean {
  return term.kind === 'word' && /^\p{N}/u.test(term.text);
}

const withinField: Readonly<Record<TextField, string>> = {
  title: 'in its title',
  author: 'in the name of an author',
  venue: 'in the name of its venue',
};

/** What comes after "must". */
function demandOf(term: Condition): string {
  switch (term.kind) {
    case 'word':
      return `contain the word ‘${term.text}’`;
    case 'phrase':
      return `contain ${wordsInOrder(term.text)}`;
    case 'text':
      if (term.field === 'author' && term.text.includes(' '))
        return `have the words ‘${term.text}’ in the name of one author (an initial stands for a given name)`;
      return `have ${wordsInOrder(term.text)} ${withinField[term.field]}`;
    case 'value':
      if (term.field === 'source') return `come from the source ${term.text}`;
      return `be in the category ${term.text}${term.text.includes('.') ? '' : ' or one below it'}`;
    case 'has':
      return 'have code';
    case 'upvotes':
      return `have at least ${counted(term.min, 'upvote')}`;
  }
}

function wordsInOrder(text: string): string {
  return text.includes(' ') ? `the words ‘${text}’ one after the other` : `the word ‘${text}’`;
}

const units = { d: 'day', w: 'week', m: 'month', y: 'year' } as const;

function meaningOfDate(term: DateBound): string {
  if (term.kind === 'since')
    return `published in the last ${term.amount === 1 ? units[term.unit] : counted(term.amount, units[term.unit])}`;
  // A month or a year is no day that something could come after.
  const isDay = term.date.length === 10;
  if (term.kind === 'from')
    return isDay ? `published on or after ${term.date}` : `published in ${term.date} or later`;
  return isDay ? `published on or before ${term.date}` : `published in ${term.date} or earlier`;
}

const numbers = new Intl.NumberFormat('en');

function counted(count: number, what: string): string {
  return `${numbers.format(count)} ${what}${count === 1 ? '' : 's'}`;
}
