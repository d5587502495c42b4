import { titleScore } from './title-score.js';
import type { Token } from './tokens.js';

/** Longest label that a page repeats in every card. */
const MAX_LABEL_LENGTH = 40;

/** A label stands with at least so many different texts; a page that was saved often repeats title and text. */
const LEAST_NEIGHBOURS = 3;

interface Occurrences {
  count: number;
  /** Different texts directly below and above, without metadata between: as many as are needed. */
  below: Set<string>;
  above: Set<string>;
}

/**
 * Finds the labels of a page that no list knows (`Open in reader`): short lines that come back in half of the
 * cards, each time with another text below them, or above them and metadata below. They become furniture. A
 * title comes back only together with its abstract.
 */
export function dropRecurring(tokens: readonly Token[]): Token[] {
  const seen = new Map<string, Occurrences>();
  let abstracts = 0;
  let above: string | null = null;
  for (const token of tokens) {
    if (token.kind === 'furniture') continue;
    if (token.kind !== 'text') {
      above = null;
      continue;
    }
    const { text } = token;
    const short = text.length <= MAX_LABEL_LENGTH;
    if (!short && titleScore(text) < 0) abstracts += 1;
    if (above !== null) add(seen.get(above)?.below, text);
    // A label is no part of a sentence that a wrapped text repeats.
    if (short && token.heading === 0 && titleScore(text) > 0) {
      const entry = seen.get(text) ?? { count: 0, below: new Set(), above: new Set() };
      entry.count += 1;
      if (above !== null) add(entry.above, above);
      seen.set(text, entry);
    }
    above = text;
  }
  const labels = new Set<string>();
  for (const [text, { count, below, above: over }] of seen) {
    const changing = below.size >= LEAST_NEIGHBOURS || (below.size === 0 && over.size >= LEAST_NEIGHBOURS);
    if (changing && count * 2 >= abstracts) labels.add(text);
  }
  if (labels.size === 0) return [...tokens];
  return tokens.map((token) =>
    token.kind === 'text' && token.heading === 0 && labels.has(token.text)
      ? { kind: 'furniture', line: token.line, gap: token.gap }
      : token,
  );
}

function add(neighbours: Set<string> | undefined, text: string): void {
  if (neighbours && neighbours.size < LEAST_NEIGHBOURS) neighbours.add(text.slice(0, MAX_LABEL_LENGTH));
}
