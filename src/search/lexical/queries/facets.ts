import { fieldMark } from '../document.js';
import type { LexicalView } from '../lexical-index.js';
import { visitPostings } from '../segments/postings.js';
import { termsWithPrefix } from '../segments/segment.js';
import type { Mask } from './match.js';

export interface FacetValue {
  value: string;
  count: number;
}

/** How the papers of a result divide; the most frequent first, years the latest first. */
export interface Facets {
  categories: FacetValue[];
  sources: FacetValue[];
  years: FacetValue[];
}

/** Values told of a facet: more are a list that nobody reads. */
export const MAX_FACET_VALUES = 30;

/** Over the live papers that `mask` lets pass. */
export function countFacets(view: LexicalView, mask: Mask | null): Facets {
  const { columns, size } = view;
  const { live, dates } = columns;
  const years = new Map<number, number>();
  for (let slot = 0; slot < size; slot++) {
    if (live[slot] === 0 || (mask !== null && mask[slot] === 0) || dates[slot] === 0) continue;
    const year = Math.floor(dates[slot]! / 10_000);
    years.set(year, (years.get(year) ?? 0) + 1);
  }
  return {
    categories: countTerms(view, fieldMark.category, mask),
    sources: countTerms(view, fieldMark.source, mask),
    years: [...years]
      .sort(([a], [b]) => b - a)
      .slice(0, MAX_FACET_VALUES)
      .map(([year, count]) => ({ value: String(year), count })),
  };
}

function countTerms({ segments, columns }: LexicalView, mark: string, mask: Mask | null): FacetValue[] {
  const counts = new Map<string, number>();
  for (const segment of segments) {
    for (const entry of termsWithPrefix(segment, mark)) {
      let count = 0;
      visitPostings(segment, entry, (slot) => {
        if (columns.live[slot] === 1 && (mask === null || mask[slot] === 1)) count++;
      });
      if (count > 0) counts.set(entry.term, (counts.get(entry.term) ?? 0) + count);
    }
  }
  return [...counts]
    .map(([term, count]) => ({ value: term.slice(mark.length), count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, MAX_FACET_VALUES);
}
