import { stemmer } from 'stemmer';

/**
 * Words that stand in most texts. They are indexed, because phrases need them (“attention is all you need”), but
 * don't rank where a query has others. Lucene's list for English.
 */
export const stopWords: ReadonlySet<string> = new Set(
  'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with'.split(
    ' ',
  ),
);

/** Further words that say nothing of what a query is about. */
const queryStopWords: ReadonlySet<string> = new Set(
  'about above after again all also am any because been before being below between both can could did do does doing down during each few from further had has have having he her here hers him his how i its itself just me more most my nor now off once only other our ours out over own same she should so some than them theirs those through too under until up very we were what when where which while who whom why would you your yours'.split(
    ' ',
  ),
);

/** Whether a word of a query ranks, where the query has others that do. */
export const isContentWord = (word: string): boolean => !stopWords.has(word) && !queryStopWords.has(word);

/** Stems kept: more than the words of all abstracts that are seen twice. */
const CACHE_SIZE = 65_536;
const stems = new Map<string, string>();

/** Whether its term is a stem, which may be no word itself (`comput`). */
export const hasStem = (word: string): boolean => /^[a-z]{3,}$/.test(word);

/**
 * What the index knows a folded word by: its stem (Porter, 1980, “An algorithm for suffix stripping”) for English
 * words, itself for all that have digits, signs or other letters.
 */
export function termOf(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  const term = hasStem(word) ? stemmer(word) : word;
  if (stems.size >= CACHE_SIZE) stems.clear();
  stems.set(word, term);
  return term;
}
