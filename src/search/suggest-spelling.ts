import type { Token } from './text/tokens.js';

/** The query with words replaced by what was probably meant; null where nothing was. */
export function suggestSpelling(
  query: string,
  words: readonly Token[],
  meant: readonly (string | null)[],
): string | null {
  let suggestion = query;
  words.forEach(({ word }, at) => {
    const better = meant[at];
    if (better) suggestion = replaceWord(suggestion, word, better);
  });
  return suggestion === query ? null : suggestion;
}

/** Everywhere it stands by itself, in whatever case; the words are ASCII letters and digits. */
function replaceWord(text: string, word: string, better: string): string {
  return text.replace(/[\p{L}\p{N}]+/gu, (found) => (found.toLowerCase() === word ? better : found));
}
