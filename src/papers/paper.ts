/**
 * A day, month or year as the source gave it: `2024`, `2024-03` or `2024-03-01`. Kept as text, because
 * inventing the missing part would sort and filter wrongly.
 */
export type PartialDate = string;

/**
 * Where a value came from, poorest first: a poorer source never overwrites a richer one. Bibliographies come before
 * listings, which a program wrote from arXiv's own record: in BibTeX people type, shorten and protect titles by hand,
 * RIS is a database's export that few edit, and CSL JSON has names and dates in parts. Services that gather from
 * others (OpenAlex, Semantic Scholar, Hugging Face) come before those at which papers are registered by their makers.
 */
export const sourceNames = [
  'sample',
  'bibtex',
  'ris',
  'csl',
  'csv',
  'feed',
  'listing',
  'jsonl',
  'openalex',
  'semantic-scholar',
  'huggingface',
  'crossref',
  'arxiv',
] as const;
export type SourceName = (typeof sourceNames)[number];

export function isSourceName(text: string): text is SourceName {
  return (sourceNames as readonly string[]).includes(text);
}

/**
 * What one source says of one paper: the output of every parser and the input of identity and storage.
 * A field that the source doesn't have is absent, never empty (the abstract alone may be '').
 */
export interface PaperRecord {
  source: SourceName;
  /** One line, trimmed, inner whitespace collapsed; 1 to 1,000 characters. */
  title: string;
  /** Paragraphs joined by a blank line; at most 50,000 characters; '' where the source has none. */
  abstract: string;
  /** Display names in order; at most 10,000 (ATLAS and CMS papers have some 3,000). */
  authors?: string[];
  /** For sources that only count; otherwise derived from `authors`. */
  authorCount?: number;
  /** `authors` is a beginning (`et al.`), and nobody says how many there are. */
  hasMoreAuthors?: true;
  date?: PartialDate;
  venue?: string;
  /** http or https only. */
  url?: string;
  /** Without version and prefix: `2401.01234`, `hep-th/9901001`. */
  arxivId?: string;
  arxivVersion?: number;
  /** Lower case, without resolver: `10.1000/182`. */
  doi?: string;
  categories?: string[];
  upvotes?: number;
  comments?: number;
  /** Of the repository with its code. Kept as observations alone, as are citations (papers/heat.ts). */
  stars?: number;
  citations?: number;
  /** When the source made or saved this record (YYYY-MM-DD): decides between two records of one source. */
  asOf?: string;
}

/** Something in the input that was not taken as a paper: nothing is dropped without one of these. */
export interface ParseProblem {
  /** Line in the (decompressed) input, from 1. */
  line: number;
  /** What is wrong and what was expected, for people. */
  reason: string;
  /** The beginning of the offending text, at most 120 characters. */
  excerpt: string;
}

/** One step of a streaming parser, in input order. */
export type ParsedEntry =
  | { kind: 'paper'; line: number; record: PaperRecord }
  | { kind: 'problem'; problem: ParseProblem };

/** Where a field's value came from, and what decides between it and another value of that field. */
export interface Origin {
  source: SourceName;
  /** arXiv version of the record. */
  version?: number;
  /** YYYY-MM-DD at which the source made or saved the record. */
  asOf?: string;
}

/** Fields that are merged one by one; ids are settled by identity.ts. */
export const mergedFields = [
  'title',
  'abstract',
  'authors',
  'authorCount',
  'date',
  'venue',
  'url',
  'categories',
  'upvotes',
  'comments',
] as const;
export type MergedField = (typeof mergedFields)[number];

export type Origins = Partial<Record<MergedField, Origin>>;

/** What is known of a paper, whoever said it. `null`, '' and [] stand for "not known". */
export interface PaperFields {
  title: string;
  abstract: string;
  authors: string[];
  authorCount: number | null;
  date: PartialDate | null;
  venue: string | null;
  url: string | null;
  categories: string[];
  upvotes: number | null;
  comments: number | null;
  origins: Origins;
}

export interface Paper extends PaperFields {
  /** Row number: for joins inside the service, never shown. */
  key: number;
  /** The public id; see `publicIdOf`. */
  id: string;
  arxivId: string | null;
  arxivVersion: number | null;
  doi: string | null;
  /** Other ids that lead here. */
  aliases: string[];
  createdAt: Date;
  /** When something of it changed that its readers see; counts don't count. */
  updatedAt: Date;
}
