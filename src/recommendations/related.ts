import type { EngineAccess } from '../engine/engine.js';
import type { Paper } from '../papers/paper.js';
import type { PaperStore } from '../papers/paper-store.js';
import { nearest } from '../search/ranking/dense.js';

export const DEFAULT_RELATED = 10;
export const MAX_RELATED = 100;

export interface RelatedDeps {
  papers: Pick<PaperStore, 'getByRef' | 'listByKeys'>;
  engines: EngineAccess;
}

export interface RelatedItem {
  paper: Paper;
  /** Cosine similarity, -1 to 1. */
  score: number;
}

export interface RelatedResult {
  items: RelatedItem[];
  /** The embedding model that answers here, and which switch or reindexing its index came from. */
  model: string;
  epoch: number;
}

/** Papers near to one paper. */
export function createRelated({ papers, engines }: RelatedDeps) {
  return {
    /**
     * The papers nearest to `ref` (any spelling of an id), best first, never the paper itself: one row a
     * paper means that no other version of it can be among them.
     * @throws AppError paper_not_found, overloaded, timeout, cancelled
     */
    async related(ref: string, limit: number, signal?: AbortSignal): Promise<RelatedResult> {
      const paper = await papers.getByRef(ref);
      return engines.with(async (engine) => {
        const stored = await engine.embeddings.findVector(paper.key);
        // Not embedded yet: the text is here, so nobody has to wait for the backlog.
        const vector = stored?.vector ?? (await engine.embedder.embedDocuments([paper], { signal }))[0]!;
        const { hits } = await nearest(engine, vector, { k: limit + 1, subset: null, signal });
        const others = hits.filter(({ key }) => key !== paper.key).slice(0, limit);
        const scores = new Map(others.map(({ key, score }) => [key, score]));
        const found = await papers.listByKeys([...scores.keys()]);
        const items = found.map((one) => ({ paper: one, score: scores.get(one.key)! }));
        return { items, model: engine.modelId, epoch: engine.epoch };
      });
    },
  };
}

export type Related = ReturnType<typeof createRelated>;
