import { nameWords, placedWords } from '../papers/name-words.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { LexicalSearcher } from './lexical/ports.js';

export const MAX_SUGGESTIONS = 20;
export const DEFAULT_SUGGESTIONS = 8;

/** More than anybody types before looking: a longer text is a paste. */
export const MAX_PREFIX_LENGTH = 200;

/** Papers whose authors are looked at for names that go on like the text. */
const AUTHOR_PAPERS = 40;

export interface Suggestions {
  /** The most upvoted and newest first. */
  titles: { id: string; title: string }[];
  /** Those of most papers first. */
  authors: string[];
  categories: string[];
}

/** What somebody who has typed `text` may be about to type: titles, authors, categories. */
export function createSuggest(deps: { papers: Pick<PaperStore, 'listByKeys'>; lexical: LexicalSearcher }) {
  const { papers, lexical } = deps;
  return {
    async suggest(text: string, limit: number = DEFAULT_SUGGESTIONS): Promise<Suggestions> {
      const typed = text.slice(0, MAX_PREFIX_LENGTH);
      const { titles, authors, categories } = await lexical.complete(typed, limit);
      const keys = [...new Set([...titles, ...authors.slice(0, AUTHOR_PAPERS)])];
      const found = new Map((await papers.listByKeys(keys)).map((paper) => [paper.key, paper]));
      const names = new Map<string, number>();
      for (const key of authors) {
        for (const name of found.get(key)?.authors ?? []) {
          if (goesOnLike(name, typed)) names.set(name, (names.get(name) ?? 0) + 1);
        }
      }
      return {
        titles: titles.flatMap((key) => {
          const paper = found.get(key);
          return paper ? [{ id: paper.id, title: paper.title }] : [];
        }),
        authors: [...names]
          .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
          .slice(0, limit)
          .map(([name]) => name),
        categories,
      };
    },
  };
}

/** Whether every word of the text begins a word of the name; all but the last one are such words. */
function goesOnLike(name: string, text: string): boolean {
  const words = placedWords(name).map(({ word }) => word);
  const typed = nameWords(text);
  const last = typed.pop();
  return (
    last !== undefined &&
    typed.every((word) => words.includes(word)) &&
    words.some((word) => word.startsWith(last))
  );
}

export type Suggest = ReturnType<typeof createSuggest>;
