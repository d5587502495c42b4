import type { SaxesTagNS } from 'saxes';

/** An element with all that is in it. */
export interface XmlNode {
  /** Prefix of `namespaces` and local name, whatever prefix the file uses: `atom:title`, `item`, `?:unknown`. */
  name: string;
  /** Of the line in which its tag ends, from 1. */
  line: number;
  /** Those without a namespace. */
  attributes: ReadonlyMap<string, string>;
  content: (string | XmlNode)[];
}

/** RSS 2.0 has none; RSS 1.0 has the same names in one of its own. */
const namespaces: ReadonlyMap<string, string> = new Map([
  ['', ''],
  ['http://purl.org/rss/1.0/', ''],
  ['http://www.w3.org/1999/02/22-rdf-syntax-ns#', 'rdf:'],
  ['http://purl.org/rss/1.0/modules/content/', 'content:'],
  ['http://prismstandard.org/namespaces/basic/2.0/', 'prism:'],
  ['http://prismstandard.org/namespaces/1.2/basic/', 'prism:'],
  ['http://prismstandard.org/namespaces/basic/3.0/', 'prism:'],
  ['http://www.w3.org/2005/Atom', 'atom:'],
  ['http://arxiv.org/schemas/atom', 'arxiv:'],
  ['http://a9.com/-/spec/opensearch/1.1/', 'opensearch:'],
  ['http://purl.org/dc/elements/1.1/', 'dc:'],
  ['http://www.openarchives.org/OAI/2.0/', 'oai:'],
  ['http://www.openarchives.org/OAI/2.0/oai_dc/', 'oai_dc:'],
  ['http://arxiv.org/OAI/arXiv/', 'oai-arxiv:'],
  ['http://arxiv.org/OAI/arXivRaw/', 'oai-raw:'],
]);

export function nameOf({ uri, local }: Pick<SaxesTagNS, 'uri' | 'local'>): string {
  return `${namespaces.get(uri) ?? '?:'}${local}`;
}

const none: ReadonlyMap<string, string> = new Map();

export function nodeOf(tag: SaxesTagNS, line: number): XmlNode {
  const own = Object.values(tag.attributes).filter(({ uri }) => uri === '');
  const attributes = own.length === 0 ? none : new Map(own.map(({ local, value }) => [local, value]));
  return { name: nameOf(tag), line, attributes, content: [] };
}

export function elementsOf(node: XmlNode, name?: string): XmlNode[] {
  return node.content.filter(
    (part): part is XmlNode => typeof part !== 'string' && (name === undefined || part.name === name),
  );
}

/** Elements that begin a paragraph, of XHTML and JATS. */
const block = /:(?:p|div|br|li|sec|title|h[1-6])$/;

/** All text in an element; that of blocks in it stands in paragraphs of its own. */
export function textOf(node: XmlNode | undefined): string {
  if (!node) return '';
  return node.content
    .map((part) => {
      if (typeof part === 'string') return part;
      const text = textOf(part);
      return block.test(part.name) ? `\n\n${text}\n\n` : text;
    })
    .join('');
}

/** The text of the first element of that name, trimmed; '' where there is none. */
export function childText(node: XmlNode, name: string): string {
  return textOf(elementsOf(node, name)[0]).trim();
}

/** As `childText`, of each that isn't empty. */
export function childTexts(node: XmlNode, name: string): string[] {
  return elementsOf(node, name)
    .map((child) => textOf(child).trim())
    .filter((text) => text !== '');
}
