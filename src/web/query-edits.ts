import type { QueryPart } from '../search/query/explain.js';

/** Parameters of the search that a page shows, for links that change one of them. Undefined: as it is without. */
export type Here = Record<string, string | undefined>;

/** What requires something; words and examples rank. */
export function requiredOf(reading: readonly QueryPart[]): QueryPart[] {
  return reading.filter(({ kind }) => kind !== 'word');
}

export interface Chip {
  text: string;
  meaning: string;
  /** What goes with it. */
  parts: readonly QueryPart[];
}

/** What is required, a year that is both ends of it as one. */
export function chipsOf(required: readonly QueryPart[]): Chip[] {
  const [from, to] = (['from', 'to'] as const).map((name) => required.filter(({ kind }) => kind === name));
  const year = /^from:(\d{4})$/.exec(from?.[0]?.text ?? '')?.[1];
  const isYear = from?.length === 1 && to?.length === 1 && to[0]!.text === `to:${year}`;
  const single = required.filter(({ kind }) => !isYear || (kind !== 'from' && kind !== 'to'));
  const chips = single.map((part) => ({ text: part.text, meaning: part.meaning, parts: [part] }));
  if (!isYear) return chips;
  return [...chips, { text: `the year ${year}`, meaning: `published in ${year}`, parts: [...from, ...to] }];
}

/** The query as typed, less these parts of it. */
export function without(query: string, parts: readonly QueryPart[]): string {
  const characters = [...query];
  // From the end, so that the places of the others stay true.
  for (const { start, end } of [...parts].sort((a, b) => b.start - a.start))
    characters.splice(start, end - start);
  return characters.join('').replace(/\s+/gu, ' ').trim();
}

const isDate = ({ kind }: QueryPart): boolean => kind === 'since' || kind === 'from' || kind === 'to';

export const datesOf = (reading: readonly QueryPart[]): QueryPart[] => reading.filter(isDate);

/** For people who think of when they heard of something. */
export const dateSpans = [
  { term: null, label: 'Any time' },
  { term: 'since:1w', label: 'Last week' },
  { term: 'since:1m', label: 'Last month' },
  { term: 'since:1y', label: 'Last year' },
] as const;

/** The query with its dates replaced; null: without any. */
export function sinceThen(query: string, reading: readonly QueryPart[], term: string | null): string {
  return `${without(query, datesOf(reading))} ${term ?? ''}`.trim();
}
