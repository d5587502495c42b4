import type { ExportFormatName } from '../papers/export/formats.js';

export function paperPath(id: string): string {
  return `/papers/${encodeURIComponent(id)}`;
}

/** What else somebody wrote. */
export function authorPath(name: string): string {
  return searchPath({ q: `author:"${name.replaceAll('"', '')}"`, sort: 'newest' });
}

/** Papers like one, by mail. */
export function followPath(id: string): string {
  return `/subscribe?${queryOf({ like: id })}`;
}

/** Where a file of it is downloaded from. */
export function exportPath(id: string, format: ExportFormatName): string {
  return `/api/v1${paperPath(id)}?${queryOf({ format })}`;
}

type Params = Record<string, string | undefined>;

export function searchPath(params: Params): string {
  return `/?${queryOf(params)}`;
}

export type ListingSort = 'upvoted' | 'newest' | 'trending';

export interface ListingPlace {
  /** As a period is written; absent: the latest, or the one `around` a day. */
  date?: string | undefined;
  period?: 'day' | 'week' | 'month' | undefined;
  /** YYYY-MM-DD. */
  around?: string | undefined;
  sort?: ListingSort | undefined;
  cursor?: string | undefined;
}

/** Papers of a day, a week or a month. */
export function listingPath({ date, sort, ...rest }: ListingPlace): string {
  const query = queryOf({ ...rest, sort: sort === 'upvoted' ? undefined : sort });
  const path = date === undefined ? '/listings' : `/listings/${date}`;
  return query === '' ? path : `${path}?${query}`;
}

/** What a page offers to feed readers: `name` is its path below `/feeds`, without the format. */
export interface PageFeed {
  title: string;
  name: string;
  params?: Params;
}

/** Media types by the end of the address. */
export const feedTypes = {
  atom: 'application/atom+xml',
  rss: 'application/rss+xml',
  json: 'application/feed+json',
} as const;

export function feedPath({ name, params = {} }: PageFeed, format: keyof typeof feedTypes): string {
  const query = queryOf(params);
  return `/feeds/${name}.${format}${query === '' ? '' : `?${query}`}`;
}

function queryOf(params: Params): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) query.set(name, value);
  return query.toString();
}

/** The page on which an address's digests are changed. */
export function managePath(token: string): string {
  return `/manage/${encodeURIComponent(token)}`;
}

/** One of them. */
export function ownPath(token: string, id: number): string {
  return `${managePath(token)}/subscriptions/${id}`;
}
