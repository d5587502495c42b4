/** Vectors kept: 1.5 kB each with 384 dimensions, so 1.5 MB, for the queries of an hour on a busy day. */
export const QUERY_CACHE_SIZE = 1_000;

export interface QueryCacheStats {
  size: number;
  hits: number;
  misses: number;
}

/** What makes two queries the same one: Unicode form and white space don't. */
export function normaliseQuery(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/** The vectors of the queries asked last, by model and normalised text. Copies go in and out. */
export function createQueryCache(capacity = QUERY_CACHE_SIZE) {
  // A map keeps the order of insertion, and what is used is inserted again: the first is the longest unused.
  const vectors = new Map<string, Float32Array>();
  const counts = { hits: 0, misses: 0 };
  // A model's id has no line break.
  const keyOf = (modelId: string, query: string): string => `${modelId}\n${query}`;

  return {
    get(modelId: string, query: string): Float32Array | null {
      const key = keyOf(modelId, query);
      const vector = vectors.get(key);
      if (vector === undefined) {
        counts.misses += 1;
        return null;
      }
      counts.hits += 1;
      vectors.delete(key);
      vectors.set(key, vector);
      return vector.slice();
    },
    put(modelId: string, query: string, vector: Float32Array): void {
      const key = keyOf(modelId, query);
      vectors.delete(key);
      vectors.set(key, vector.slice());
      for (const oldest of vectors.keys()) {
        if (vectors.size <= capacity) return;
        vectors.delete(oldest);
      }
    },
    stats: (): QueryCacheStats => ({ size: vectors.size, ...counts }),
  };
}
