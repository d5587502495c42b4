import type { Embedder } from '../embedding/embedder.js';
import type { EmbeddingStore } from '../embedding/embedding-store.js';
import type { VectorReader, VectorSearcher } from '../vectors/ports.js';
import type { LabelMap } from './label-map.js';

/** What answers a search: one model, its vectors, and an index over them. Scores of two engines never meet. */
export interface Engine {
  readonly modelId: string;
  /** Which switch or reindexing it came from. */
  readonly epoch: number;
  readonly embedder: Pick<Embedder, 'embedQuery' | 'embedDocuments' | 'isWarm'>;
  readonly embeddings: Pick<EmbeddingStore, 'findVector'>;
  readonly vectors: VectorSearcher & VectorReader;
  /** Which vector is of which paper. */
  readonly labels: LabelMap;
}

/** For the length of one piece of work, which sees one engine although another may take over meanwhile. */
export interface EngineAccess {
  with<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
}
