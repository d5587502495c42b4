import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/log.js';
import { createIndexer, type Indexer } from '../vectors/indexer.js';
import type { IndexStats, VectorSearcher } from '../vectors/ports.js';
import { createVectorIndex } from '../vectors/worker/client.js';
import type { EngineHooks } from './engine-metrics.js';
import type { ModelPart } from './model-part.js';

/** One index over one model's vectors, and what keeps it in step with the database. */
export interface IndexPart {
  readonly generation: number;
  readonly searcher: VectorSearcher;
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
  const indexer = createIndexer({ source: model.embeddings, index, log, clock });
  const forget = model.onStored(indexer.hint);
  return {
    generation,
    searcher: index,
    indexer,
    stats: () => index.stats(),
    async close() {
      forget();
      await indexer.close();
    },
  };
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
