import type { Order } from '../search/lexical/ports.js';
import { explainQuery, type QueryPart } from '../search/query/explain.js';
import { parseQuery } from '../search/query/parse.js';
import type { SearchMode } from '../search/request.js';
import type { Search, SearchResult } from '../search/search.js';
import type { WayOut } from './components/nothing-found.js';
import { requiredOf, without } from './query-edits.js';

/** Searches made to say what would find something: each costs what a search of one result does. */
const MAX_WAYS_OUT = 4;

export interface AskedSearch {
  /** As typed, not empty. */
  query: string;
  mode: SearchMode;
  sort?: Order | undefined;
  cursor?: string | undefined;
  /** Id of the result to explain. */
  why?: string | undefined;
  signal: AbortSignal;
}

export interface SearchView extends Omit<AskedSearch, 'sort' | 'signal'> {
  /** The order that was asked for, or that the query calls for. */
  sort: Order;
  result: SearchResult;
  reading: QueryPart[];
  /** What was read as plain words and looks like something else. */
  hints: string[];
  /** Where nothing was found: what to leave out, the most found first, all of it last. */
  waysOut: WayOut[];
}

/** All that the page of a search says. @throws AppError as the search */
export async function viewSearch(search: Search, asked: AskedSearch): Promise<SearchView> {
  const { query, mode, sort, cursor, why, signal } = asked;
  const explain = why !== undefined;
  const result = await search.search({ query, mode, sort, cursor, facets: true, explain, signal });
  const { parts: reading, hints } = explainQuery(parseQuery(query));
  const isEmpty = result.items.length === 0 && cursor === undefined;
  const waysOut = isEmpty ? await findWaysOut(search, asked, reading) : [];
  return { query, mode, sort: result.order, cursor, why, result, reading, hints, waysOut };
}

async function findWaysOut(
  search: Search,
  { query, mode, sort, signal }: AskedSearch,
  reading: readonly QueryPart[],
): Promise<WayOut[]> {
  const required = requiredOf(reading);
  const count = async (dropped: string, less: string): Promise<WayOut[]> => {
    if (less === '') return [];
    const answer = search.search({ query: less, mode, sort, limit: 1, signal });
    // One that can't be asked now is offered without a count: the page is about the search that was made.
    return [{ query: less, dropped, found: await answer.then(({ total }) => total.value).catch(() => null) }];
  };
  const single = required.length === 1 ? required : required.slice(0, MAX_WAYS_OUT - 1);
  const [some, all] = await Promise.all([
    Promise.all(single.map((part) => count(part.text, without(query, [part])))),
    required.length > 1 ? count('any of these', without(query, required)) : [],
  ]);
  return [...some.flat().sort((a, b) => (b.found ?? 0) - (a.found ?? 0)), ...all];
}
