import hnswlib from 'hnswlib-node';
import { AppError, messageOf } from '../../platform/errors.js';
import { runNative, runNativeBeside } from '../../platform/native-gate.js';
import { byRank, clampScore } from '../exact.js';
import { createLabelSet, type LabelSet } from '../label-set.js';
import type { Hit, Label } from '../ports.js';
import { assertDimension, assertK, assertLabel, assertVector } from '../vector.js';

/**
 * The graph's parameters (Malkov and Yashunin, arXiv:1603.09320). A saved file doesn't name them all, so the
 * manifest does. M: links a node and level (twice that on level 0); efConstruction: beam while adding.
 */
export const HNSW_PARAMETERS = { space: 'ip', m: 16, efConstruction: 200 } as const;

/**
 * Beam while searching; wider for large collections, where the same beam misses more: of the ten nearest of 100,000 abstracts to
 * one-sentence questions of their own field 150 finds .993, 200 .995 (to claims of another field .925 and .94).
 */
const EF_SEARCH = 100;
const EF_SEARCH_LARGE = 150;
const LARGE_COLLECTION = 50_000;

/**
 * Room of a new graph. A full one doubles while that is cheap and then grows by a sixteenth: every place takes 46
 * bytes of locks and levels at once, and its record only when it is used.
 */
const INITIAL_CAPACITY = 1_024;
const LARGE_CAPACITY = 16_384;
const LARGE_GROWTH = 1.0625;

/** 10 million vectors of 384 numbers are 17 GB of graph: beyond that this design is the wrong one. */
export const MAX_ELEMENTS = 10_000_000;

type NativeIndex = InstanceType<typeof hnswlib.HierarchicalNSW>;

function nativeError(action: string, error: unknown): AppError {
  return new AppError('index_unavailable', `the vector index could not ${action}: ${messageOf(error)}`, {
    cause: error,
  });
}

/**
 * An empty graph. It holds labels once and for ever: a retired one stays as a tombstone that routes searches
 * but is never a hit, until a rebuild leaves it out.
 *
 * Nothing reaches the addon unchecked, because the addon aborts the process or answers wrongly on bad input.
 * Never add while more than half are tombstones: a new node whose neighbourhood is all tombstones reads
 * outside its memory (hnswalg.h, mutuallyConnectNewElement). `live-index.ts` rebuilds before that.
 *
 * `room` is how many vectors are expected. The graph's memory is freed by `dispose`, not by the garbage
 * collector, which knows nothing of its size.
 */
export function createHnswIndex(dimension: number, { room = 0 }: { room?: number } = {}): HnswIndex {
  assertDimension(dimension);
  const native = new hnswlib.HierarchicalNSW(HNSW_PARAMETERS.space, dimension);
  const maxElements = Math.min(MAX_ELEMENTS, Math.max(INITIAL_CAPACITY, room));
  const { m, efConstruction } = HNSW_PARAMETERS;
  runNative(() => native.initIndex({ maxElements, m, efConstruction }));
  return wrap({ native, dimension, known: createLabelSet(), dead: createLabelSet() });
}

export interface SavedGraph {
  path: string;
  dimension: number;
  /** Every label of the file and those of them that are tombstones, as read from the file itself. */
  labels: Iterable<Label>;
  deadLabels: Iterable<Label>;
}

/**
 * Reads a graph into a fresh native object (a used one would crash). The caller must have verified the file:
 * the addon trusts every byte. Errors: `index_unavailable`.
 */
export function readHnswIndex({ path, dimension, labels, deadLabels }: SavedGraph): HnswIndex {
  assertDimension(dimension);
  const known = createLabelSet();
  for (const label of labels) known.add(label);
  const dead = createLabelSet();
  for (const label of deadLabels) dead.add(label);

  const native = new hnswlib.HierarchicalNSW(HNSW_PARAMETERS.space, dimension);
  try {
    runNative(() => native.readIndexSync(path));
  } catch (error) {
    throw nativeError(`read ${path}`, error);
  }
  const count = native.getCurrentCount();
  if (count !== known.size) {
    throw nativeError(`read ${path}`, `it holds ${count} labels, expected the ${known.size} that were saved`);
  }
  return wrap({ native, dimension, known, dead });
}

interface Parts {
  native: NativeIndex;
  dimension: number;
  known: LabelSet;
  dead: LabelSet;
}

function wrap({ native, dimension, ...sets }: Parts) {
  let { known, dead } = sets;
  // One array for every call: plain, as the addon wants it, and filled to the end, because a hole aborts the process.
  const point = Array.from({ length: dimension }, () => 0);
  let capacity = native.getMaxElements();
  let ef = 0;

  const fill = (vector: Float32Array): number[] => {
    for (let i = 0; i < dimension; i++) point[i] = vector[i]!;
    return point;
  };

  const ensureRoom = (): void => {
    if (known.size < capacity) return;
    if (known.size >= MAX_ELEMENTS) {
      throw new AppError('index_unavailable', `the vector index is full: it holds ${known.size} vectors`);
    }
    const growth = capacity < LARGE_CAPACITY ? 2 : LARGE_GROWTH;
    const wanted = Math.min(MAX_ELEMENTS, Math.max(INITIAL_CAPACITY, Math.ceil(capacity * growth)));
    runNative(() => native.resizeIndex(wanted));
    capacity = wanted;
  };

  const live = (): number => known.size - dead.size;

  return {
    dimension,
    get live(): number {
      return live();
    },
    get dead(): number {
      return dead.size;
    },
    /** Bytes of records in use, and of locks, levels and pointers for all places. */
    get bytes(): number {
      return known.size * (dimension * 4 + HNSW_PARAMETERS.m * 8 + 60) + capacity * 54;
    },

    /** Live labels only. */
    has(label: Label): boolean {
      return known.has(label) && !dead.has(label);
    },

    /** Live labels, ascending. */
    labels(): Uint32Array {
      const labels = new Uint32Array(live());
      let i = 0;
      for (const label of known) if (!dead.has(label)) labels[i++] = label;
      return labels;
    },

    /** Tombstones, ascending. */
    deadLabels(): Iterable<Label> {
      return dead;
    },

    /** Errors: `vector_invalid` (vector or label out of bounds, label used before), `index_unavailable`. */
    add(label: Label, vector: Float32Array): void {
      assertLabel(label);
      assertVector(vector, dimension, `the vector of label ${label}`);
      if (known.has(label)) throw new AppError('vector_invalid', `label ${label} was used before`);
      try {
        ensureRoom();
        runNative(() => native.addPoint(fill(vector), label));
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw nativeError(`add label ${label}`, error);
      }
      known.add(label);
    },

    /** Makes the label a tombstone. False where it was not live. */
    retire(label: Label): boolean {
      if (!known.has(label) || dead.has(label)) return false;
      try {
        runNative(() => native.markDelete(label));
      } catch (error) {
        throw nativeError(`retire label ${label}`, error);
      }
      dead.add(label);
      return true;
    },

    /** The vector as it was added; undefined where the label is not live. */
    vector(label: Label): Float32Array | undefined {
      if (!known.has(label) || dead.has(label)) return undefined;
      return Float32Array.from(runNative(() => native.getPoint(label)));
    },

    /**
     * Up to k live hits, best first, ties by ascending label; approximate.
     * Errors: `vector_invalid`, `invalid_input` (k).
     */
    search(vector: Float32Array, k: number): Hit[] {
      assertVector(vector, dimension, 'the query vector');
      assertK(k);
      const count = Math.min(k, live());
      if (count === 0) return [];
      const wanted = Math.max(live() > LARGE_COLLECTION ? EF_SEARCH_LARGE : EF_SEARCH, count);
      if (ef !== wanted) {
        native.setEf(wanted);
        ef = wanted;
      }
      const { neighbors, distances } = runNative(() => native.searchKnn(fill(vector), count));
      return neighbors.map((label, i) => ({ label, score: clampScore(1 - distances[i]!) })).sort(byRank);
    },

    /**
     * Writes the graph beside the thread: searches may go on, the graph must not change. The addon reports
     * success on a full disk and a missing folder alike: look at the file.
     */
    async writeTo(path: string): Promise<void> {
      try {
        await runNativeBeside(() => native.writeIndex(path));
      } catch (error) {
        throw nativeError(`write ${path}`, error);
      }
    },

    /** Frees the memory; from then on the graph is empty and stays so. */
    dispose(): void {
      known = createLabelSet();
      dead = createLabelSet();
      capacity = 1;
      runNative(() => native.initIndex({ maxElements: capacity }));
    },
  };
}

export type HnswIndex = ReturnType<typeof wrap>;
