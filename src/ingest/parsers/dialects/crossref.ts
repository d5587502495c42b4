import { cslDate, cslName } from '../csl-fields.js';
import type { JsonObject } from '../json-fields.js';
import { type Dialect, dayOf, isObject, objectsOf, venueOf, wordsOf } from './dialect.js';

/** What is registered beside papers. */
const noPapers = new Set(
  'component grant journal journal-issue journal-volume book-series book-set report-series proceedings-series'.split(
    ' ',
  ),
);

/** Works of Crossref's REST API (https://api.crossref.org/swagger-ui/index.html). */
export const crossref: Dialect = {
  source: 'crossref',
  nested: [
    ...[
      'container-title',
      'issued',
      'published',
      'published-online',
      'published-print',
      'posted',
      'date-parts',
    ],
    ...['indexed', 'relation', 'has-preprint', 'updated-by'],
  ],
  read(work) {
    if (!isWork(work)) return null;
    const type = wordsOf(work['type']);
    const title = firstOf(work['title']);
    if (title === undefined || (type !== undefined && noPapers.has(type)))
      return {
        refused: `this is no paper: a record of type ${type ?? 'unknown'}${title ? '' : ' without a title'}`,
      };
    const notice = objectsOf(work['updated-by']).find(({ type: kind }) =>
      /^(?:retraction|withdrawal|removal)$/.test(String(kind)),
    );
    if (notice) return { refused: `this paper was withdrawn: a ${notice['type']} has been registered` };
    return {
      paper: {
        title,
        abstract: abstractOf(work['abstract']),
        authors: Array.isArray(work['author']) ? work['author'].map(cslName) : work['author'],
        date: dateOf(work),
        venue: venueOf(firstOf(work['container-title'])),
        url: work['URL'],
        doi: work['DOI'],
        arxiv_id: preprintOf(work['relation']),
        citationCount: work['is-referenced-by-count'],
        updated: isObject(work['indexed']) ? dayOf(work['indexed']['date-time']) : undefined,
      },
    };
  },
};

function isWork(work: JsonObject): boolean {
  return (
    typeof work['DOI'] === 'string' &&
    (Array.isArray(work['title']) ||
      ['is-referenced-by-count', 'reference-count', 'indexed', 'member'].some((key) => key in work))
  );
}

function firstOf(value: unknown): string | undefined {
  return Array.isArray(value) ? value.map(wordsOf).find((text) => text !== undefined) : wordsOf(value);
}

/** Without the heading that many publishers begin theirs with. */
function abstractOf(abstract: unknown): unknown {
  return typeof abstract === 'string'
    ? abstract.replace(/^\s*(?:<jats:sec>\s*)?<jats:title>\s*(?:abstract|summary)\s*<\/jats:title>/i, '')
    : abstract;
}

function dateOf(work: JsonObject): unknown {
  for (const key of ['issued', 'published', 'published-online', 'published-print', 'posted']) {
    const date = isObject(work[key]) ? cslDate(work[key]) : undefined;
    if (date !== undefined) return date;
  }
  return undefined;
}

/** The arXiv id of the preprint, if there is one alone. */
function preprintOf(relation: unknown): unknown {
  const preprints = isObject(relation) ? objectsOf(relation['has-preprint']) : [];
  const [only, ...others] = preprints.filter((preprint) => preprint['id-type'] === 'arxiv');
  return others.length === 0 ? only?.['id'] : undefined;
}
