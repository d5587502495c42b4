import { displayName } from '../../../papers/person-name.js';
import { mendArxivId } from '../json-fields.js';
import { typedNames } from '../xml/arxiv.js';
import { type Dialect, isObject, wordsOf } from './dialect.js';

/** Lines of arXiv's snapshot of its metadata. `comments` are remarks there, and the paper's date is its first version's. */
export const arxivSnapshot: Dialect = {
  source: 'arxiv',
  nested: ['versions', 'authors_parsed'],
  read(entry) {
    const versions = entry['versions'];
    if (!Array.isArray(versions) || !('authors_parsed' in entry || 'update_date' in entry)) return null;
    const { title, abstract, categories, doi, authors } = entry;
    if (isWithdrawn(entry['comments']) || isWithdrawn(abstract))
      return { refused: 'this paper was withdrawn from arXiv' };
    const [first] = versions;
    return {
      paper: {
        ...{ title, abstract, categories, doi },
        arxiv_id: idOf(entry['id'], versions.at(-1)),
        authors:
          namesOf(entry['authors_parsed']) ?? (typeof authors === 'string' ? typedNames(authors) : authors),
        date: isObject(first) ? first['created'] : undefined,
        venue: entry['journal-ref'],
        updated: entry['update_date'],
      },
    };
  },
};

/** With the last version's number. */
function idOf(id: unknown, last: unknown): unknown {
  const text = typeof id === 'number' ? String(id) : id;
  const version = isObject(last) ? last['version'] : last;
  if (typeof text !== 'string' || typeof version !== 'string' || !/^v[1-9]\d{0,2}$/.test(version))
    return text;
  return `${mendArxivId(text)}${version}`;
}

/** `[["Lee", "Ann", "Jr.", "Some University"]]` as display names. */
function namesOf(parsed: unknown): string[] | undefined {
  if (!Array.isArray(parsed) || parsed.length === 0) return undefined;
  return parsed.map((parts: unknown) => {
    if (!Array.isArray(parts)) return '';
    const [family = '', given = '', suffix = ''] = (parts as unknown[]).map(
      (part) => wordsOf(part)?.trim() ?? '',
    );
    return displayName({ given, family, suffix });
  });
}

function isWithdrawn(text: unknown): boolean {
  return (
    typeof text === 'string' &&
    /^\s*(?:this|the) (?:paper|article|submission|manuscript|work|preprint) (?:has been|is|was) (?:temporarily )?withdrawn\b/i.test(
      text,
    )
  );
}
