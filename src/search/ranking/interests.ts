import { dot } from '../../vectors/vector.js';

/**
 * Vectors of length 1 in groups that belong together: the two nearest groups become one, by the mean similarity of their
 * members (average linkage, Sokal and Michener, 1958), while they are at least `least` alike or there are more than `most`.
 * The largest group first; members as places in `vectors`, in order. Cubic: for some hundreds.
 */
export function groupVectors(
  vectors: readonly Float32Array[],
  { least, most }: { least: number; most: number },
): number[][] {
  const groups = vectors.map((_, at) => [at]);
  // Sums of similarities between the members of two groups.
  const sums = vectors.map((a) => Float64Array.from(vectors, (b) => dot(a, b)));
  const alive = new Set(groups.keys());
  while (alive.size > 1) {
    let best = { a: -1, b: -1, mean: Number.NEGATIVE_INFINITY };
    for (const a of alive) {
      for (const b of alive) {
        if (b <= a) continue;
        const mean = sums[a]![b]! / (groups[a]!.length * groups[b]!.length);
        if (mean > best.mean) best = { a, b, mean };
      }
    }
    if (best.mean < least && alive.size <= most) break;
    const { a, b } = best;
    alive.delete(b);
    groups[a]!.push(...groups[b]!);
    for (const other of alive) {
      sums[a]![other]! += sums[b]![other]!;
      sums[other]![a] = sums[a]![other]!;
    }
  }
  return [...alive]
    .map((at) => groups[at]!.sort((a, b) => a - b))
    .sort((a, b) => b.length - a.length || a[0]! - b[0]!);
}

/**
 * Lists merged into one in which each has its share of every beginning: the next place goes to the list with the largest
 * weight / (2 places + 1) (Webster, 1832; Sainte-Laguë, 1910). Shares go by the square root of `size`, so that one
 * large group doesn't leave the others a place in ten.
 */
export function interleave<T>(lists: readonly { items: readonly T[]; size: number }[]): T[] {
  const places = lists.map(() => 0);
  const merged: T[] = [];
  for (;;) {
    let next = -1;
    let most = 0;
    lists.forEach(({ items, size }, at) => {
      const claim = places[at]! < items.length ? Math.sqrt(size) / (2 * places[at]! + 1) : 0;
      if (claim > most) {
        most = claim;
        next = at;
      }
    });
    if (next < 0) return merged;
    merged.push(lists[next]!.items[places[next]!++]!);
  }
}
