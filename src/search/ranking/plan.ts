import { foldLetters, soughtWords } from '../../papers/name-words.js';
import type { Condition as IndexCondition, PlacedTerm } from '../lexical/queries/conditions.js';
import type { RankTerm } from '../lexical/queries/rank.js';
import type { Condition, DateBound, Query, Term } from '../query/ast.js';
import { likeRefs, rankingText } from '../query/rank-text.js';
import { isContentWord, termOf } from '../text/terms.js';
import { type Token, tokensOf } from '../text/tokens.js';

/** A query, ready for the indexes. */
export interface SearchPlan {
  /** What is ranked by, as typed; '' for none. */
  text: string;
  /** Its words, as they may be spelt in a title. */
  words: Token[];
  /** The terms that rank, with how often the query has each. */
  terms: RankTerm[];
  /** What every hit fulfils. */
  conditions: IndexCondition[];
  /** In orders other than by relevance every hit also has each of the plain words, in whatever form and order. */
  required: IndexCondition[];
  likes: { positive: string[]; negative: string[] };
}

/** `now` is what `since:` counts from; `more` ranks as the words of the query do. */
export function planQuery(query: Query, now: Date, more = ''): SearchPlan {
  const text = `${rankingText(query)} ${more}`.trim();
  const words = tokensOf(text);
  return {
    text,
    words,
    terms: rankTermsOf(words),
    conditions: query.terms.flatMap((term) => conditionOf(term, now) ?? []),
    required: requireAll(plainText(query, more), words),
    likes: likeRefs(query),
  };
}

/** Words that stand for themselves: one of a phrase or beside OR is required by that, or isn't required. */
function plainText({ terms }: Query, more: string): string {
  const plain = terms.flatMap((term) => (term.kind === 'word' ? [term.text] : []));
  return `${plain.join(' ')} ${more}`;
}

/** `all`: every word that ranks; stop words are required where there are no others. */
function requireAll(text: string, all: readonly Token[]): IndexCondition[] {
  const isBare = !all.some(({ word }) => isContentWord(word));
  const words = firstAtEachPlace(tokensOf(text)).filter(({ word }) => isBare || isContentWord(word));
  return rankTermsOf(words).map(({ term }) => ({
    op: 'words',
    terms: [{ term, offset: 0 }],
    titleOnly: false,
  }));
}

/** Stop words don't rank, unless there is nothing else. */
export function rankTermsOf(words: readonly Token[]): RankTerm[] {
  const content = words.filter(({ word }) => isContentWord(word));
  const parts = new Set(firstAtEachPlace(words));
  const terms = new Map<string, RankTerm>();
  for (const token of content.length > 0 ? content : words) {
    const { word } = token;
    const term = termOf(word);
    const known = terms.get(term);
    if (known) known.weight++;
    else terms.set(term, { term, word: foldLetters(word), weight: 1, isCompound: !parts.has(token) });
  }
  return [...terms.values()];
}

function conditionOf(term: Term, now: Date): IndexCondition | null {
  switch (term.kind) {
    case 'word':
    case 'like':
      return null;
    case 'not': {
      const condition = required(term.term);
      return condition && { op: 'not', condition };
    }
    case 'or': {
      const conditions = term.terms.flatMap((one) => required(one) ?? []);
      return conditions.length === 0 ? null : { op: 'or', conditions };
    }
    case 'from':
    case 'to':
    case 'since':
      return datesOf(term, now);
    default:
      return required(term);
  }
}

/** null for what has no word in it, which requires nothing. */
function required(condition: Condition): IndexCondition | null {
  switch (condition.kind) {
    case 'word':
    case 'phrase':
      return wordsOf(condition.text, false);
    case 'text':
      if (condition.field === 'title') return wordsOf(condition.text, true);
      return namesOf(condition.field, condition.text);
    case 'value':
      return condition.field === 'category'
        ? { op: 'category', name: condition.text }
        : { op: 'source', name: condition.text };
    case 'has':
      return { op: 'code' };
    case 'upvotes':
      return { op: 'upvotes', min: condition.min };
  }
}

/** A command that only sets type (`venue:\\textbf`) has letters and is no word. */
function namesOf(op: 'author' | 'venue', text: string): IndexCondition | null {
  if (op === 'author') {
    const sought = soughtWords(text);
    return sought.length === 0 ? null : { op, words: sought };
  }
  const words = firstAtEachPlace(tokensOf(text)).map(({ word }) => word);
  return words.length === 0 ? null : { op, words };
}

/** The words next to each other; a compound (`pre-training`) also where it is written in one word. */
function wordsOf(text: string, titleOnly: boolean): IndexCondition | null {
  const tokens = tokensOf(text);
  const parts = firstAtEachPlace(tokens);
  if (parts.length === 0) return null;
  const first = parts[0]!.position;
  const terms = parts.map(
    ({ word, position }): PlacedTerm => ({ term: termOf(word), offset: position - first }),
  );
  const placed: IndexCondition = { op: 'words', terms, titleOnly };
  const joined = tokens.length === parts.length + 1 ? tokens.at(-1) : undefined;
  if (joined?.position !== first || joined.end !== parts.at(-1)!.end) return placed;
  const whole: IndexCondition = { op: 'words', terms: [{ term: termOf(joined.word), offset: 0 }], titleOnly };
  return { op: 'or', conditions: [placed, whole] };
}

/** Without the compounds, which stand at the place of their first part. */
export function firstAtEachPlace(tokens: readonly Token[]): Token[] {
  const places = new Set<number>();
  return tokens.filter(({ position }) => !places.has(position) && places.add(position));
}

const FIRST_DAY = 1;
const LAST_DAY = 99_991_231;

function datesOf(bound: DateBound, now: Date): IndexCondition {
  if (bound.kind === 'since') return { op: 'dates', from: dayBefore(now, bound), to: LAST_DAY };
  const [year, month, day] = bound.date.split('-').map(Number);
  if (bound.kind === 'from')
    return { op: 'dates', from: year! * 10_000 + (month ?? 0) * 100 + (day ?? 0), to: LAST_DAY };
  return { op: 'dates', from: FIRST_DAY, to: year! * 10_000 + (month ?? 99) * 100 + (day ?? 99) };
}

/** As a number such as 20240301, in UTC. */
function dayBefore(now: Date, { amount, unit }: Extract<DateBound, { kind: 'since' }>): number {
  const day = new Date(now);
  if (unit === 'd' || unit === 'w') day.setUTCDate(day.getUTCDate() - amount * (unit === 'w' ? 7 : 1));
  else {
    const monthDay = day.getUTCDate();
    day.setUTCDate(1);
    day.setUTCMonth(day.getUTCMonth() - amount * (unit === 'y' ? 12 : 1));
    // 31 March less a month is the last day of February.
    const days = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
    day.setUTCDate(Math.min(monthDay, days));
  }
  const year = day.getUTCFullYear();
  return year < 1 || Number.isNaN(year)
    ? FIRST_DAY
    : year * 10_000 + (day.getUTCMonth() + 1) * 100 + day.getUTCDate();
}
