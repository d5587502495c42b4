import { createLabelSet, type LabelSet } from '../label-set.js';
import type { VectorSource } from '../ports.js';
import { loadSnapshot, type SnapshotTarget } from './snapshot.js';

/** Changes read at once. */
const PAGE = 5_000;

export interface SnapshotFinding {
  /** Live vectors in the newest snapshot; null where there is none. */
  labels: number | null;
  /** Changes of the database since it was written. */
  behind: number;
  /** What is wrong with it; null where nothing is. */
  problem: string | null;
}

/**
 * Whether the newest snapshot is whole and holds what the database held when it was written. Changes nothing,
 * and may run beside the service that writes it.
 */
export async function checkSnapshot(target: SnapshotTarget, source: VectorSource): Promise<SnapshotFinding> {
  const { loaded, problems } = await loadSnapshot(target, { keepDamaged: true });
  if (loaded === null) return { labels: null, behind: 0, problem: problems[0] ?? null };
  const { graph, watermark } = loaded;
  const expected = createLabelSet();
  const changedSince = createLabelSet();
  let behind = 0;
  let missing = 0;
  for (let after = 0n; ; ) {
    const changes = await source.changesSince(after, PAGE);
    for (const { seq, label, vector } of changes) {
      if (seq > watermark) {
        behind++;
        changedSince.add(label);
      } else if (vector !== null) {
        expected.add(label);
        if (!graph.has(label)) missing++;
      }
    }
    if (changes.length < PAGE) break;
    after = changes.at(-1)!.seq;
  }
  const extra = countExtra(graph.labels(), expected, changedSince);
  const problem =
    missing + extra === 0
      ? (problems[0] ?? null)
      : `the index snapshot lacks ${missing} vectors of the database and holds ${extra} that it should not`;
  return { labels: graph.live, behind, problem };
}

function countExtra(labels: Uint32Array, expected: LabelSet, changedSince: LabelSet): number {
  let extra = 0;
  for (const label of labels) if (!expected.has(label) && !changedSince.has(label)) extra++;
  return extra;
}
