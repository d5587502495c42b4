import { NAME_PLACES, placedWords } from '../../papers/name-words.js';
import { mainTitle } from '../text/main-title.js';
import { hasStem, stopWords, termOf } from '../text/terms.js';
import { tokenise } from '../text/tokens.js';

/** What the index takes of a paper. */
export interface LexicalDocument {
  /** Row number of the paper. */
  key: number;
  title: string;
  abstract: string;
  authors: readonly string[];
  categories: readonly string[];
  /** Every source that a field of it came from. */
  sources: readonly string[];
  venue: string | null;
  /** `2024`, `2024-03` or `2024-03-01`. */
  date: string | null;
  upvotes: number | null;
  /** How much it is talked about (papers/heat.ts). */
  heat: number | null;
  hasCode: boolean;
  /** When the paper came into the database, in milliseconds since 1970. */
  createdAt: number;
}

/**
 * First character of a term that isn't a word of title or abstract. Words never begin with a control character, so the
 * terms of one field stand together in the dictionary.
 */
export const fieldMark = { author: '\u0001', category: '\u0002', source: '\u0003', venue: '\u0004' } as const;

/** … and of a word as it was written, where its term is a stem: for spelling and completion. These have no postings. */
export const SPELLING_MARK = '\u0005';

/** Each name has its own stretch of places: words of two authors are never neighbours. */
export const AUTHOR_STRIDE = NAME_PLACES;

/** Told of each occurrence, in the order of places within a term. Title and body count their places apart. */
export type OccurrenceSink = (term: string, inTitle: boolean, place: number) => void;

/** In words, without stop words. */
export interface DocumentLengths {
  title: number;
  /** Of the title without its subtitle. */
  mainTitle: number;
  body: number;
}

export interface DocumentSinks {
  occurrence: OccurrenceSink;
  /** Told of each word that has a stem, as often as it comes. */
  spelling: (word: string) => void;
}

/** Breaks a paper down into terms. */
export function analyseDocument(document: LexicalDocument, sinks: DocumentSinks): DocumentLengths {
  const { occurrence: sink, spelling } = sinks;
  const words = (text: string, inTitle: boolean): number => {
    let length = 0;
    let places = 0;
    tokenise(text, (word, _start, _end, place) => {
      // A compound stands at a place that its first part has counted.
      if (place >= places && !stopWords.has(word)) length++;
      places = Math.max(places, place + 1);
      if (hasStem(word)) spelling(word);
      sink(termOf(word), inTitle, place);
    });
    return length;
  };
  const lengths = {
    title: words(document.title, true),
    mainTitle: countContentWords(mainTitle(document.title)),
    body: words(document.abstract, false),
  };
  document.authors.forEach((name, at) => {
    for (const { word, place } of placedWords(name))
      sink(fieldMark.author + word, false, at * AUTHOR_STRIDE + place);
  });
  if (document.venue !== null)
    tokenise(document.venue, (word, _start, _end, place) => sink(fieldMark.venue + word, false, place));
  for (const category of new Set(document.categories)) sink(fieldMark.category + category, false, 0);
  for (const source of new Set(document.sources)) sink(fieldMark.source + source, false, 0);
  return lengths;
}

function countContentWords(text: string): number {
  const places = new Set<number>();
  tokenise(text, (word, _start, _end, place) => {
    if (!stopWords.has(word)) places.add(place);
  });
  return places.size;
}

const codeHosts =
  /\b(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|huggingface\.co\/(?!papers)|github\.io)/i;

/** Whether the paper says where its code is. */
export function pointsToCode({ abstract, url }: { abstract: string; url: string | null }): boolean {
  return codeHosts.test(abstract) || (url !== null && codeHosts.test(url));
}
