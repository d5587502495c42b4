import type { SourceName } from '../../../papers/paper.js';
import type { JsonObject } from '../json-fields.js';
import type { JsonShape } from '../json-scanner.js';
import { refusalOf } from './answers.js';
import { arxivSnapshot } from './arxiv-snapshot.js';
import { crossref } from './crossref.js';
import type { Reading } from './dialect.js';
import { huggingFace } from './hugging-face.js';
import { openAlex } from './openalex.js';
import { semanticScholar } from './semantic-scholar.js';

const dialects = [huggingFace, semanticScholar, openAlex, crossref, arxivSnapshot] as const;

/** An object as a paper, by the first dialect that knows its shape; null where none does: it is in our own. */
export function readDialect(object: JsonObject): { source: SourceName; reading: Reading } | null {
  for (const { source, read } of dialects) {
    const reading = read(object);
    if (reading) return { source, reading };
  }
  const refused = refusalOf(object);
  return refused === null ? null : { source: 'jsonl', reading: { refused } };
}

/** Lists of papers in answers of Hugging Face, Semantic Scholar, OpenAlex and Crossref, and in people's own files. */
const lists = new Set(
  'data results items dailyPapers searchResults recommendedPapers papers works'.split(' '),
);

/** What papers have and answers don't. */
const ofPapers = new Set('title abstract paperId paper DOI doi citingPaper citedPaper authors'.split(' '));

/** Keys of our own, which may hold anything that has to be complained of. */
const own =
  'title abstract summary authors author author_count authorCount date published publication_date publicationDate published_at publishedAt year venue url id arxiv_id arxivId doi DOI categories upvotes comments num_comments numComments githubStars github_stars stars citationCount citation_count updated';
const read = new Set([...own.split(' '), ...dialects.flatMap(({ nested }) => nested), 'message', 'error']);

/** Where papers stand in JSON documents, and what of them is read. */
export const paperShape: JsonShape = {
  holdsValues: (key, bracket) => (bracket === '[' ? lists.has(key) : key === 'message'),
  isOfValue: (key) => ofPapers.has(key),
  // There words are the keys.
  isRead: (key, parent) => read.has(key) || parent === 'abstract_inverted_index',
};
