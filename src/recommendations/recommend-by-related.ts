import type { Related } from './related.js';
import { DEFAULT_RECOMMENDED, type RecommendRequest, type RecommendResult } from './request.js';

/** Beyond what was asked for, as much again may be papers that have to be left out. */
const SPARE = 2;

/**
 * Recommendations from the neighbours of each positive, the nearest of all first. It leaves negatives out and no more, and
 * takes no filters, texts, sorts or reasons: it stands in until there is a service for these.
 */
export function recommendByRelated(related: Related) {
  return {
    /** @throws AppError paper_not_found, overloaded, timeout, cancelled */
    async recommend(request: RecommendRequest): Promise<RecommendResult> {
      const { limit = DEFAULT_RECOMMENDED, addedSince, signal } = request;
      const given = [...request.positives, ...(request.negatives ?? [])];
      const without = new Set(given.flatMap((one) => ('ref' in one ? [one.ref] : [])));
      const best = new Map<string, RecommendResult['items'][number]>();
      let engine = { model: '', epoch: 0 };
      for (const positive of request.positives) {
        if (!('ref' in positive)) continue;
        const { items, model, epoch } = await related.related(positive.ref, limit * SPARE, signal);
        engine = { model, epoch };
        for (const { paper, score } of items) {
          if (without.has(paper.id) || (addedSince && paper.createdAt < addedSince)) continue;
          if ((best.get(paper.id)?.score ?? Number.NEGATIVE_INFINITY) >= score) continue;
          best.set(paper.id, { paper, score, similarity: score, interest: 0, reason: null });
        }
      }
      const items = [...best.values()].sort((a, b) => b.score - a.score).slice(0, limit);
      return { items, interests: [], missing: [], notice: null, ...engine };
    },
  };
}
