import type { LexicalView } from '../lexical-index.js';
import type { ColumnOrder, OrderedAnswer, OrderedQuery, OrderPosition } from '../ports.js';
import type { Columns } from '../segments/columns.js';
import { countFacets } from './facets.js';
import { type Deadline, matchAll } from './match.js';

const columnOf = { newest: 'dates', upvoted: 'upvotes', trending: 'heats' } as const satisfies Record<
  ColumnOrder,
  keyof Columns
>;

/** The papers that fulfil the conditions, by a column; those of which it isn't known come last. Ties by ascending key. */
export function listInOrder(view: LexicalView, query: OrderedQuery, deadline: Deadline): OrderedAnswer {
  const { conditions, order, after, k } = query;
  const mask = matchAll(view, conditions, deadline);
  const { columns, size } = view;
  const { live, keys } = columns;
  const values = columns[columnOf[order]];
  const found: OrderPosition[] = [];
  let passing = 0;
  for (let slot = 0; slot < size; slot++) {
    if (live[slot] === 0 || (mask !== null && mask[slot] === 0)) continue;
    passing++;
    const one = { value: values[slot]!, key: keys[slot]! };
    if (after === null || compare(one, after) > 0) found.push(one);
  }
  const hits = found.sort(compare).slice(0, k);
  return { hits, passing, facets: query.facets ? countFacets(view, mask) : null };
}

const compare = (a: OrderPosition, b: OrderPosition): number => b.value - a.value || a.key - b.key;
