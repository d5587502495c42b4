import { FEED_AUTHOR, type Feed, type FeedEntry, feedUpdated } from './feed.js';
import { branch, leaf, xmlDocument } from './xml.js';

/** Atom 1.0 (RFC 4287). */
export function toAtom(feed: Feed): string {
  return xmlDocument(
    branch(
      'feed',
      [
        leaf('id', feed.id),
        leaf('title', feed.title),
        leaf('subtitle', feed.subtitle),
        leaf('updated', feedUpdated(feed).toISOString()),
        leaf('link', '', { rel: 'self', type: 'application/atom+xml', href: feed.self }),
        leaf('link', '', { rel: 'alternate', type: 'text/html', href: feed.home }),
        person(FEED_AUTHOR),
        leaf('generator', 'Quire'),
        ...feed.entries.map(entryXml),
      ],
      { xmlns: 'http://www.w3.org/2005/Atom' },
    ),
  );
}

function entryXml(entry: FeedEntry): string {
  return branch('entry', [
    leaf('id', entry.id),
    leaf('title', entry.title),
    leaf('link', '', { rel: 'alternate', type: 'text/html', href: entry.url }),
    ...(entry.source === null ? [] : [leaf('link', '', { rel: 'related', href: entry.source })]),
    leaf('published', entry.published.toISOString()),
    leaf('updated', entry.updated.toISOString()),
    ...entry.authors.map(person),
    ...entry.categories.map((term) => leaf('category', '', { term })),
    leaf('content', entry.html, { type: 'html' }),
  ]);
}

const person = (name: string): string => branch('author', [leaf('name', name)]);
