import { FEED_AUTHOR, type Feed, type FeedEntry } from './feed.js';
import { cleanText } from './xml.js';

/** JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/). */
export function toJsonFeed(feed: Feed): string {
  const content = {
    version: 'https://jsonfeed.org/version/1.1',
    title: feed.title,
    home_page_url: feed.home,
    feed_url: feed.self,
    description: feed.subtitle,
    authors: [{ name: FEED_AUTHOR }],
    items: feed.entries.map(itemOf),
  };
  return JSON.stringify(content, (_, value) => (typeof value === 'string' ? cleanText(value) : value));
}

function itemOf(entry: FeedEntry) {
  return {
    id: entry.id,
    url: entry.url,
    ...(entry.source === null ? {} : { external_url: entry.source }),
    title: entry.title,
    content_html: entry.html,
    date_published: entry.published.toISOString(),
    date_modified: entry.updated.toISOString(),
    ...(entry.authors.length === 0 ? {} : { authors: entry.authors.map((name) => ({ name })) }),
    ...(entry.categories.length === 0 ? {} : { tags: entry.categories }),
  };
}
