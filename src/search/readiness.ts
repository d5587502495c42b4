import type { BacklogStatus } from '../embedding/backlog.js';
import type { Embedder } from '../embedding/embedder.js';
import type { EmbeddingStore } from '../embedding/embedding-store.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { IndexerStatus } from '../vectors/indexer.js';
import type { Coverage } from './search.js';

/** Counts are looked up at most this often: a burst of searches must not count 100,000 rows each. */
const REFRESH_MS = 1_000;

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
  let last: { at: number; counts: Promise<Counts> } | null = null;

  function count(): Promise<Counts> {
    const pair = Promise.all([papers.count(), embeddings.countPending()]);
    const counts = pair.then(([all, pending]) => ({ papers: all, pending }));
    last = { at: performance.now(), counts };
    counts.catch(() => {
      last = null;
    });
    return counts;
  }

  function recentCounts(): Promise<Counts> {
    return last !== null && performance.now() - last.at < REFRESH_MS ? last.counts : count();
  }

  function describe({ papers: all, pending }: Counts): Readiness {
    const embedding = backlog.status();
    const index = indexer.status();
    const reasons: string[] = [];
    if (!embedder.isWarm) reasons.push('the embedding model is being loaded');
    // Texts that the model can't take stay without a vector; they are counted, and keyword search finds them.
    const waiting = pending - embedding.failed;
    if (waiting > 0) reasons.push(`${waiting} of ${all} papers wait to be embedded`);
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

  return {
    /** Counted now: what a probe relies on. */
    check: async (): Promise<Readiness> => describe(await count()),

    /** From counts that are at most `REFRESH_MS` old: for pages. */
    glance: async (): Promise<Readiness> => describe(await recentCounts()),

    /** As `glance`, but never “nothing” when something has just come in. */
    async coverage(): Promise<Coverage> {
      const { live } = indexer.status();
      const { papers: all } = live === 0 ? await count() : await recentCounts();
      return { papers: Math.max(all, live), searchable: live };
    },
  };
}

interface Counts {
  papers: number;
  pending: number;
}

export type ReadinessService = ReturnType<typeof createReadiness>;
