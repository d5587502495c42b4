import { shortHash, titleKey } from './fold.js';
import { fieldsOf, mergeInto } from './merge.js';
import type { PaperFields, PaperRecord } from './paper.js';

/** What sources said of a paper, one by one: by their refs. Empty while a single one has. */
export type SourceRecords = Map<string, PaperRecord>;

/** What a source said of a paper. */
export interface SourceSaid {
  ref: string;
  record: PaperRecord;
}

/**
 * Names what one source says of one paper: the same for its later versions where it has an id, else for the same words alone.
 */
export function recordRef({
  source,
  arxivId,
  doi,
  title,
  abstract,
  authors = [],
  date,
}: PaperRecord): string {
  const id = arxivId ?? doi ?? `${titleKey(title)}\n${abstract}\n${authors.join('\n')}\n${date ?? ''}`;
  return shortHash(`${source}\n${id}`, 26);
}

/** As it is kept: counts have their own table, by day. */
export function keptRecord(record: PaperRecord): PaperRecord {
  const { upvotes: _u, comments: _c, stars: _s, citations: _i, ...kept } = record;
  return kept;
}

/** Two looks of one source at one paper: what the later one lacks stays as it was. The order and repetitions don't matter (merge.ts). */
export function bothLooks(a: PaperRecord | undefined, b: PaperRecord): PaperRecord {
  return a === undefined ? b : recordOf(merged([a, b]));
}

interface Known extends PaperFields {
  arxivId: string | null;
  arxivVersion: number | null;
  doi: string | null;
}

/** What a paper that one source has spoken of says, as a record of that source. */
export function recordOf(paper: Known): PaperRecord {
  const { source, asOf } = paper.origins.title ?? { source: 'jsonl' };
  const given = {
    authors: paper.authors.length > 0 ? paper.authors : null,
    authorCount: paper.authorCount === paper.authors.length ? null : paper.authorCount,
    hasMoreAuthors: paper.authors.length > 0 && paper.authorCount === null ? true : null,
    date: paper.date,
    venue: paper.venue,
    url: paper.url,
    categories: paper.categories.length > 0 ? paper.categories : null,
    arxivId: paper.arxivId,
    arxivVersion: paper.arxivVersion,
    doi: paper.doi,
    asOf: asOf ?? null,
  } satisfies { [K in keyof PaperRecord]?: unknown };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  return { source, title: paper.title, abstract: paper.abstract, ...known };
}

/** The records that a paper is made of, when one more source speaks of it: all that did before, by their refs. */
export function recordsOf(paper: Known & { records: SourceRecords }): SourceRecords {
  if (paper.records.size > 0) return paper.records;
  const own = recordOf(paper);
  return new Map([[recordRef(own), own]]);
}

/** Fields and ids of a paper of which these records are all that is known. */
export function merged(records: Iterable<PaperRecord>): Known {
  const [first, ...others] = [...records];
  if (first === undefined) throw new RangeError('a paper needs a record');
  const fields = fieldsOf(first);
  for (const record of others) mergeInto(fields, fieldsOf(record));
  const all = [first, ...others];
  const versions = all.flatMap(({ arxivVersion }) => arxivVersion ?? []);
  return {
    ...fields,
    arxivId: all.find(({ arxivId }) => arxivId !== undefined)?.arxivId ?? null,
    arxivVersion: versions.length === 0 ? null : Math.max(...versions),
    doi: all.find(({ doi }) => doi !== undefined)?.doi ?? null,
  };
}
