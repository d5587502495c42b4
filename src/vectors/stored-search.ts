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
export function createStoredSearch(source: VectorSource): VectorSearcher & VectorReader {
  return {
    async vectorsOf(labels) {
      const found = new Map<Label, Float32Array>();
      for (let after = 0n; ; ) {
        const changes = await source.changesSince(after, PAGE_SIZE);
        for (const { label, vector } of changes)
          if (vector !== null && labels.includes(label)) found.set(label, vector);
        if (changes.length < PAGE_SIZE) return labels.map((label) => found.get(label) ?? null);
        after = changes.at(-1)!.seq;
      }
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
