import { exportFormats } from '../../papers/export/formats.js';
import type { Paper } from '../../papers/paper.js';
import { isFullDay } from '../../papers/period.js';
import { AppError } from '../../platform/errors.js';
import type { QueryFilters } from '../../search/query/filters.js';
import { invalid } from '../../search/request.js';
import {
  authorFieldNames,
  paperFieldNames,
  type S2FieldName,
  type S2Paper,
  unknownPaperFieldNames,
} from './semantic-scholar-schema.js';

/** What of a paper was asked for. */
export interface S2Fields {
  paper: ReadonlySet<S2FieldName>;
  author: ReadonlySet<string>;
}

/** Parts of fields whose whole isn't known here either. */
const nestedFields: Readonly<Record<string, readonly string[]>> = {
  authors: authorFieldNames,
  citations: paperFieldNames,
  references: paperFieldNames,
  embedding: ['specter_v1', 'specter_v2'],
};

/**
 * `fields` of a request: names with commas between; the title where there are none.
 * @throws AppError invalid_input that lists what is no field
 */
export function readFields(text = ''): S2Fields {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const paper = new Set<S2FieldName>(['paperId', ...(names.length === 0 ? ['title' as const] : [])]);
  const author = new Set<string>(['authorId']);
  const unknown: string[] = [];
  for (const name of names) {
    const [top = '', part, ...rest] = name.split('.');
    const isPart = part !== undefined && rest.length === 0 && Object.hasOwn(nestedFields, top);
    if (!isFieldName(top) || (part !== undefined && !(isPart && nestedFields[top]!.includes(part)))) {
      unknown.push(name);
      continue;
    }
    paper.add(top);
    if (top === 'authors') author.add(part ?? 'name');
  }
  if (unknown.length > 0) {
    const list = unknown.join(', ').slice(0, 500);
    throw new AppError('invalid_input', `Unrecognized or unsupported fields: [${list}]`, {
      details: { field: 'fields' },
    });
  }
  return { paper, author };
}

function isFieldName(name: string): name is S2FieldName {
  return (paperFieldNames as readonly string[]).includes(name);
}

/** The paper with these fields: null, or '' for a venue, stands for what isn't known, as their clients expect. */
export function s2Paper(paper: Paper, fields: S2Fields): S2Paper {
  const view: S2Paper = { paperId: paper.id };
  const give = (name: S2FieldName, value: () => Partial<S2Paper>): void => {
    if (fields.paper.has(name)) Object.assign(view, value());
  };
  give('externalIds', () => ({ externalIds: externalIds(paper) }));
  give('url', () => ({ url: paper.url }));
  give('title', () => ({ title: paper.title }));
  give('abstract', () => ({ abstract: paper.abstract === '' ? null : paper.abstract }));
  give('venue', () => ({ venue: paper.venue ?? '' }));
  give('year', () => ({ year: paper.date === null ? null : Number(paper.date.slice(0, 4)) }));
  give('publicationDate', () => ({ publicationDate: isFullDay(paper.date) ? paper.date : null }));
  give('authors', () => ({ authors: paper.authors.map((name) => s2Author(name, fields.author)) }));
  give('citationStyles', () => ({ citationStyles: { bibtex: exportFormats.bibtex.write([paper]).trim() } }));
  for (const name of unknownPaperFieldNames) give(name, () => ({ [name]: null }));
  return view;
}

function externalIds({ arxivId, doi }: Paper) {
  return { ...(arxivId === null ? {} : { ArXiv: arxivId }), ...(doi === null ? {} : { DOI: doi }) };
}

function s2Author(name: string, fields: ReadonlySet<string>) {
  return Object.fromEntries([...fields].map((field) => [field, field === 'name' ? name : null]));
}

/** Numbers of other catalogues, and Semantic Scholar's own: 40 hexadecimal digits. */
const foreignId = /^(?:(?:corpusid|mag|acl|pmid|pmcid):.*|[0-9a-f]{40})$/is;

/**
 * What an id of Semantic Scholar's forms may be looked up as: `ARXIV:…`, `DOI:…`, `URL:…`, Quire's public ids. null for those
 * that only Semantic Scholar can tell.
 */
export function refOfS2Id(id: string): string | null {
  const trimmed = id.trim();
  if (trimmed === '' || foreignId.test(trimmed)) return null;
  return trimmed.replace(/^url:/i, '');
}

export function s2NotFound(id: string): AppError {
  return new AppError('paper_not_found', `Paper with id ${id.slice(0, 200)} not found`, { details: { id } });
}

export interface S2Filters {
  year?: string | undefined;
  publicationDateOrYear?: string | undefined;
  venue?: string | undefined;
}

/**
 * `year=2019`, `2016-2020`, `2010-`, `-2015`; `publicationDateOrYear=2019-03`, `2016-03-05:2020`; `venue=A,B`.
 * @throws AppError invalid_input
 */
export function filtersOf({ year, publicationDateOrYear, venue }: S2Filters): QueryFilters {
  if (year !== undefined && publicationDateOrYear !== undefined)
    throw invalid('year', 'either year or publicationDateOrYear, not both');
  const dates =
    year !== undefined
      ? readRange(/^(\d{4})?(-)?(\d{4})?$/, year, 'year')
      : publicationDateOrYear !== undefined
        ? readRange(
            /^(\d{4}(?:-\d\d){0,2})?(:)?(\d{4}(?:-\d\d){0,2})?$/,
            publicationDateOrYear,
            'publicationDateOrYear',
          )
        : {};
  const venues = venue?.split(',').filter((name) => name.trim() !== '') ?? [];
  if (venues.length > MAX_VENUES) throw invalid('venue', `at most ${MAX_VENUES} venues`);
  return { ...dates, ...(venues.length === 0 ? {} : { venue: venues }) };
}

const MAX_VENUES = 50;

function readRange(form: RegExp, text: string, field: keyof typeof rangeExamples): QueryFilters {
  const [match, from, separator, to] = form.exec(text.trim()) ?? [];
  const isRange = separator !== undefined;
  if (!match || (from === undefined && to === undefined) || (!isRange && to !== undefined))
    throw invalid(field, rangeExamples[field]);
  return { from, to: isRange ? to : from };
}

const rangeExamples = {
  year: 'a year or years such as 2019, 2016-2020, 2010- or -2015',
  publicationDateOrYear: 'a date or dates such as 2019, 2019-03, 2016-03-05:2020 or 2016:',
} as const;

/** Filters that would need what Quire doesn't know: to drop them would answer another question. */
const unsupportedFilters: Readonly<Record<string, string>> = {
  publicationTypes: 'types of publications',
  openAccessPdf: 'which papers are open access',
  minCitationCount: 'citations',
  fieldsOfStudy: 'Semantic Scholar’s fields of study',
};

/** @throws AppError invalid_input where a parameter asks to filter by what isn't known */
export function refuseUnsupportedFilters(query: object): void {
  for (const [name, what] of Object.entries(unsupportedFilters))
    if (Object.hasOwn(query, name))
      throw new AppError('invalid_input', `${name}: Quire doesn’t know ${what} and can’t filter by them.`, {
        details: { field: name },
      });
}

/**
 * Statuses that the released client acts on: at 429 it tries again, 504 and 500 it raises, and anything else but 400 and 404
 * it takes for an empty answer.
 */
export function s2StatusOf({ kind, code }: AppError, status: number): number {
  if (code === 'overloaded') return 429;
  if (kind === 'unavailable') return 504;
  return kind === 'too_large' || kind === 'media_type' ? 400 : status;
}
