import { parseDoi } from '../../../papers/paper-id.js';
import { displayName } from '../../../papers/person-name.js';
import { parsePartialDate } from '../dates.js';
import { arxivCategories, arxivIdOf, type Found, typedNames, withdrawal, written } from './arxiv.js';
import { childText, childTexts, elementsOf, textOf, type XmlNode } from './node.js';

/**
 * A record of arXiv's OAI-PMH (https://info.arxiv.org/help/oa/index.html) in `arXiv`, `arXivRaw` or `oai_dc`. One that was
 * deleted has no paper: that is said rather than counted, as it may name one that is here. In `oai_dc` other repositories' records are read too.
 */
export function readOaiRecord(record: XmlNode): Found {
  const header = elementsOf(record, 'oai:header')[0];
  const identifier = header ? childText(header, 'oai:identifier') : '';
  if (header?.attributes.get('status') === 'deleted')
    return { reason: `the repository has deleted this record: ${identifier}` };
  const metadata = elementsOf(record, 'oai:metadata')[0];
  const content = metadata && elementsOf(metadata)[0];
  const format = content?.name.replace(/^.*:/, '');
  const read = format === undefined ? undefined : formats.get(format);
  if (!content || !read) {
    const found = format === undefined ? 'no metadata' : `metadata in ${format.slice(0, 60)}`;
    return { reason: `this record has ${found}: expected the formats arXiv, arXivRaw or oai_dc` };
  }
  const found = read(content, { identifier, sets: header ? childTexts(header, 'oai:setSpec') : [] });
  if ('reason' in found) return found;
  return { ...found, object: { ...found.object, updated: header ? childText(header, 'oai:datestamp') : '' } };
}

interface Header {
  identifier: string;
  sets: readonly string[];
}

/** By the local name of what is in `metadata`: some harvesters drop its namespace. */
const formats: ReadonlyMap<string, (content: XmlNode, header: Header) => Found> = new Map([
  ['arXiv', readArxiv],
  ['arXivRaw', readRaw],
  ['dc', readDublinCore],
]);

/** Reads elements of the namespace that `content` has. */
function fieldsOf(content: XmlNode) {
  const prefix = content.name.replace(/[^:]*$/, '');
  return {
    text: (local: string): string => childText(content, prefix + local),
    elements: (local: string): XmlNode[] => elementsOf(content, prefix + local),
    textIn: (element: XmlNode, local: string): string => childText(element, prefix + local),
  };
}

/** What `arXiv` and `arXivRaw` have in common. */
function commonFields(content: XmlNode): Found {
  const { text } = fieldsOf(content);
  const ref = arxivIdOf(text('id'));
  if (!ref)
    return { reason: `this record has no arXiv id: expected one in id, found “${text('id').slice(0, 100)}”` };
  const gone = withdrawal(text('comments'), text('abstract'));
  if (gone !== null) return { reason: gone };
  return {
    object: {
      arxiv_id: ref.id,
      title: text('title'),
      abstract: text('abstract'),
      categories: arxivCategories(text('categories').split(/\s+/)),
      venue: text('journal-ref'),
      doi: text('doi'),
      url: `https://arxiv.org/abs/${ref.id}`,
    },
  };
}

function readArxiv(content: XmlNode): Found {
  const found = commonFields(content);
  if ('reason' in found) return found;
  const { text, elements, textIn } = fieldsOf(content);
  const authors = elements('authors')
    .flatMap((list) => elementsOf(list))
    .map((author) =>
      displayName({
        given: textIn(author, 'forenames'),
        family: textIn(author, 'keyname'),
        suffix: textIn(author, 'suffix'),
      }),
    );
  return { object: { ...found.object, authors, date: text('created') } };
}

function readRaw(content: XmlNode): Found {
  const found = commonFields(content);
  if ('reason' in found) return found;
  const { text, elements, textIn } = fieldsOf(content);
  const versions = elements('version')
    .map((element) => ({
      number: Number(/^v(\d{1,3})$/.exec(element.attributes.get('version') ?? '')?.[1] ?? 0),
      date: textIn(element, 'date'),
      type: textIn(element, 'source_type'),
    }))
    .sort((a, b) => a.number - b.number);
  const [first, last] = [versions[0], versions.at(-1)];
  // `I` marks a version without a text (arXiv's source flags).
  if (last?.type.includes('I'))
    return { reason: `this paper was withdrawn: version ${last.number} has no text` };
  const id = { id: String(found.object['arxiv_id']), ...(last?.number ? { version: last.number } : {}) };
  return {
    object: {
      ...found.object,
      arxiv_id: written(id),
      authors: typedNames(text('authors')),
      date: first?.number === 1 ? first.date : '',
    },
  };
}

/** Its subjects are names (`Computer Science - Learning`): the codes are in the sets of the header. */
function readDublinCore(content: XmlNode, { identifier, sets }: Header): Found {
  const identifiers = childTexts(content, 'dc:identifier');
  const ref = [identifier, ...identifiers].map(arxivIdOf).find((found) => found !== null);
  if (!ref) {
    const isArxiv = [identifier, ...identifiers].some((text) => /\barxiv\b/i.test(text));
    if (!isArxiv) return readForeign(content, identifiers);
    return {
      reason: 'this record has no arXiv id among its identifiers: expected http://arxiv.org/abs/2401.01234',
    };
  }
  const remarks = childTexts(content, 'dc:description');
  const isComment = (text: string): boolean => /^comments?:/i.test(text);
  const abstract = remarks.find((text) => !isComment(text)) ?? '';
  const gone = withdrawal(abstract, ...remarks.filter(isComment).map((text) => text.replace(/^\S+\s*/, '')));
  if (gone !== null) return { reason: gone };
  // The days of all versions.
  const dates = childTexts(content, 'dc:date').map((date) => parsePartialDate(date) ?? date);
  return {
    object: {
      arxiv_id: written(ref),
      title: textOf(elementsOf(content, 'dc:title')[0]),
      abstract,
      authors: childTexts(content, 'dc:creator'),
      date: dates.sort()[0],
      venue: identifiers.find(
        (text) => !/^(?:https?|doi):/i.test(text) && !arxivIdOf(text) && !parseDoi(text),
      ),
      doi: identifiers.find((text) => parseDoi(text) !== null),
      url: `https://arxiv.org/abs/${ref.id}`,
      categories: arxivCategories(sets.map(categoryOfSet)),
    },
  };
}

/** A record of any other repository. */
function readForeign(content: XmlNode, identifiers: readonly string[]): Found {
  const doi = identifiers.map((text) => parseDoi(text)?.doi).find((found) => found !== undefined);
  const url = identifiers.find((text) => /^https?:\/\//i.test(text));
  const [date] = childTexts(content, 'dc:date')
    .map((text) => parsePartialDate(text) ?? text)
    .sort();
  return {
    source: 'feed',
    object: {
      title: textOf(elementsOf(content, 'dc:title')[0]),
      abstract: childText(content, 'dc:description'),
      authors: childTexts(content, 'dc:creator'),
      ...(date === undefined ? {} : { date }),
      venue: childText(content, 'dc:source') || childText(content, 'dc:publisher'),
      ...(doi === undefined ? {} : { doi }),
      ...(url === undefined ? {} : { url }),
    },
  };
}

/** `cs:cs:LG`, `physics:hep-th`; a group alone (`cs`) is no category. */
function categoryOfSet(set: string): string {
  return set.split(':').slice(1, 3).join('.');
}
