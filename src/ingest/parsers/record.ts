import type { PaperRecord, ParseProblem } from '../../papers/paper.js';
import { excerpt, truncate } from './text.js';

/** The limits of papers/paper.ts. */
export const MAX_TITLE_LENGTH = 1_000;
export const MAX_ABSTRACT_LENGTH = 50_000;
export const MAX_AUTHORS = 10_000;

/** Cuts what is longer than a paper may be, and says so. */
export function limitRecord(
  record: PaperRecord,
  line: number,
): { record: PaperRecord; problems: ParseProblem[] } {
  const problems: ParseProblem[] = [];
  const cut = (what: string, text: string, limit: number): string => {
    if (text.length <= limit) return text;
    problems.push({
      line,
      reason: `the ${what} was cut: at most ${limit} characters are kept`,
      excerpt: excerpt(text),
    });
    return truncate(text, limit);
  };
  const title = cut('title', record.title, MAX_TITLE_LENGTH);
  const abstract = cut('abstract', record.abstract, MAX_ABSTRACT_LENGTH);
  return { record: problems.length === 0 ? record : { ...record, title, abstract }, problems };
}
