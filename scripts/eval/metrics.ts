/** Judgements of one query: document -> gain; missing ones are 0. */
export type Judgements = ReadonlyMap<string, number>;

/** Normalised discounted cumulative gain of the first `k` (Järvelin and Kekäläinen, 2002; gains as given). */
export function ndcg(ranked: readonly string[], judged: Judgements, k: number): number {
  const gain = (gains: readonly number[]): number =>
    gains.slice(0, k).reduce((sum, value, at) => sum + value / Math.log2(at + 2), 0);
  const ideal = gain([...judged.values()].sort((a, b) => b - a));
  return ideal === 0 ? 0 : gain(ranked.map((id) => judged.get(id) ?? 0)) / ideal;
}

/** Average precision over all that is relevant, found or not; relevant is a gain of `least` and more. */
export function averagePrecision(ranked: readonly string[], judged: Judgements, least = 1): number {
  const relevant = countRelevant(judged, least);
  let found = 0;
  let sum = 0;
  ranked.forEach((id, at) => {
    if ((judged.get(id) ?? 0) < least) return;
    found++;
    sum += found / (at + 1);
  });
  return relevant === 0 ? 0 : sum / relevant;
}

export function recall(
  ranked: readonly string[],
  judged: Judgements,
  options: { k: number; least?: number },
): number {
  const { k, least = 1 } = options;
  const found = ranked.slice(0, k).filter((id) => (judged.get(id) ?? 0) >= least).length;
  const relevant = countRelevant(judged, least);
  return relevant === 0 ? 0 : found / relevant;
}

/** One through the rank of the first relevant one; 0 beyond `k`. */
export function reciprocalRank(
  ranked: readonly string[],
  judged: Judgements,
  options: { k: number; least?: number },
): number {
  const { k, least = 1 } = options;
  const at = ranked.slice(0, k).findIndex((id) => (judged.get(id) ?? 0) >= least);
  return at < 0 ? 0 : 1 / (at + 1);
}

function countRelevant(judged: Judgements, least: number): number {
  return [...judged.values()].filter((gain) => gain >= least).length;
}
