import { AppError } from '../../platform/errors.js';
import type { Condition, Query, Span, Term } from './ast.js';
import { expectedValues, type OperatorName, readOperator } from './operators.js';
import { closingQuotes, MAX_QUERY_LENGTH, quoteInMessage, tidyPhrase, tidySpaces } from './query-text.js';

/** Parameters of the API beside the query; each list means any of its values, an empty one nothing. */
export interface QueryFilters {
  from?: string | undefined;
  to?: string | undefined;
  /** `30d`. */
  since?: string | undefined;
  category?: readonly string[] | undefined;
  excludeCategory?: readonly string[] | undefined;
  source?: readonly string[] | undefined;
  author?: readonly string[] | undefined;
  venue?: readonly string[] | undefined;
  /** False: only papers without code. */
  hasCode?: boolean | undefined;
  minUpvotes?: number | undefined;
}

/** The span of terms that come from parameters: nobody typed them into the query. */
export const NOT_TYPED: Readonly<Span> = { start: -1, end: -1 };

/**
 * The query with its filters as terms behind its own, so that `category=cs.LG` and `category:cs.LG` are one.
 * @throws AppError invalid_query that names the parameter
 */
export function withFilters(query: Query, filters: QueryFilters): Query {
  const { from, to, since, hasCode, minUpvotes } = filters;
  const hasCodeTerm: Condition = { kind: 'has', what: 'code', span: NOT_TYPED };
  return {
    terms: [
      ...query.terms,
      ...one(from, { field: 'from', operator: 'from' }),
      ...one(to, { field: 'to', operator: 'to' }),
      ...one(since, { field: 'since', operator: 'since' }),
      ...anyOf(filters.category, 'category'),
      ...readAll(filters.excludeCategory, { field: 'excludeCategory', operator: 'category' }).map(not),
      ...anyOf(filters.source, 'source'),
      ...anyOf(filters.author, 'author'),
      ...anyOf(filters.venue, 'venue'),
      ...(hasCode === undefined ? [] : [hasCode ? hasCodeTerm : not(hasCodeTerm)]),
      ...one(minUpvotes, { field: 'minUpvotes', operator: 'upvotes' }),
    ],
  };
}

interface Parameter {
  field: keyof QueryFilters;
  operator: OperatorName;
}

function one(value: string | number | undefined, parameter: Parameter): Term[] {
  return value === undefined ? [] : [readParameter(String(value), parameter)];
}

function anyOf(
  values: readonly string[] | undefined,
  name: 'category' | 'source' | 'author' | 'venue',
): Term[] {
  const terms = readAll(values, { field: name, operator: name });
  return terms.length < 2 ? terms : [{ kind: 'or', terms, span: NOT_TYPED }];
}

function readAll(values: readonly string[] | undefined, parameter: Parameter): Condition[] {
  // The operators of lists give conditions.
  return [...new Set(values)].map((value) => readParameter(value, parameter) as Condition);
}

function not(term: Condition): Term {
  return { kind: 'not', term, span: NOT_TYPED };
}

function readParameter(value: string, { field, operator }: Parameter): Term {
  const line = tidySpaces(value.toWellFormed().normalize('NFKC'));
  if ([...line].length > MAX_QUERY_LENGTH) throw invalid(field, `longer than ${MAX_QUERY_LENGTH} characters`);
  const quoted = line.includes(' ') || closingQuotes(line[0]) !== null;
  const term = readOperator(operator, { text: quoted ? tidyPhrase(line) : line, quoted }, NOT_TYPED);
  if (term !== null) return term;
  const expected = expectedValues[operator].replace(/,$/, '');
  throw invalid(field, `expected ${expected}, not ${quoteInMessage(line)}`);
}

function invalid(field: string, message: string): AppError {
  return new AppError('invalid_query', `${field}: ${message}.`, { details: { field } });
}
