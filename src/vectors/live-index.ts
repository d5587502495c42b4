import { createPacer, SEARCH_SLICE_MS, type Steps, searchCopies } from './copies/copy-search.js';
import { createQuantisedVectors, type QuantisedVectors } from './copies/quantised.js';
import { byRank, clampScore, createExactIndex, type ExactIndex } from './exact.js';
import { createHnswIndex, type HnswIndex } from './graph/hnsw.js';
import { createLabelSet } from './label-set.js';
import type { Hit, Label } from './ports.js';
import { assertK, assertVector, dot } from './vector.js';

/** Live vectors up to which exact search answers alone: 5,000 of 384 numbers take some 2 ms. */
export const EXACT_LIMIT = 5_000;

/**
 * Most vectors held outside a graph that is being built. Taking them in without waiting makes a large
 * collection complete within seconds; 250,000 of 384 numbers are 384 MB and, by their copies, some 20 ms a search.
 */
export const EXACT_CEILING = 250_000;

/** Vectors outside the graph up to which their numbers are searched; beyond, the copies of all are faster. */
const EXACT_SCAN = 5_000;

/**
 * Filters that leave at most this many are answered from the copies: some 2 ms. Of more, and at least a tenth of
 * all, the graph is asked for as many times k as probably hold k that match, and for more if they don't; up to
 * `MAX_FETCH`, where the copies of all that match are faster again.
 */
const COPIES_MATCHES = 20_000;
const GRAPH_SHARE = 0.1;
const FETCH_MARGIN = 3;
/** With fewer the graph misses one in fifty of the nearest; 300 take some 2 ms. */
const MIN_FETCH = 300;
const MAX_FETCH = 1_000;

/** Labels of a filter that are looked up between two looks at the time: some 0.3 ms. */
const LABELS_PER_LOOK = 4_096;

/** Tombstones cost search time and memory: with more than both the graph is built anew. */
const REBUILD_DEAD = 1_000;
const REBUILD_SHARE = 0.25;

export interface LiveIndexOptions {
  dimension: number;
  exactLimit?: number | undefined;
  exactCeiling?: number | undefined;
  /** How long a search works before it yields. */
  searchSliceMs?: number | undefined;
  /** A graph from a snapshot, and copies of its live vectors. */
  loaded?: { graph: HnswIndex; copies: QuantisedVectors } | undefined;
}

interface Build {
  graph: HnswIndex;
  pending: Uint32Array;
  next: number;
}

/**
 * The set of live vectors and its search: exact while small, a graph beyond. Never waits: a graph is built by
 * calls of `buildStep` between other work. While one is built, new vectors stay in the exact index, and every
 * search looks into both, so results are complete at any moment. Small copies of all live vectors answer filters,
 * and searches as long as many vectors are in no graph.
 */
export function createLiveIndex(options: LiveIndexOptions) {
  const { dimension, exactLimit = EXACT_LIMIT, exactCeiling = EXACT_CEILING, loaded } = options;
  const { searchSliceMs: sliceMs = SEARCH_SLICE_MS } = options;
  let graph: HnswIndex | null = loaded?.graph ?? null;
  const copies = loaded?.copies ?? createQuantisedVectors(dimension);
  /** Vectors that the graph doesn't hold. Empty whenever there is a graph and none is being built. */
  let exact: ExactIndex = createExactIndex(dimension);
  /** Copies of vectors that the graph holds and its search misses (audit.ts). */
  let strays: ExactIndex = createExactIndex(dimension);
  let build: Build | null = null;
  /** Also those that a rebuild has left out: a retired label never comes back. */
  const retired = createLabelSet();
  for (const label of graph?.deadLabels() ?? []) retired.add(label);

  const vector = (label: Label): Float32Array | undefined => exact.vector(label) ?? graph?.vector(label);

  const needsBuild = (): boolean => {
    if (graph === null) return exact.size > exactLimit;
    const share = graph.dead / (graph.live + graph.dead);
    // The second is for safety: a graph must not grow among tombstones (hnsw.ts).
    return (graph.dead > REBUILD_DEAD && share > REBUILD_SHARE) || graph.dead > graph.live;
  };

  const startBuildIfNeeded = (): void => {
    if (build !== null || !needsBuild()) return;
    const pending = graph?.labels() ?? new Uint32Array();
    build = { graph: createHnswIndex(dimension, { room: copies.size }), pending, next: 0 };
  };

  const dropBuild = (): void => {
    build?.graph.dispose();
    build = null;
  };

  function putInService(built: HnswIndex): void {
    graph?.dispose();
    graph = built;
    exact = createExactIndex(dimension);
    strays = createExactIndex(dimension);
    build = null;
    // Retirements during the build left tombstones in the new graph as well.
    startBuildIfNeeded();
  }

  /** Everything by its numbers and the graph; null where too many vectors are in no graph for that. */
  function searchGraph(query: Float32Array, k: number): Hit[] | null {
    if (exact.size > EXACT_SCAN) return null;
    if (graph === null) return exact.search(query, k);
    const hits = graph.search(query, k);
    const beside = [exact, strays]
      .filter((index) => index.size > 0)
      .flatMap((index) => index.search(query, k));
    if (beside.length === 0) return hits;
    const best = new Map<Label, Hit>();
    for (const hit of [...beside, ...hits]) best.set(hit.label, hit);
    return [...best.values()].sort(byRank).slice(0, k);
  }

  function* searchWithin(query: Float32Array, k: number, within: Uint32Array): Steps<Hit[]> {
    const pacer = createPacer(sliceMs);
    const matches = createLabelSet();
    for (let i = 0; i < within.length; i++) {
      matches.add(within[i]!);
      if (i % LABELS_PER_LOOK === 0) yield* pacer.pause();
    }
    // Less where some of them are unknown: then more has to be fetched.
    const share = Math.min(1, matches.size / copies.size);
    if (graph !== null && matches.size > COPIES_MATCHES && share >= GRAPH_SHARE) {
      const first = Math.max(MIN_FETCH, Math.ceil((FETCH_MARGIN * k) / share));
      for (let fetch = first; fetch <= MAX_FETCH; fetch *= 2) {
        const hits = searchGraph(query, fetch)?.filter(({ label }) => matches.has(label)) ?? [];
        if (hits.length >= k) return hits.slice(0, k);
        yield* pacer.pause();
      }
    }
    const slots = new Uint32Array(matches.size);
    let found = 0;
    let looked = 0;
    for (const label of matches) {
      const slot = copies.slotOf(label);
      if (slot >= 0) slots[found++] = slot;
      if (++looked % LABELS_PER_LOOK === 0) yield* pacer.pause();
    }
    const chosen = slots.subarray(0, found);
    return yield* searchCopies({ copies, query, k, chosen, isHit: matches.has, vector, sliceMs });
  }

  /** Yields where other work may go between, changes too. Errors: `vector_invalid`, `invalid_input` (k). */
  function* searchSteps(query: Float32Array, k: number, within?: Uint32Array): Steps<Hit[]> {
    assertVector(query, dimension, 'the query vector');
    assertK(k);
    if (within !== undefined) return yield* searchWithin(query, k, within);
    const hits = searchGraph(query, k);
    if (hits !== null) return hits;
    return yield* searchCopies({ copies, query, k, chosen: null, isHit: copies.has, vector, sliceMs });
  }

  return {
    get kind(): 'exact' | 'hnsw' {
      return graph === null ? 'exact' : 'hnsw';
    },
    get live(): number {
      return copies.size;
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
      return graphs + copies.bytes + (exact.size + strays.size) * dimension * 4;
    },
    get copyBytes(): number {
      return copies.bytes;
    },
    get isBuilding(): boolean {
      return build !== null;
    },
    /** Vectors in the graph that is being built, and those it will have; zeros where there is none. */
    get progress(): { built: number; total: number } {
      return build === null ? { built: 0, total: 0 } : { built: build.graph.live, total: copies.size };
    },
    /** Additions have to wait for the graph that is being built. */
    get isFull(): boolean {
      return build !== null && exact.size >= exactCeiling;
    },
    has: copies.has,

    /** A copy of a live vector. */
    vectorOf: (label: Label): Float32Array | null =>
      copies.has(label) ? (vector(label)?.slice() ?? null) : null,

    /** Scores of these labels, those in the graph approximately, from the copies; NaN for one that isn't live. */
    scoresOf(query: Float32Array, labels: Uint32Array): Float64Array {
      const scores = new Float64Array(labels.length).fill(Number.NaN);
      const coded = copies.code(query);
      const chosen = new Uint32Array(1);
      labels.forEach((label, at) => {
        const held = exact.vector(label);
        if (held !== undefined) {
          scores[at] = clampScore(dot(query, held));
          return;
        }
        const slot = copies.slotOf(label);
        if (slot < 0) return;
        chosen[0] = slot;
        copies.score(coded, { chosen, from: 0, to: 1 }, (_, score) => {
          scores[at] = clampScore(score);
        });
      });
      return scores;
    },

    /** False, and nothing changes, where the label is live already or was retired. Errors: as of the indexes. */
    add(label: Label, added: Float32Array): boolean {
      if (retired.has(label) || copies.has(label)) return false;
      if (graph === null || build !== null) exact.add(label, added);
      else graph.add(label, added);
      copies.add(label, added);
      startBuildIfNeeded();
      return true;
    },

    /** False where the label was not live. Either way it never will be again. */
    retire(label: Label): boolean {
      retired.add(label);
      const wasLive = copies.remove(label);
      exact.remove(label);
      graph?.retire(label);
      build?.graph.retire(label);
      strays.remove(label);
      // Half of what was built is gone: it must not grow any more either.
      if (build !== null && build.graph.dead > build.graph.live) dropBuild();
      startBuildIfNeeded();
      return wasLive;
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
            putInService(built);
            return true;
          }
        }
        const label = build.pending[build.next++]!;
        const found = vector(label);
        if (found !== undefined) build.graph.add(label, found);
      } while (performance.now() < deadline);
      return false;
    },

    searchSteps,

    /** As `searchSteps`, to the end. */
    search(query: Float32Array, k: number, within?: Uint32Array): Hit[] {
      const steps = searchSteps(query, k, within);
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
      }
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

    /** Frees what the garbage collector can't. The index must not be used after. */
    dispose(): void {
      dropBuild();
      graph?.dispose();
    },
  };
}

export type LiveIndex = ReturnType<typeof createLiveIndex>;
