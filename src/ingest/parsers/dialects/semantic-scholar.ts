import type { JsonObject } from '../json-fields.js';
import { type Dialect, isObject, type Reading, venueOf } from './dialect.js';

/** Papers of the Graph API, wherever they stand: answers of searches, batches, recommendations, citations. */
export const semanticScholar: Dialect = {
  source: 'semantic-scholar',
  nested: ['externalIds', 'publicationVenue', 'journal', 'citingPaper', 'citedPaper'],
  read(object) {
    const linked = object['citingPaper'] ?? object['citedPaper'];
    if (isObject(linked)) return readPaper(linked);
    const isPaper = 'paperId' in object || isObject(object['externalIds']) || 'corpusId' in object;
    return isPaper ? readPaper(object) : null;
  },
};

function readPaper(paper: JsonObject): Reading {
  const ids = nested(paper, 'externalIds');
  return {
    paper: {
      ...paper,
      arxiv_id: ids['ArXiv'] ?? paper['arxiv_id'],
      doi: ids['DOI'] ?? paper['doi'],
      venue: venueOf(
        paper['venue'],
        nested(paper, 'publicationVenue')['name'],
        nested(paper, 'journal')['name'],
      ),
    },
  };
}

function nested(paper: JsonObject, key: string): JsonObject {
  const value = paper[key];
  return isObject(value) ? value : {};
}
