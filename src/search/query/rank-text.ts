import type { Condition, Query, Span, Term } from './ast.js';

/** What papers are ranked by, in the order typed: words, phrases and titles that are asked for; '' for none. */
export function rankingText(query: Query): string {
  return rankingTerms(query)
    .map(({ text }) => text)
    .join(' ');
}

/** Where that was typed. */
export function rankingSpans(query: Query): Span[] {
  return rankingTerms(query).map(({ span }) => span);
}

function rankingTerms({ terms }: Query) {
  return terms.flatMap((term) => (term.kind === 'or' ? term.terms : [term])).filter(isRanking);
}

function isRanking(term: Term): term is Extract<Condition, { kind: 'word' | 'phrase' | 'text' }> {
  return term.kind === 'word' || term.kind === 'phrase' || (term.kind === 'text' && term.field === 'title');
}

/** Papers of `like:` and `-like:`, as typed and in the order typed. */
export function likeRefs({ terms }: Query): { positive: string[]; negative: string[] } {
  const refs = terms.filter((term) => term.kind === 'like');
  const refsOf = (negative: boolean) =>
    refs.filter((term) => term.negative === negative).map(({ ref }) => ref);
  return { positive: refsOf(false), negative: refsOf(true) };
}
