import type { EngineAccess } from '../engine/engine.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { Search, SearchItem } from '../search/search.js';

export const DEFAULT_RELATED = 10;
export const MAX_RELATED = 100;

export interface RelatedDeps {
  papers: PaperStore;
  engines: EngineAccess;
  search: Pick<Search, 'rankByVector' | 'hydrate'>;
}

export interface RelatedResult {
  items: SearchItem[];
  /** The embedding model that answers here, and which switch or reindexing its index came from. */
  model: string;
  epoch: number;
}

/** Papers near to one paper. */
export function createRelated({ papers, engines, search }: RelatedDeps) {
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
        const { ranked } = await search.rankByVector(engine, { vector, depth: limit + 1, signal });
        const others = ranked.filter(({ key }) => key !== paper.key).slice(0, limit);
        return { items: await search.hydrate(others), model: engine.modelId, epoch: engine.epoch };
      });
    },
  };
}

export type Related = ReturnType<typeof createRelated>;
