import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import type { FeedFormatName } from '../../../src/http/feeds/formats.js';

/** What any reader takes from an entry. */
export interface ReadEntry {
  id: string;
  title: string;
  url: string;
  html: string;
  authors: string[];
  categories: string[];
  published: string;
  /** RSS has none. */
  updated: string | null;
}

export interface ReadFeed {
  title: string;
  self: string;
  home: string;
  /** null: it doesn't say. */
  updated: string | null;
  entries: ReadEntry[];
}

interface Node {
  name: string;
  attributes: Record<string, string>;
  text: string;
  children: Node[];
}

/** By a parser that refuses whatever XML 1.0 and its namespaces don't allow. */
function parseXml(xml: string): Node {
  const root: Node = { name: '', attributes: {}, text: '', children: [] };
  const open = [root];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const values = Object.entries(attributes).map(([key, { value }]) => [key, value]);
    const node: Node = { name, attributes: Object.fromEntries(values), text: '', children: [] };
    open.at(-1)!.children.push(node);
    open.push(node);
  });
  parser.on('text', (text) => {
    open.at(-1)!.text += text;
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(xml).close();
  assert.equal(root.children.length, 1);
  return root.children[0]!;
}

const all = (node: Node, name: string): Node[] => node.children.filter((child) => child.name === name);

/** The one child of that name. */
function one(node: Node, name: string): Node {
  const found = all(node, name);
  assert.equal(found.length, 1, `one ${name} in ${node.name}, not ${found.length}`);
  return found[0]!;
}

const textOf = (node: Node, name: string): string => one(node, name).text;

/** RFC 3339 with a time, as Atom and JSON Feed want it. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
/** RFC 822 with years of four digits, as RSS wants it. */
const RFC_822 =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

function assertUri(text: string): void {
  assert.match(text, /^[a-z][a-z0-9+.-]*:[!#-;=?-[\]_a-z~%]+$/i, `a URI: ${text}`);
}

function assertUnique(ids: readonly string[]): void {
  assert.equal(new Set(ids).size, ids.length, 'ids are unique');
}

function readAtom(root: Node): ReadFeed {
  assert.equal(root.name, 'feed');
  assert.equal(root.attributes['xmlns'], 'http://www.w3.org/2005/Atom');
  assertUri(textOf(root, 'id'));
  assert.match(textOf(root, 'updated'), RFC_3339);
  const link = (node: Node, rel: string): string => {
    const found = all(node, 'link').filter(({ attributes }) => attributes['rel'] === rel);
    assert.equal(found.length, 1, `one link ${rel}`);
    assertUri(found[0]!.attributes['href']!);
    return found[0]!.attributes['href']!;
  };
  const authorsOf = (node: Node): string[] => all(node, 'author').map((author) => textOf(author, 'name'));
  assert.ok(authorsOf(root).length > 0, 'an author for entries that have none');
  const entries = all(root, 'entry').map((entry): ReadEntry => {
    const [published, updated] = [textOf(entry, 'published'), textOf(entry, 'updated')];
    assert.match(published, RFC_3339);
    assert.match(updated, RFC_3339);
    assertUri(textOf(entry, 'id'));
    assert.equal(one(entry, 'content').attributes['type'], 'html');
    for (const name of authorsOf(entry)) assert.notEqual(name, '');
    return {
      id: textOf(entry, 'id'),
      title: textOf(entry, 'title'),
      url: link(entry, 'alternate'),
      html: textOf(entry, 'content'),
      authors: authorsOf(entry),
      categories: all(entry, 'category').map(({ attributes }) => attributes['term']!),
      published,
      updated,
    };
  });
  const updated = textOf(root, 'updated');
  const latest = entries
    .map((entry) => entry.updated!)
    .sort()
    .at(-1);
  assert.equal(updated, latest ?? updated);
  return {
    ...{ title: textOf(root, 'title'), self: link(root, 'self'), home: link(root, 'alternate') },
    ...{ updated, entries },
  };
}

function readRss(root: Node): ReadFeed {
  assert.equal(root.name, 'rss');
  assert.equal(root.attributes['version'], '2.0');
  const channel = one(root, 'channel');
  assert.notEqual(textOf(channel, 'description'), '');
  for (const { text } of all(channel, 'lastBuildDate')) assert.match(text, RFC_822);
  const entries = all(channel, 'item').map((item): ReadEntry => {
    const guid = one(item, 'guid');
    assert.equal(guid.attributes['isPermaLink'], 'false');
    assert.match(textOf(item, 'pubDate'), RFC_822);
    assert.equal(all(item, 'author').length, 0, 'an author is an e-mail address');
    return {
      id: guid.text,
      title: textOf(item, 'title'),
      url: textOf(item, 'link'),
      html: textOf(item, 'description'),
      authors: all(item, 'dc:creator').map(({ text }) => text),
      categories: all(item, 'category').map(({ text }) => text),
      published: new Date(textOf(item, 'pubDate')).toISOString(),
      updated: null,
    };
  });
  const self = one(channel, 'atom:link');
  const built = all(channel, 'lastBuildDate');
  assert.equal(self.attributes['rel'], 'self');
  return {
    title: textOf(channel, 'title'),
    self: self.attributes['href']!,
    home: textOf(channel, 'link'),
    updated: built[0] ? new Date(built[0].text).toISOString() : null,
    entries,
  };
}

const text = { type: 'string', minLength: 1 };
const url = { type: 'string', pattern: '^https?://' };
const time = { type: 'string', pattern: RFC_3339.source };
const authors = {
  type: 'array',
  minItems: 1,
  items: { type: 'object', additionalProperties: false, required: ['name'], properties: { name: text } },
};

/** Of JSON Feed 1.1 what we write; whatever else is in it is a slip of ours. */
const validJsonFeed = new Ajv({ strict: true, allErrors: true }).compile({
  type: 'object',
  additionalProperties: false,
  required: ['version', 'title', 'items', 'feed_url', 'home_page_url'],
  properties: {
    version: { const: 'https://jsonfeed.org/version/1.1' },
    title: text,
    home_page_url: url,
    feed_url: url,
    description: text,
    authors,
    items: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'url', 'content_html', 'date_published', 'date_modified'],
        properties: {
          id: text,
          url,
          external_url: url,
          title: { type: 'string' },
          content_html: text,
          date_published: time,
          date_modified: time,
          authors,
          tags: { type: 'array', minItems: 1, items: { type: 'string' } },
        },
      },
    },
  },
});

interface JsonFeed {
  title: string;
  home_page_url: string;
  feed_url: string;
  items: {
    id: string;
    url: string;
    title: string;
    content_html: string;
    date_published: string;
    date_modified: string;
    authors?: { name: string }[];
    tags?: string[];
  }[];
}

function readJsonFeed(body: string): ReadFeed {
  const feed = JSON.parse(body) as JsonFeed;
  const isValid: boolean = validJsonFeed(feed);
  assert.ok(isValid, JSON.stringify(validJsonFeed.errors));
  return {
    title: feed.title,
    self: feed.feed_url,
    home: feed.home_page_url,
    updated: null,
    entries: feed.items.map((item) => ({
      id: item.id,
      title: item.title,
      url: item.url,
      html: item.content_html,
      authors: (item.authors ?? []).map(({ name }) => name),
      categories: item.tags ?? [],
      published: item.date_published,
      updated: item.date_modified,
    })),
  };
}

const asList = (value: unknown): Record<string, unknown>[] =>
  (value === undefined ? [] : [value].flat()) as Record<string, unknown>[];

/** A second opinion, by a parser that shares no code with the first. */
function assertSecondParser(body: string, { entries }: ReadFeed): void {
  assert.equal(XMLValidator.validate(body), true);
  const parser = new XMLParser({
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    processEntities: { enabled: true, maxTotalExpansions: 1e7, maxExpandedLength: 1e8 },
  });
  const { feed, rss } = parser.parse(body) as {
    feed?: { entry?: unknown };
    rss?: { channel: { item?: unknown } };
  };
  const found = asList(feed ? feed.entry : rss!.channel.item);
  assert.deepEqual(
    found.map((entry) => [entry['title'], entry['id'] ?? asList(entry['guid'])[0]]),
    entries.map(({ title, id }) => [title, id]),
  );
}

/** A feed as a strict reader takes it: whatever its specification demands is asserted on the way. */
export function readFeed(format: FeedFormatName, body: string): ReadFeed {
  assert.doesNotMatch(body, /[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  const feed = format === 'json' ? readJsonFeed(body) : readXml(body);
  assertUnique(feed.entries.map(({ id }) => id));
  for (const { id, url: address } of feed.entries) {
    assertUri(id);
    assertUri(address);
  }
  assert.notEqual(feed.title, '');
  if (format !== 'json') assertSecondParser(body, feed);
  return feed;
}

function readXml(body: string): ReadFeed {
  const root = parseXml(body);
  return root.name === 'feed' ? readAtom(root) : readRss(root);
}
