/*
 * Loads the snapshots that it is sent, one after the other, and answers what came of it: a child of
 * snapshots.ts, because a damaged file that got past the checks may end a process.
 */
import { createHash } from 'node:crypto';
import { silentLogger } from '../../src/platform/log.js';
import type { HnswIndex } from '../../src/vectors/graph/hnsw.js';
import { loadSnapshot, type SnapshotTarget } from '../../src/vectors/graph/snapshot.js';
import { createVectorIndex } from '../../src/vectors/worker/client.js';

export interface LoadOrder {
  target: SnapshotTarget;
  /** Through the thread of the index, as the service does. */
  throughWorker: boolean;
  /** A vector that is in every whole snapshot. */
  known: { label: number; vector: number[] };
}

export interface LoadReport {
  /** null: nothing was loaded. */
  watermark: string | null;
  live: number;
  /** Of labels and vectors; null where the thread holds them. */
  digest: string | null;
  /** Whether the known vector is found under its label. */
  found: boolean;
  problems: string[];
}

/** What a graph holds. */
export function digestOf(graph: Pick<HnswIndex, 'labels' | 'vector'>): string {
  const hash = createHash('sha256');
  for (const label of graph.labels()) {
    const vector = graph.vector(label)!;
    hash.update(`${label}:`).update(Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength));
  }
  return hash.digest('hex');
}

async function load({ target, known }: LoadOrder): Promise<LoadReport> {
  const { loaded, problems } = await loadSnapshot(target);
  if (loaded === null) return { watermark: null, live: 0, digest: null, found: false, problems };
  const { graph, watermark } = loaded;
  const [hit] = graph.search(Float32Array.from(known.vector), 1);
  const found = hit?.label === known.label;
  const report = { watermark: String(watermark), live: graph.live, digest: digestOf(graph), found, problems };
  graph.dispose();
  return report;
}

async function openIndex({ target, known }: LoadOrder): Promise<LoadReport> {
  const { dir, model: modelId, dimension } = target;
  const index = createVectorIndex({ dir, modelId, dimension, log: silentLogger });
  const { watermark, size, source } = await index.open();
  const [hit] = await index.search(Float32Array.from(known.vector), 1);
  await index.close();
  const found = hit?.label === known.label;
  return {
    watermark: source === 'empty' ? null : String(watermark),
    live: size,
    digest: null,
    found,
    problems: [],
  };
}

process.on('message', (order: LoadOrder) => {
  void (order.throughWorker ? openIndex(order) : load(order)).then((report) => process.send?.(report));
});
// Its parent has gone.
process.on('disconnect', () => process.exit());
