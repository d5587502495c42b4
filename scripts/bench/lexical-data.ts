import { type LexicalDocument, pointsToCode } from '../../src/search/lexical/document.js';
import { parseQuery } from '../../src/search/query/parse.js';
import { planQuery, type SearchPlan } from '../../src/search/ranking/plan.js';
import { isContentWord, termOf } from '../../src/search/text/terms.js';
import { tokenise } from '../../src/search/text/tokens.js';
import { type Chance, chanceOf } from '../campaign/random.js';
import { realPapers } from './shared-data.js';

/** Papers that the commonest words are counted in: the first of a fair shuffle. */
const COUNTED = 5_000;
const TWELVE = 12;

/** Words that stand beside each other in thousands of papers, stop words too. */
const PHRASES = [
  'state of the art',
  'in this paper we',
  'neural networks',
  'machine learning',
  'the proposed method',
  'based on the',
  'large language models',
  'it is shown that',
  'deep neural networks',
  'experimental results show that the',
];

/** Half of the papers have categories; a tenth of all has this one and such a date. */
const FILTER = { category: 'cs.LG', from: '2017' };

/** What both contenders are asked. */
export interface BenchQuery {
  /** Words of letters and digits, apart by spaces. */
  text: string;
  phrase: string | null;
  filter: typeof FILTER | null;
  plan: SearchPlan;
  /** The papers whose titles the words are of. */
  keys: readonly number[];
}

export type QueryClass = 'twelve' | 'three' | 'commonest' | 'phrase' | 'filter';
export type QueryClasses = Record<QueryClass, BenchQuery[]>;

interface PaperLine {
  title: string;
  abstract?: string | null;
  authors?: string[];
  categories?: string[];
  source: string;
  venue?: string | null;
  date?: string | null;
  upvotes?: number | null;
  url?: string | null;
}

/** As the service would hand them to its index. */
export async function loadDocuments(count: number): Promise<LexicalDocument[]> {
  const documents: LexicalDocument[] = [];
  for await (const { line } of realPapers(count)) {
    const paper = JSON.parse(line) as PaperLine;
    const abstract = paper.abstract ?? '';
    documents.push({
      key: documents.length + 1,
      title: paper.title,
      abstract,
      authors: paper.authors ?? [],
      categories: paper.categories ?? [],
      sources: [paper.source],
      venue: paper.venue ?? null,
      date: paper.date ?? null,
      upvotes: paper.upvotes ?? null,
      heat: null,
      hasCode: pointsToCode({ abstract, url: paper.url ?? null }),
      createdAt: 1_750_000_000_000,
    });
  }
  return documents;
}

/** More papers like those there are, each with a word in its title that no other paper has. */
export function newDocuments(documents: readonly LexicalDocument[], count: number): LexicalDocument[] {
  return Array.from({ length: count }, (_, at) => {
    const like = documents[(at * 7_919) % documents.length]!;
    return { ...like, key: documents.length + 1 + at, title: `${like.title} ${markerOf(at)}` };
  });
}

/** That word. */
export const markerOf = (at: number): string => `zq${String(at).padStart(6, '0')}x`;

/** Its plain words that rank, each term once. */
function contentWords(text: string): string[] {
  const words = new Map<string, string>();
  let end = 0;
  tokenise(text, (word, from, to) => {
    // Without the compounds, which come after their parts.
    if (from < end || !/^[a-z0-9]{2,}$/.test(word) || !isContentWord(word)) return;
    end = to;
    if (!words.has(termOf(word))) words.set(termOf(word), word);
  });
  return [...words.values()];
}

function commonestWords(documents: readonly LexicalDocument[]): string[] {
  const terms = new Map<string, { count: number; words: Map<string, number> }>();
  for (const { title, abstract } of documents.slice(0, COUNTED)) {
    for (const word of contentWords(`${title} ${abstract}`)) {
      const term = termOf(word);
      const known = terms.get(term) ?? { count: 0, words: new Map<string, number>() };
      known.count++;
      known.words.set(word, (known.words.get(word) ?? 0) + 1);
      terms.set(term, known);
    }
  }
  const commonest = [...terms.values()].sort((a, b) => b.count - a.count).slice(0, TWELVE);
  return commonest.map(({ words }) => [...words].sort((a, b) => b[1] - a[1])[0]![0]);
}

function queryOf(words: readonly string[], rest: Partial<BenchQuery> = {}): BenchQuery {
  const { phrase = null, filter = null, keys = [] } = rest;
  const text = phrase ?? words.join(' ');
  const typed = [
    phrase === null ? text : `"${phrase}"`,
    ...(filter === null ? [] : [`category:${filter.category} from:${filter.from}`]),
  ].join(' ');
  return { text, phrase, filter, keys, plan: planQuery(parseQuery(typed), new Date()) };
}

/** Words of one title where it has so many, else of two. */
function fromTitles(documents: readonly LexicalDocument[], length: number, chance: Chance) {
  for (;;) {
    const keys: number[] = [];
    let words: string[] = [];
    while (words.length < length && keys.length < 2) {
      const document = chance.pick(documents);
      keys.push(document.key);
      words = contentWords([...words, document.title].join(' '));
    }
    if (words.length >= length) return { keys, words: words.slice(0, length) };
  }
}

/** The same for the same papers, number and seed. */
export function makeQueries(
  documents: readonly LexicalDocument[],
  { queries, seed }: { queries: number; seed: number },
): QueryClasses {
  const chance = chanceOf(seed);
  const ofLength = (length: number, filter: typeof FILTER | null = null): BenchQuery[] =>
    Array.from({ length: queries }, () => {
      const { keys, words } = fromTitles(documents, length, chance);
      return queryOf(words, { keys, filter });
    });
  return {
    twelve: ofLength(TWELVE),
    three: ofLength(3),
    commonest: [queryOf(commonestWords(documents))],
    phrase: PHRASES.map((phrase) => queryOf([], { phrase })),
    filter: ofLength(TWELVE, FILTER),
  };
}
