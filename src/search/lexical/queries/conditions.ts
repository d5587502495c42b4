import type { SoughtWord } from '../../../papers/name-words.js';

/** What a paper has to fulfil, ready for the index: terms folded and stemmed, dates as `Columns.dates` has them. */
export type Condition =
  /** These terms in title or abstract, or in the title alone, each a number of places behind the first one. */
  | { op: 'words'; terms: readonly PlacedTerm[]; titleOnly: boolean }
  /** All of these words in the name of one author, in any order; an initial stands for a given name (papers/name-words.ts). */
  | { op: 'author'; words: readonly SoughtWord[] }
  /** These words of the venue, next to each other. */
  | { op: 'venue'; words: readonly string[] }
  /** Without case; an archive (`cs`) means all of its categories. */
  | { op: 'category'; name: string }
  | { op: 'source'; name: string }
  /** Both ends belong to it. A paper whose day isn't known counts where any day that it may be of does. */
  | { op: 'dates'; from: number; to: number }
  | { op: 'code' }
  | { op: 'upvotes'; min: number }
  /** In the database by `until`, and not before `from`, in milliseconds since 1970. */
  | { op: 'created'; from?: number; until?: number }
  | { op: 'keys'; keys: readonly number[] }
  | { op: 'not'; condition: Condition }
  | { op: 'or'; conditions: readonly Condition[] };

export interface PlacedTerm {
  term: string;
  offset: number;
}
