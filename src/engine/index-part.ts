import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/log.js';
import { createIndexer, type Indexer } from '../vectors/indexer.js';
import type { IndexStats, VectorReader, VectorSearcher, VectorSource } from '../vectors/ports.js';
import { createVectorIndex } from '../vectors/worker/client.js';
import type { EngineHooks } from './engine-metrics.js';
import { createLabelMap, type LabelMap } from './label-map.js';
import type { ModelPart } from './model-part.js';

/** One index over one model's vectors, and what keeps it in step with the database. */
export interface IndexPart {
  readonly generation: number;
  readonly searcher: VectorSearcher & VectorReader;
  readonly labels: LabelMap;
  readonly indexer: Indexer;
  stats(): IndexStats;
  close(): Promise<void>;
}

export interface IndexPartDeps {
  /** Folder below which each model's generations have theirs. */
  indexDir: string;
  exactLimit: number;
  clock: Clock;
  log: Logger;
  hooks?: Pick<EngineHooks, 'onSearch' | 'onSnapshot'> | undefined;
}

/** Short, and free of what a path can't hold: ids have slashes, and MODEL may name any folder. */
function folderOf(modelId: string): string {
  const name = modelId.replace(/@.*$/, '').split('/').at(-1) ?? '';
  const hash = createHash('sha256').update(modelId).digest('hex').slice(0, 12);
  return `${name.replace(/[^A-Za-z0-9._-]/g, '-')}-${hash}`;
}

/** The folder of one generation's snapshots, below the one of all indexes. */
export const indexFolder = (modelId: string, generation: number): string =>
  `${folderOf(modelId)}-${generation}`;

export function openIndexPart(model: ModelPart, generation: number, deps: IndexPartDeps): IndexPart {
  const { indexDir, exactLimit, clock, log, hooks } = deps;
  const dir = join(indexDir, indexFolder(model.id, generation));
  const index = createVectorIndex({
    dimension: model.dimension,
    modelId: model.id,
    dir,
    exactLimit,
    log,
    ...hooks,
  });
  const { source, labels } = withLabels(model.embeddings);
  const indexer = createIndexer({ source, index, log, clock });
  const forget = model.onStored(indexer.hint);
  return {
    generation,
    searcher: index,
    labels,
    indexer,
    stats: () => index.stats(),
    async close() {
      forget();
      await indexer.close();
    },
  };
}

/**
 * The vectors' table, and which vector is of which paper: all of it when the first changes are read, then by each of
 * them, before the index gets to see it.
 */
function withLabels(embeddings: ModelPart['embeddings']): { source: VectorSource; labels: LabelMap } {
  const labels = createLabelMap();
  let loading: Promise<void> | null = null;
  const load = async (): Promise<void> => {
    for (const [label, key] of await embeddings.listLabels()) labels.change(label, key);
  };
  const source: VectorSource = {
    modelId: embeddings.modelId,
    dimension: embeddings.dimension,
    head: () => {
      loading ??= load().catch((error: unknown) => {
        loading = null;
        throw error;
      });
      return loading.then(embeddings.head);
    },
    countLive: embeddings.countLive,
    async changesSince(after, limit) {
      const changes = await embeddings.changesSince(after, limit);
      for (const { label, paperKey, vector } of changes)
        labels.change(label, vector === null ? null : paperKey);
      return changes;
    },
  };
  return { source, labels };
}

/** Removes what no model needs any more: older generations, and models that were forgotten. */
export async function removeOldIndexes(
  indexDir: string,
  models: readonly { id: string; generation: number }[],
): Promise<void> {
  const kept = new Set(models.map(({ id, generation }) => indexFolder(id, generation)));
  const found = await readdir(indexDir).catch(() => []);
  for (const name of found) {
    if (!kept.has(name))
      await rm(join(indexDir, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
