import { setImmediate as nextTick } from 'node:timers/promises';
import type { Label } from '../ports.js';
import { dot } from '../vector.js';
import type { GraphFileReport } from './graph-file.js';
import type { HnswIndex } from './hnsw.js';

/**
 * The greedy search of HNSW can't reach every node, and a mean recall of .99 hides it. Measured on 12,000 to
 * 20,000 clustered vectors: one to four nodes were lost, all with at most one link to them, because later
 * insertions had taken over the others. With groups of 60 equal vectors, more than a node has links, 31 to 388
 * were lost, ordinary nodes among them: equal vectors fill the beam and link to nothing else. So suspects are
 * searched for, and those that don't find themselves are kept beside the graph.
 */

/** Nodes with at most this many links to them are suspects: a margin above the 1 that was seen. */
const SUSPECT_IN_DEGREE = 3;

/**
 * With a group of this many equal vectors every node is a suspect. Smaller groups can't close: a new node makes
 * 16 links. Papers have distinct texts, so this is rare; it costs as many searches as there are nodes.
 */
const SUSPECT_COPIES = 16;

/** Most vectors kept beside the graph: they are searched exactly, which 10,000 make 4 ms dearer. */
export const MAX_STRAYS = 10_000;

/** How long it searches before it looks at other work: about one search. */
const SLICE_MS = 1;

/** Two vectors whose products with a third differ by less are the same to float32 sums of 384 terms. */
const SCORE_TOLERANCE = 1e-6;

/** Nodes looked at between two looks at other work: some 0.1 ms. */
const NODES_PER_SLICE = 8_192;

async function suspects(report: GraphFileReport): Promise<Label[]> {
  const { count, labels, deleted, inDegree, mostAlike } = report;
  const areAll = mostAlike >= SUSPECT_COPIES;
  const found: Label[] = [];
  for (let node = 0; node < count; node++) {
    if (deleted[node] === 0 && (areAll || inDegree[node]! <= SUSPECT_IN_DEGREE)) found.push(labels[node]!);
    if (node % NODES_PER_SLICE === 0) await nextTick();
  }
  return found;
}

/** Whether a search for the label's own vector brings it, or one that can't be told from it, to the top. */
export function findsItself(graph: HnswIndex, label: Label, vector: Float32Array): boolean {
  const best = graph.search(vector, 1)[0];
  return best !== undefined && (best.label === label || best.score >= dot(vector, vector) - SCORE_TOLERANCE);
}

/**
 * The live labels that the graph's search misses, with their vectors; at most `MAX_STRAYS`. `report` is that of
 * a file of the graph; it may have changed since. Lets other work pass every millisecond, and gives null as
 * soon as `isStale` says that nobody wants the result.
 */
export async function findStrays(
  graph: HnswIndex,
  report: GraphFileReport,
  isStale: () => boolean,
): Promise<Map<Label, Float32Array> | null> {
  const strays = new Map<Label, Float32Array>();
  let sliceEnd = performance.now() + SLICE_MS;
  for (const label of await suspects(report)) {
    if (strays.size >= MAX_STRAYS) break;
    if (performance.now() >= sliceEnd) {
      await nextTick();
      sliceEnd = performance.now() + SLICE_MS;
    }
    if (isStale()) return null;
    const vector = graph.vector(label);
    if (vector !== undefined && !findsItself(graph, label, vector)) strays.set(label, vector);
  }
  return strays;
}
