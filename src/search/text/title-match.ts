import { foldTitle } from '../../papers/fold.js';
import { mainTitle } from './main-title.js';

/** Titles that a query is taken for, of those that fit: more are no longer “the paper that was named”. */
export const MAX_TITLE_MATCHES = 3;

/** Letters and digits; with fewer a slip makes another word of it. */
const MIN_FOR_SLIPS = 6;

/** One slip for so many letters and digits: `Atention is all you ned` has two for 18. */
const LETTERS_A_SLIP = 8;
const MAX_SLIPS = 6;

/** A main title without its subtitle is named by as many letters at least, or by all of them. */
const MIN_MAIN_TITLE = 3;

/**
 * How well a text names a title: 0 exactly (case, accents, spaces and signs aside), up to `MAX_SLIPS` wrong letters, half
 * a letter more where the subtitle is missing; null: it doesn't.
 */
export function titleDistance(text: string, title: string): number | null {
  const query = foldTitle(text);
  if (query === '') return null;
  const whole = distanceBetween(query, foldTitle(title));
  const main = mainTitle(title);
  if (main.length === title.length) return whole;
  const folded = foldTitle(main);
  if (folded.length < MIN_MAIN_TITLE) return whole;
  const short = distanceBetween(query, folded);
  if (short === null) return whole;
  return whole === null ? short + 0.5 : Math.min(whole, short + 0.5);
}

function distanceBetween(query: string, title: string): number | null {
  // The title's own length counts too: its sixth letter may be the one that is missing.
  const length = Math.max(query.length, title.length);
  const slips =
    length < MIN_FOR_SLIPS ? 0 : Math.min(MAX_SLIPS, Math.max(1, Math.floor(query.length / LETTERS_A_SLIP)));
  return distance(query, title, slips);
}

/** Letters to insert, remove, replace or swap with the next (optimal string alignment); null beyond `limit`. */
function distance(a: string, b: string, limit: number): number | null {
  if (Math.abs(a.length - b.length) > limit) return null;
  if (a === b) return 0;
  if (limit === 0) return null;
  let twoBefore: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let best = row;
    // What is further from the diagonal than the limit can't come back.
    const from = Math.max(1, row - limit);
    const to = Math.min(b.length, row + limit);
    for (let at = 1; at < from; at++) current[at] = limit + 1;
    for (let at = from; at <= to; at++) {
      const isSame = a[row - 1] === b[at - 1];
      let cost = Math.min(
        (before[at] ?? limit + 1) + 1,
        (current[at - 1] ?? limit + 1) + 1,
        (before[at - 1] ?? limit + 1) + (isSame ? 0 : 1),
      );
      if (row > 1 && at > 1 && a[row - 1] === b[at - 2] && a[row - 2] === b[at - 1]) {
        cost = Math.min(cost, (twoBefore[at - 2] ?? limit + 1) + 1);
      }
      current[at] = cost;
      if (cost < best) best = cost;
    }
    if (best > limit) return null;
    twoBefore = before;
    before = current;
  }
  const found = before[b.length] ?? limit + 1;
  return found > limit ? null : found;
}
