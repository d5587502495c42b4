import type { BacklogStatus } from '../embedding/backlog.js';
import type { Embedder } from '../embedding/embedder.js';
import type { EmbeddingStore } from '../embedding/embedding-store.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { IndexerStatus } from '../vectors/indexer.js';
import type { Coverage } from './search.js';

/** Counts are looked up at most this often: a burst of searches must not count 100,000 rows each. */
const refreshMs = 1_000;

export interface Readiness {
  /** Everything that the database holds can be found by meaning, and the model is loaded. */
  ready: boolean;
  /** What is missing, for people; empty when ready. */
  reasons: string[];
  papers: number;
  /** Papers in the index. */
  searchable: number;
  /** Papers without a vector for their present text. */
  pending: number;
  embedding: BacklogStatus;
  index: IndexerStatus;
  model: { id: string; loaded: boolean };
}

export interface ReadinessDeps {
  papers: Pick<PaperStore, 'count'>;
  embeddings: Pick<EmbeddingStore, 'countPending'>;
  embedder: Pick<Embedder, 'model' | 'isWarm'>;
  backlog: { status(): BacklogStatus };
  indexer: { status(): IndexerStatus };
}

/** How complete the answers are right now. */
export function createReadiness({ papers, embeddings, embedder, backlog, indexer }: ReadinessDeps) {
  let counted: { at: number; counts: Promise<{ papers: number; pending: number }> } | null = null;

  function counts(): Promise<{ papers: number; pending: number }> {
    const now = performance.now();
    if (counted === null || now - counted.at > refreshMs) {
      const pair = Promise.all([papers.count(), embeddings.countPending()]);
      counted = { at: now, counts: pair.then(([all, pending]) => ({ papers: all, pending })) };
      counted.counts.catch(() => {
        counted = null;
      });
    }
    return counted.counts;
  }

  async function check(): Promise<Readiness> {
    const { papers: all, pending } = await counts();
    const embedding = backlog.status();
    const index = indexer.status();
    const reasons: string[] = [];
    if (!embedder.isWarm) reasons.push('the embedding model is being loaded');
    // Texts that the model can't take stay without a vector; they are counted, and keyword search finds them.
    if (pending > embedding.failed)
      reasons.push(`${pending - embedding.failed} of ${all} papers wait to be embedded`);
    if (!index.covered) reasons.push(`the index is ${index.state.replace('_', ' ')} (${index.live} vectors)`);
    return {
      ready: reasons.length === 0,
      reasons,
      papers: all,
      searchable: Math.min(index.live, all),
      pending,
      embedding,
      index,
      model: { id: embedder.model.id, loaded: embedder.isWarm },
    };
  }

  async function coverage(): Promise<Coverage> {
    const { papers: all } = await counts();
    return { papers: all, searchable: Math.min(indexer.status().live, all) };
  }

  return { check, coverage };
}

export type ReadinessService = ReturnType<typeof createReadiness>;
