import { byRank, createExactIndex, type ExactIndex } from './exact.js';
import { createHnswIndex, type HnswIndex } from './hnsw.js';
import { createLabelSet } from './label-set.js';
import type { Hit, Label } from './ports.js';

/** Live vectors up to which exact search answers alone: 5,000 of 384 numbers take some 2 ms. */
export const EXACT_LIMIT = 5_000;

/**
 * Most vectors held outside a graph that is being built. Taking them in without waiting makes a large
 * collection complete within seconds; 50,000 of 384 numbers are 77 MB and some 20 ms a search.
 */
export const EXACT_CEILING = 50_000;

/** Tombstones cost search time and memory: with more than both the graph is built anew. */
const REBUILD_DEAD = 1_000;
const REBUILD_SHARE = 0.25;

export interface LiveIndexOptions {
  dimension: number;
  exactLimit?: number | undefined;
  exactCeiling?: number | undefined;
  /** A graph from a snapshot. */
  graph?: HnswIndex | undefined;
}

/**
 * The set of live vectors and its search: exact while small, a graph beyond. Never waits: a graph is built by
 * calls of `buildStep` between other work. While one is built, new vectors stay in the exact index, and every
 * search looks into both, so results are complete at any moment.
 */
export function createLiveIndex(options: LiveIndexOptions) {
  const { dimension, exactLimit = EXACT_LIMIT, exactCeiling = EXACT_CEILING } = options;
  let graph: HnswIndex | null = options.graph ?? null;
  /** Vectors that the graph doesn't hold. Empty whenever there is a graph and none is being built. */
  let exact: ExactIndex = createExactIndex(dimension);
  /** Copies of vectors that the graph holds and its search misses (audit.ts). */
  let strays: ExactIndex = createExactIndex(dimension);
  let build: { graph: HnswIndex; pending: Uint32Array; next: number } | null = null;
  /** Also those that a rebuild has left out: a retired label never comes back. */
  const retired = createLabelSet();
  for (const label of graph?.deadLabels() ?? []) retired.add(label);

  const has = (label: Label): boolean => exact.has(label) || (graph?.has(label) ?? false);
  const vector = (label: Label): Float32Array | undefined => exact.vector(label) ?? graph?.vector(label);

  const needsBuild = (): boolean => {
    if (graph === null) return exact.size > exactLimit;
    const share = graph.dead / (graph.live + graph.dead);
    // The second is for safety: a graph must not grow among tombstones (hnsw.ts).
    return (graph.dead > REBUILD_DEAD && share > REBUILD_SHARE) || graph.dead > graph.live;
  };

  const startBuildIfNeeded = (): void => {
    if (build !== null || !needsBuild()) return;
    build = { graph: createHnswIndex(dimension), pending: graph?.labels() ?? new Uint32Array(), next: 0 };
  };

  return {
    get kind(): 'exact' | 'hnsw' {
      return graph === null ? 'exact' : 'hnsw';
    },
    get live(): number {
      return exact.size + (graph?.live ?? 0);
    },
    /** Tombstones in the graph. */
    get dead(): number {
      return graph?.dead ?? 0;
    },
    get strays(): number {
      return strays.size;
    },
    get bytes(): number {
      const graphs = (graph?.bytes ?? 0) + (build?.graph.bytes ?? 0);
      return graphs + (exact.size + strays.size) * dimension * 4;
    },
    get isBuilding(): boolean {
      return build !== null;
    },
    /** Additions have to wait for the graph that is being built. */
    get isFull(): boolean {
      return build !== null && exact.size >= exactCeiling;
    },
    has,

    /** False, and nothing changes, where the label is live already or was retired. Errors: as of the indexes. */
    add(label: Label, added: Float32Array): boolean {
      if (retired.has(label) || has(label)) return false;
      if (graph === null || build !== null) exact.add(label, added);
      else graph.add(label, added);
      startBuildIfNeeded();
      return true;
    },

    /** False where the label was not live. Either way it never will be again. */
    retire(label: Label): boolean {
      retired.add(label);
      const removed = exact.remove(label);
      const marked = graph?.retire(label) ?? false;
      build?.graph.retire(label);
      strays.remove(label);
      // Half of what was built is gone: it must not grow any more either.
      if (build !== null && build.graph.dead > build.graph.live) build = null;
      startBuildIfNeeded();
      return removed || marked;
    },

    /**
     * Goes on building for about `budgetMs`, at least one vector. True where this call finished the graph and
     * put it in service.
     */
    buildStep(budgetMs: number): boolean {
      if (build === null) return false;
      const deadline = performance.now() + budgetMs;
      do {
        if (build.next === build.pending.length) {
          // What came in meanwhile; retired labels have left both sides by themselves.
          const { graph: built } = build;
          build.pending = exact.labels().filter((label) => !built.has(label));
          build.next = 0;
          if (build.pending.length === 0) {
            graph = built;
            exact = createExactIndex(dimension);
            strays = createExactIndex(dimension);
            build = null;
            // Retirements during the build left tombstones in the new graph as well.
            startBuildIfNeeded();
            return true;
          }
        }
        const label = build.pending[build.next++]!;
        const found = vector(label);
        if (found !== undefined) build.graph.add(label, found);
      } while (performance.now() < deadline);
      return false;
    },

    /** Errors: `vector_invalid`, `invalid_input` (k). */
    search(query: Float32Array, k: number): Hit[] {
      if (graph === null) return exact.search(query, k);
      const hits = graph.search(query, k);
      const beside = [exact, strays]
        .filter((index) => index.size > 0)
        .flatMap((index) => index.search(query, k));
      if (beside.length === 0) return hits;
      const best = new Map<Label, Hit>();
      for (const hit of [...beside, ...hits]) best.set(hit.label, hit);
      return [...best.values()].sort(byRank).slice(0, k);
    },

    /** The graph where it alone holds every live vector, which is when a snapshot of it is complete; else null. */
    get completeGraph(): HnswIndex | null {
      return build === null ? graph : null;
    },

    /** Replaces the vectors that are searched beside the graph. */
    setStrays(found: ReadonlyMap<Label, Float32Array>): void {
      strays = createExactIndex(dimension);
      for (const [label, copy] of found) if (graph?.has(label)) strays.add(label, copy);
    },
  };
}

export type LiveIndex = ReturnType<typeof createLiveIndex>;
