import { splitSentences } from './sentences.js';
import { termOf } from './terms.js';
import { beginningsOf, type TokenSink, tokenise, type WordFilter } from './tokens.js';

/** Characters [start, end) in UTF-16. */
export interface Range {
  start: number;
  end: number;
}

export interface Highlights {
  /** Where words of the query are, in ascending order, not touching. */
  title: Range[];
  abstract: Range[];
  /** The sentence of the abstract that has the most of the query's weight; null where none has any. */
  sentence: Range | null;
}

/** Marks the texts of one search. `weights`: of each term how much it tells; others are not highlighted. */
export function createHighlighter(weights: ReadonlyMap<string, number>) {
  const filter = beginningsOf(weights.keys());
  return ({ title, abstract }: { title: string; abstract: string }): Highlights => {
    const inTitle = occurrences(title, weights, filter);
    const inAbstract = occurrences(abstract, weights, filter);
    return {
      title: merge(inTitle),
      abstract: merge(inAbstract),
      sentence: bestSentence(abstract, inAbstract, weights),
    };
  };
}

interface Occurrence extends Range {
  term: string;
}

function occurrences(text: string, weights: ReadonlyMap<string, number>, filter: WordFilter): Occurrence[] {
  const found: Occurrence[] = [];
  if (weights.size === 0) return found;
  const sink: TokenSink = (word, start, end) => {
    const term = termOf(word);
    if (weights.has(term)) found.push({ term, start, end });
  };
  // Most words are none of the query's: to fold and stem them all took a quarter of a search's time here.
  tokenise(text, sink, filter);
  return found;
}

/** Compounds and their parts overlap. */
function merge(found: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const { start, end } of [...found].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

function bestSentence(
  abstract: string,
  found: readonly Occurrence[],
  weights: ReadonlyMap<string, number>,
): Range | null {
  let best: Range | null = null;
  let most = 0;
  if (found.length === 0) return null;
  for (const { start, end } of splitSentences(abstract)) {
    const terms = new Set(
      found.filter((one) => one.start >= start && one.end <= end).map(({ term }) => term),
    );
    let weight = 0;
    for (const term of terms) weight += weights.get(term)!;
    if (weight > most) {
      most = weight;
      best = { start, end };
    }
  }
  return best;
}
