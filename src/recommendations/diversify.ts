import { dot } from '../vectors/vector.js';
import { createTurns } from './turns.js';

export interface Diversifiable {
  score: number;
  /** null where it isn't embedded yet: it is like nothing. */
  vector: Float32Array | null;
}

/**
 * The `k` of `items` (best first) by maximal marginal relevance: each next one has the largest
 * (1 - diversity) score - diversity (similarity to the nearest of those before it), the scores as shares of the best one: they are
 * half words, so that similarities would outweigh them from the first. Carbonell and Goldstein, 1998. Answers their places. Time grows
 * with k times items.
 */
export async function diversify(
  items: readonly Diversifiable[],
  { k, diversity }: { k: number; diversity: number },
): Promise<number[]> {
  const rest = new Set(items.keys());
  const nearest = new Float64Array(items.length).fill(0);
  const chosen: number[] = [];
  const nextTurn = createTurns();
  const scale = Math.max(items[0]?.score ?? 0, Number.EPSILON);
  while (chosen.length < k && rest.size > 0) {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (const at of rest) {
      const gain = (1 - diversity) * (items[at]!.score / scale) - diversity * nearest[at]!;
      if (gain > most) {
        most = gain;
        best = at;
      }
    }
    rest.delete(best);
    chosen.push(best);
    const { vector } = items[best]!;
    for (const at of rest) {
      const other = items[at]!.vector;
      if (vector !== null && other !== null) nearest[at] = Math.max(nearest[at]!, dot(vector, other));
    }
    await nextTurn();
  }
  return chosen;
}
