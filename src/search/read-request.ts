import type { PaperStore } from '../papers/paper-store.js';
import { AppError } from '../platform/errors.js';
import type { Order } from './lexical/ports.js';
import { withFilters } from './query/filters.js';
import { parseQuery } from './query/parse.js';
import { printQuery } from './query/print.js';
import { planQuery, type SearchPlan } from './ranking/plan.js';
import type { SearchRequest } from './request.js';

export interface ReadRequest {
  /** In canonical form, filters and all. */
  query: string;
  plan: SearchPlan;
  /** What was asked for, else by relevance; where nothing says what is relevant, the newest come first. */
  order: Order;
}

/** @throws AppError invalid_query, invalid_input, paper_not_found */
export async function readRequest(
  request: SearchRequest,
  { papers, now }: { papers: Pick<PaperStore, 'getByRef'>; now: Date },
): Promise<ReadRequest> {
  const query = withFilters(parseQuery(request.query), request.filters ?? {});
  const { text, within, asOf, sort = 'relevance' } = request;
  if (query.terms.length === 0 && sort === 'relevance' && text === undefined)
    throw new AppError('invalid_input', 'q: expected some words to search for.', { details: { field: 'q' } });
  const plan = planQuery(query, now, text);
  if (asOf) plan.conditions.push({ op: 'created', until: asOf.getTime() });
  if (within) plan.conditions.push({ op: 'keys', keys: within });
  const likes = [...plan.likes.positive, ...plan.likes.negative];
  if (likes.length > 0) {
    const liked = await Promise.all(likes.map((ref) => papers.getByRef(ref)));
    plan.conditions.push({ op: 'not', condition: { op: 'keys', keys: liked.map(({ key }) => key) } });
  }
  const ranksNothing = plan.text === '' && likes.length === 0;
  return { query: printQuery(query), plan, order: ranksNothing && sort === 'relevance' ? 'newest' : sort };
}
