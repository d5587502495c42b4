import { AppError } from '../platform/errors.js';
import { clampScore, createTopK } from './exact.js';
import { createLabelSet } from './label-set.js';
import type { Label, VectorReader, VectorSearcher, VectorSource } from './ports.js';
import { assertVector, dot } from './vector.js';

/** Rows read at once: 1.5 kB each at 384 dimensions. */
const PAGE_SIZE = 5_000;

/**
 * Exact search straight over the database's vectors, without an index: for a command that runs beside the
 * service and asks once. Time grows with the collection (reading dominates); memory doesn't.
 */
/** The vectors' table, and single vectors of it. */
export interface StoredVectors extends VectorSource {
  listVectors(labels: readonly Label[]): Promise<Map<Label, Float32Array>>;
}

export function createStoredSearch(source: StoredVectors): VectorSearcher & VectorReader {
  return {
    async vectorsOf(labels) {
      const found = await source.listVectors(labels);
      return labels.map((label) => found.get(label) ?? null);
    },

    async scoresOf(vector, labels) {
      const found = await source.listVectors([...labels]);
      return Float64Array.from(labels, (label) => {
        const stored = found.get(label);
        return stored === undefined ? Number.NaN : clampScore(dot(vector, stored));
      });
    },

    async search(vector, k, { signal, within } = {}) {
      assertVector(vector, source.dimension, 'the query vector');
      const best = createTopK(k);
      const allowed = createLabelSet();
      for (const label of within ?? []) allowed.add(label);
      for (let after = 0n; ; ) {
        if (signal?.aborted) throw new AppError('cancelled', 'The search was cancelled by its caller.');
        const changes = await source.changesSince(after, PAGE_SIZE);
        for (const change of changes) {
          if (change.vector === null || (within !== undefined && !allowed.has(change.label))) continue;
          best.offer(change.label, clampScore(dot(vector, change.vector)));
        }
        if (changes.length < PAGE_SIZE) return best.hits();
        after = changes.at(-1)!.seq;
      }
    },
  };
}
