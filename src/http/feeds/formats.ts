import { toAtom } from './atom.js';
import type { Feed } from './feed.js';
import { toJsonFeed } from './json-feed.js';
import { toRss } from './rss.js';

/** By the end of their addresses. */
export const feedFormatNames = ['atom', 'rss', 'json'] as const;
export type FeedFormatName = (typeof feedFormatNames)[number];

export interface FeedFormat {
  /** With charset, as for the Content-Type header. */
  contentType: string;
  write: (feed: Feed) => string;
}

/**
 * Written by ourselves, 150 lines: `feed` 6.0.0 leaves control characters in, turns a `&amp;` that an author wrote into `&`, writes a
 * `<` of a category into an attribute as it is, calls JSON Feed 1 what has one author of each, and takes names for RSS's e-mail addresses.
 */
export const feedFormats: Readonly<Record<FeedFormatName, FeedFormat>> = {
  atom: { contentType: 'application/atom+xml; charset=utf-8', write: toAtom },
  rss: { contentType: 'application/rss+xml; charset=utf-8', write: toRss },
  json: { contentType: 'application/feed+json; charset=utf-8', write: toJsonFeed },
};
