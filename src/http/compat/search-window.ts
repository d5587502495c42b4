import { normalizePaperRef, semanticScholarWords } from '../../papers/paper-id.js';
import { MAX_LIMIT, type SearchRequest } from '../../search/request.js';
import type { Search, SearchResult } from '../../search/search.js';

export interface Window {
  offset: number;
  limit: number;
}

/**
 * What the clients of other services send: plain words, in which a hyphen, a colon or a quote means nothing. Ids and URLs of
 * papers go to the paper as everywhere.
 */
export function plainRequest(text: string): SearchRequest {
  const isName = normalizePaperRef(text) !== null || semanticScholarWords(text) !== null;
  return isName ? { query: text } : { query: '', text };
}

/**
 * Hits `offset` to `offset + limit`, and whether there are others behind them. Pages are always cut from the first hit on at
 * the same places, so that the windows of one client fit together. The caller bounds offset and limit; each 100 hits of them
 * are a search.
 */
export async function searchWindow(
  search: Search,
  request: SearchRequest,
  { offset, limit }: Window,
): Promise<Pick<SearchResult, 'items' | 'total'> & { more: boolean }> {
  const wanted = offset + limit;
  const first = await search.search({ ...request, limit: Math.min(wanted, MAX_LIMIT) });
  const { total } = first;
  const items = [...first.items];
  let cursor = first.nextCursor;
  for (let at = MAX_LIMIT; at < wanted && cursor !== null; at += MAX_LIMIT) {
    const page = await search.search({ ...request, cursor, limit: Math.min(wanted - at, MAX_LIMIT) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return { items: items.slice(offset, wanted), total, more: cursor !== null };
}
