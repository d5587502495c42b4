import type { PaperRecord } from '../../src/papers/paper.js';
import { inventedPaper } from './papers.js';
import { type TestService, untilReady } from './service.js';

export interface ApiHit {
  paper: { id: string; title: string; upvotes: number | null; createdAt: string };
  score: number;
  named: 'id' | 'title' | null;
  highlights: { title: string; sentence: string | null };
  explanation?: {
    reason: string;
    dense: { score: number; rank: number | null; weight: number } | null;
    lexical: {
      score: number;
      rank: number | null;
      weight: number;
      terms: { term: string; score: number }[];
    } | null;
  };
}

type Counts = { value: string; count: number }[];

export interface ApiAnswer {
  items: ApiHit[];
  total: { value: number; isExact: boolean };
  facets: { categories: Counts; sources: Counts; years: Counts } | null;
  didYouMean: string | null;
  query: string;
  mode: string;
  notice: string | null;
  nextCursor: string | null;
  asOf: string;
}

/** Takes papers in and waits until they are found. */
export async function takeIn(service: TestService, records: readonly PaperRecord[]): Promise<void> {
  await service.services.papers.takeIn(records);
  await settle(service);
}

/** Until everything that is stored is found. */
export async function settle({ services }: TestService): Promise<void> {
  services.hintPapers();
  await untilReady(services);
}

/** GET with these parameters; what is undefined is left out, lists are repeated. */
export async function get(
  service: TestService,
  path: string,
  params: Record<string, string | number | boolean | readonly string[] | undefined> = {},
  headers: Record<string, string> = {},
) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value])
      query.append(name, String(one));
  return service.app.inject({ method: 'GET', url: `${path}?${query}`, headers });
}

/** A search that is answered. */
export async function searchApi(service: TestService, params: Parameters<typeof get>[2]): Promise<ApiAnswer> {
  const answer = await get(service, '/api/v1/search', params);
  if (answer.statusCode !== 200) throw new Error(`${JSON.stringify(params)}: ${answer.body}`);
  return answer.json<ApiAnswer>();
}

export const idsOf = ({ items }: Pick<ApiAnswer, 'items'>): string[] => items.map(({ paper }) => paper.id);

/** All pages of a search, one after the other; `between` is called before each next one. */
export async function allPages(
  service: TestService,
  params: NonNullable<Parameters<typeof get>[2]>,
  between: (page: number) => Promise<void> = async () => {},
): Promise<ApiHit[]> {
  const items: ApiHit[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 100; page++) {
    const answer = await searchApi(service, { ...params, cursor });
    items.push(...answer.items);
    if (answer.nextCursor === null) return items;
    cursor = answer.nextCursor;
    await between(page);
  }
  throw new Error('a search without an end');
}

const categories = [['cs.LG', 'stat.ML'], ['cs.CL'], ['hep-th'], ['cs.LG'], []];
const authors = [['Ada Björk', 'Lin Ó Briain'], ['Lin Ó Briain'], ['Björk Ada-Lin'], []];
const venues = ['Journal of Invented Results', 'Workshop on Bees', undefined];
const dates = ['2019', '2021-03', '2021-03-15', '2023-12-31', '2024-02', undefined];

/** Invented papers of which every field that is filtered by varies. */
export function variedPapers(count: number): PaperRecord[] {
  return Array.from({ length: count }, (_, n) => {
    const date = dates[n % 6];
    const venue = venues[n % 3];
    const code = n % 4 === 0 ? ` See github.com/invented/case${n}.` : '';
    const { abstract, ...rest } = inventedPaper(n);
    return {
      ...rest,
      abstract: abstract + code,
      arxivId: `2401.${String(n).padStart(5, '0')}`,
      source: n % 5 === 0 ? 'listing' : 'jsonl',
      categories: categories[n % 5]!,
      authors: authors[n % 4]!,
      ...(n % 7 === 0 ? {} : { upvotes: n }),
      ...(date === undefined ? {} : { date }),
      ...(venue === undefined ? {} : { venue }),
    };
  });
}
