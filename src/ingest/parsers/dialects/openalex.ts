import { parseArxivId } from '../../../papers/paper-id.js';
import type { JsonObject } from '../json-fields.js';
import { MAX_ABSTRACT_LENGTH } from '../record.js';
import { type Dialect, isObject, objectsOf, venueOf, wordsOf } from './dialect.js';

/** Works of OpenAlex (https://docs.openalex.org/api-entities/works/work-object). */
export const openAlex: Dialect = {
  source: 'openalex',
  nested: ['authorships', 'abstract_inverted_index', 'primary_location', 'locations', 'source'],
  read(work) {
    if (!isWork(work)) return null;
    if (work['is_retracted'] === true) return { refused: 'this work was retracted, says OpenAlex' };
    if (work['is_paratext'] === true)
      return { refused: 'this is no paper: OpenAlex calls it paratext (a cover, a table of contents)' };
    const primary = isObject(work['primary_location']) ? work['primary_location'] : {};
    const venue = isObject(primary['source']) ? primary['source']['display_name'] : undefined;
    const places = [primary, ...objectsOf(work['locations'])].map((place) => place['landing_page_url']);
    return {
      paper: {
        title: wordsOf(work['title']) ?? work['display_name'],
        abstract: isObject(work['abstract_inverted_index'])
          ? abstractOf(work['abstract_inverted_index'])
          : undefined,
        authors: objectsOf(work['authorships']).map(authorOf),
        date: dateOf(work['publication_date']),
        year: work['publication_year'],
        doi: work['doi'],
        arxiv_id: places.find((place) => typeof place === 'string' && parseArxivId(place) !== null),
        venue: venueOf(venue),
        url: primary['landing_page_url'],
        citationCount: work['cited_by_count'],
        updated: work['updated_date'],
      },
    };
  },
};

function isWork(work: JsonObject): boolean {
  const { id } = work;
  if (typeof id === 'string' && /^https?:\/\/openalex\.org\/W\d+$/i.test(id)) return true;
  return (
    Array.isArray(work['authorships']) && ('abstract_inverted_index' in work || 'publication_year' in work)
  );
}

function authorOf(authorship: JsonObject): unknown {
  const author = isObject(authorship['author']) ? authorship['author'] : {};
  return wordsOf(author['display_name']) ?? authorship['raw_author_name'] ?? '';
}

/** 1 January stands for a year of which nothing more is known, far more often than for the day. */
function dateOf(date: unknown): unknown {
  return typeof date === 'string' && /^\d{4}-01-01$/.test(date) ? date.slice(0, 4) : date;
}

/**
 * `{"birds": [0, 7], "sing": [1]}` as the text that it was made of. Only the order of the positions counts, so that an
 * absurd one costs nothing; words are taken until the text is longer than an abstract may be.
 */
function abstractOf(index: JsonObject): string {
  const places: [number, string][] = [];
  for (const [word, positions] of Object.entries(index)) {
    if (!Array.isArray(positions)) continue;
    for (const position of positions) if (typeof position === 'number') places.push([position, word]);
  }
  places.sort(([a], [b]) => a - b);
  const words: string[] = [];
  let length = 0;
  for (const [, word] of places) {
    words.push(word);
    length += word.length + 1;
    if (length > MAX_ABSTRACT_LENGTH + 1) break;
  }
  return words.join(' ');
}
