import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Paper } from '../../papers/paper.js';
import { feedEntry, type Told } from '../feeds/entry.js';
import { type FeedFormatName, feedFormats } from '../feeds/formats.js';

/** The formats, for the schema of a response. */
export const feedContent = Object.fromEntries(
  Object.values(feedFormats).map(({ contentType }) => [
    contentType.split(';')[0]!,
    { schema: Type.String() },
  ]),
);

export interface FeedContent {
  /** What its links begin with (platform/origin.ts). */
  base: string;
  title: string;
  subtitle: string;
  /** Path of the page that shows the same. */
  home: string;
  papers: readonly Paper[];
  /** By key, where the feed tells of digests: when and why each was in one. */
  told?: ReadonlyMap<number, Told>;
  /** When there was first to be anything in it; not known of searches and listings. */
  begun?: Date;
}

/** Where the feed of a subscription is, in each format. */
export function subscriptionFeeds(base: string, token: string): Record<FeedFormatName, string> {
  const address = (format: FeedFormatName): string => `${base}/feeds/subscriptions/${token}.${format}`;
  return { atom: address('atom'), rss: address('rss'), json: address('json') };
}

/** Sends papers as a feed, in the format that the route's `:format` names. Its address is its id. */
export function sendFeed(
  request: FastifyRequest,
  reply: FastifyReply,
  { base, title, subtitle, home, papers, told, begun }: FeedContent,
): FastifyReply {
  const { contentType, write } = feedFormats[(request.params as { format: FeedFormatName }).format];
  // As an address should be written, whatever the reader sent.
  const self = new URL(`${base}${request.url}`).href;
  const entries = papers.map((paper) => feedEntry(paper, base, told?.get(paper.key)));
  const feed = { id: self, title: `${title} · Quire`, subtitle, self, home: base + home };
  return reply
    .type(contentType)
    .serializer((text: string) => text)
    .send(write({ ...feed, begun: begun ?? null, entries }));
}
