import { type Feed, type FeedEntry, feedUpdated } from './feed.js';
import { branch, leaf, xmlDocument } from './xml.js';

/** Minutes that a reader may wait: listings come in once a day, people's own files at any time. */
const TTL_MINUTES = 60;

/** RSS 2.0 (https://www.rssboard.org/rss-specification). Authors are `dc:creator`: `author` would be an e-mail address. */
export function toRss(feed: Feed): string {
  const channel = branch('channel', [
    leaf('title', feed.title),
    leaf('link', feed.home),
    leaf('description', feed.subtitle),
    leaf('atom:link', '', { rel: 'self', type: 'application/rss+xml', href: feed.self }),
    ...(feed.entries.length === 0 && feed.begun === null
      ? []
      : [leaf('lastBuildDate', feedUpdated(feed).toUTCString())]),
    leaf('generator', 'Quire'),
    leaf('ttl', String(TTL_MINUTES)),
    ...feed.entries.map(itemXml),
  ]);
  return xmlDocument(
    branch('rss', [channel], {
      version: '2.0',
      'xmlns:atom': 'http://www.w3.org/2005/Atom',
      'xmlns:dc': 'http://purl.org/dc/elements/1.1/',
    }),
  );
}

function itemXml(entry: FeedEntry): string {
  return branch('item', [
    leaf('title', entry.title),
    leaf('link', entry.url),
    // No address: that changes when a better id of the paper becomes known.
    leaf('guid', entry.id, { isPermaLink: 'false' }),
    leaf('pubDate', entry.published.toUTCString()),
    ...entry.authors.map((name) => leaf('dc:creator', name)),
    ...entry.categories.map((name) => leaf('category', name)),
    leaf('description', entry.html),
  ]);
}
