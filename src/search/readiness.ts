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
  embeddings: Pick<EmbeddingStore, 'countPending' | 'head'>;
  embedder: Pick<Embedder, 'model' | 'isWarm'>;
  backlog: { status(): BacklogStatus };
  indexer: { status(): IndexerStatus };
}

/** How complete the answers are right now. */
export function createReadiness({ papers, embeddings, embedder, backlog, indexer }: ReadinessDeps) {
  let last: { at: number; counts: Promise<Counts> } | null = null;

  function count(): Promise<Counts> {
    const counts = (async () => {
      const [all, pending] = await Promise.all([papers.count(), embeddings.countPending()]);
      // Asked last: every vector that made `pending` zero is at or before the head.
      return { papers: all, pending, head: await embeddings.head() };
    })();
    last = { at: performance.now(), counts };
    counts.catch(() => {
      last = null;
    });
    return counts;
  }

  function recentCounts(): Promise<Counts> {
    return last !== null && performance.now() - last.at < REFRESH_MS ? last.counts : count();
  }

  function describe({ papers: all, pending, head }: Counts): Readiness {
    const embedding = backlog.status();
    const status = indexer.status();
    // What the indexer saw at its last look may be older than the count.
    const covered = status.covered && BigInt(status.watermark) >= head;
    const index = { ...status, covered };
    const reasons: string[] = [];
    if (!embedder.isWarm) reasons.push('the embedding model is being loaded');
    // Texts that the model can't take stay without a vector; they are counted, and keyword search finds them.
    const waiting = pending - embedding.failed;
    if (waiting > 0) reasons.push(`${waiting} of ${all} papers wait to be embedded`);
    if (!covered) {
      const state = status.state === 'live' ? 'catching up' : status.state.replace('_', ' ');
      reasons.push(`the index is ${state} (${index.live} vectors)`);
    }
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
  /** The last change of the vectors. */
  head: bigint;
}

export type ReadinessService = ReturnType<typeof createReadiness>;
