import { parseQuery } from '../query/parse.js';
import { rankingSpans } from '../query/rank-text.js';
import type { Token } from './tokens.js';

/** The query with the words that rank replaced by what was probably meant; null where nothing was. */
export function suggestSpelling(
  query: string,
  words: readonly Token[],
  meant: readonly (string | null)[],
): string | null {
  const better = new Map(words.flatMap(({ word }, at) => (meant[at] ? [[word, meant[at]] as const] : [])));
  if (better.size === 0) return null;
  const characters = [...query.toWellFormed()];
  let suggestion = '';
  let done = 0;
  // Names and exclusions stay: what is beside them was looked up among the words of the papers.
  for (const { start, end } of rankingSpans(parseQuery(query))) {
    suggestion += characters.slice(done, start).join('');
    suggestion += replaceWords(characters.slice(start, end).join(''), better);
    done = end;
  }
  suggestion += characters.slice(done).join('');
  return suggestion === query ? null : suggestion;
}

/** Each where it stands by itself, in whatever case; the words are ASCII letters and digits. */
function replaceWords(text: string, better: ReadonlyMap<string, string>): string {
  return text.replace(/[\p{L}\p{N}]+/gu, (found) => better.get(found.toLowerCase()) ?? found);
}
