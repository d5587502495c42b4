import type { Order } from '../../search/lexical/ports.js';
import type { QueryPart } from '../../search/query/explain.js';
import type { SearchMode } from '../../search/request.js';
import { searchPath } from '../links.js';
import { type Here, requiredOf } from '../query-edits.js';

/** A query that requires less. */
export interface WayOut {
  query: string;
  /** What it is without, canonical. */
  dropped: string;
  /** Papers that it finds; null: nobody could tell just now. */
  found: number | null;
}

export interface NothingFoundProps {
  query: string;
  mode: SearchMode;
  sort: Order;
  reading: readonly QueryPart[];
  here: Here;
  waysOut: readonly WayOut[];
}

/** What was searched, and what would find something. */
export function NothingFound({ query, mode, sort, reading, here, waysOut }: NothingFoundProps) {
  const required = requiredOf(reading);
  const useful = waysOut.filter(({ found }) => found !== 0);
  return (
    <div class="notice nothing">
      <p>{saidOf(required, sort)}</p>
      {waysOut.length > 1 && useful.length === 0 && <p>Nor without any one of these.</p>}
      <ul>
        {useful.map(({ query: q, dropped, found }) => (
          <li key={q}>
            <a href={searchPath({ ...here, q })}>Search without {dropped}</a>
            {found !== null && (
              <>
                {' '}
                <span class="num">({found.toLocaleString('en')})</span>
              </>
            )}
          </li>
        ))}
        {sort !== 'relevance' && required.length < reading.length && (
          <li>
            <a href={searchPath({ ...here, q: query, sort: undefined })}>
              The best instead: not every word is required there
            </a>
          </li>
        )}
        {mode === 'keyword' && required.length < reading.length && (
          <li>
            <a href={searchPath({ ...here, q: query, mode: undefined })}>Search by meaning too</a>
          </li>
        )}
      </ul>
    </div>
  );
}

function saidOf(required: readonly QueryPart[], sort: Order): string {
  if (required.length > 0)
    return `No paper meets all of this: ${required.map(({ meaning }) => meaning).join('; ')}.`;
  return sort === 'relevance'
    ? 'No paper here has any of these words.'
    : 'No paper here has all of these words.';
}
