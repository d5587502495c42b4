import type { PaperStore } from '../papers/paper-store.js';
import { AppError } from '../platform/errors.js';
import type { Order } from './lexical/ports.js';
import { withFilters } from './query/filters.js';
import { parseQuery } from './query/parse.js';
import { printQuery } from './query/print.js';
import { planQuery, type SearchPlan } from './ranking/plan.js';
import type { Likes } from './ranking/query-vector.js';
import type { SearchRequest } from './request.js';

export interface ReadRequest {
  /** In canonical form, filters and all. */
  query: string;
  plan: SearchPlan;
  /** The papers of `like:` and `-like:`; null where there are none. */
  likes: Likes | null;
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
  const likes = await readPapers(plan, papers);
  if (likes !== null) {
    const keys = [...likes.positive, ...likes.negative].map(({ key }) => key);
    plan.conditions.push({ op: 'not', condition: { op: 'keys', keys } });
  }
  const ranksNothing = plan.text === '' && likes === null;
  return {
    query: printQuery(query),
    plan,
    likes,
    order: ranksNothing && sort === 'relevance' ? 'newest' : sort,
  };
}

async function readPapers(
  { likes }: SearchPlan,
  papers: Pick<PaperStore, 'getByRef'>,
): Promise<Likes | null> {
  if (likes.positive.length + likes.negative.length === 0) return null;
  const read = (refs: readonly string[]) =>
    Promise.all([...new Set(refs)].map((ref) => papers.getByRef(ref)));
  const [positive, negative] = await Promise.all([read(likes.positive), read(likes.negative)]);
  return { positive, negative };
}
