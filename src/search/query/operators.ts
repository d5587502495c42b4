import { isSourceName, sourceNames } from '../../papers/paper.js';
import { type DateBound, type SinceUnit, type Span, type Term, textFields, valueFields } from './ast.js';
import { hasLetterOrDigit } from './query-text.js';

export const operatorNames = [
  ...textFields,
  ...valueFields,
  'since',
  'from',
  'to',
  'has',
  'upvotes',
  'like',
] as const;
export type OperatorName = (typeof operatorNames)[number];

/** What an operator gives; of these, `like` and the bounds of dates are no conditions. */
export type OperatorTerm = Extract<
  Term,
  { kind: 'text' | 'value' | 'has' | 'upvotes' | 'like' | DateBound['kind'] }
>;

export interface OperatorValue {
  text: string;
  quoted: boolean;
}

const MOST_UPVOTES = 1_000_000_000;

const aDate = 'a date such as 2024, 2024-03 or 2024-03-01';
const words = 'a word or a quoted phrase, with a letter or digit,';

/** What each operator takes, as errors say it. */
export const expectedValues: Readonly<Record<OperatorName, string>> = {
  title: words,
  author: words,
  venue: words,
  category: 'a category such as cs.LG, hep-th or cs',
  source: `one of ${sourceNames.join(', ')}`,
  since: 'a number from 1 to 9999 and d, w, m or y, such as 30d,',
  from: aDate,
  to: aDate,
  has: 'code',
  upvotes: 'a whole number from 0 to 1,000,000,000',
  like: 'the id of a paper',
};

export function isOperatorName(name: string): name is OperatorName {
  return (operatorNames as readonly string[]).includes(name);
}

/** Sources give whatever they call a category; `category:` takes those without spaces and signs. */
export function isCategoryName(text: string): boolean {
  return /^[a-z\d]+(?:[.-][a-z\d]+)*$/i.test(text);
}

/** The term of `name:value`; null where the operator doesn't take this value. */
export function readOperator(name: OperatorName, value: OperatorValue, span: Span): OperatorTerm | null {
  const { text, quoted } = value;
  switch (name) {
    case 'title':
    case 'author':
    case 'venue':
      return hasLetterOrDigit(text) ? { kind: 'text', field: name, text, quoted, span } : null;
    case 'category':
      return isCategoryName(text) ? { kind: 'value', field: name, text, span } : null;
    case 'source': {
      const source = text.toLowerCase();
      return isSourceName(source) ? { kind: 'value', field: name, text: source, span } : null;
    }
    case 'since':
      return readSince(text, span);
    case 'from':
    case 'to':
      return isPartialDate(text) ? { kind: name, date: text, span } : null;
    case 'has':
      return text.toLowerCase() === 'code' ? { kind: 'has', what: 'code', span } : null;
    case 'upvotes': {
      const min = /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
      return min <= MOST_UPVOTES ? { kind: 'upvotes', min, span } : null;
    }
    case 'like':
      return text === '' ? null : { kind: 'like', ref: text, negative: false, span };
  }
}

function readSince(text: string, span: Span): OperatorTerm | null {
  const [, digits, unit] = /^(\d{1,4})([dwmy])$/i.exec(text) ?? [];
  const amount = Number(digits);
  if (unit === undefined || amount === 0) return null;
  return { kind: 'since', amount, unit: unit.toLowerCase() as SinceUnit, span };
}

/** YYYY, YYYY-MM or YYYY-MM-DD that is in the calendar. */
function isPartialDate(text: string): boolean {
  const match = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)];
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}
