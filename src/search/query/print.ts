import type { Query, Term } from './ast.js';

/**
 * The canonical text of a query: single spaces, operators in lower case, straight quotes, and them only where
 * they say something. Read again it gives the same terms.
 */
export function printQuery({ terms }: Query): string {
  return terms.map(printTerm).join(' ');
}

export function printTerm(term: Term): string {
  switch (term.kind) {
    case 'word':
      return term.text;
    case 'phrase':
      return `"${term.text}"`;
    case 'text':
      return `${term.field}:${term.quoted ? `"${term.text}"` : term.text}`;
    case 'value':
      return `${term.field}:${term.text}`;
    case 'has':
      return `has:${term.what}`;
    case 'upvotes':
      return `upvotes:${term.min}`;
    case 'from':
    case 'to':
      return `${term.kind}:${term.date}`;
    case 'since':
      return `since:${term.amount}${term.unit}`;
    case 'not':
      return `-${printTerm(term.term)}`;
    case 'or':
      return term.terms.map(printTerm).join(' OR ');
    case 'like':
      return `${term.negative ? '-' : ''}like:${/\s/.test(term.ref) ? `"${term.ref}"` : term.ref}`;
  }
}
