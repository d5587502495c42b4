import type { Embedder } from '../embedding/embedder.js';
import type { EmbeddingStore } from '../embedding/embedding-store.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { Search, SearchItem } from '../search/search.js';

export const DEFAULT_RELATED = 10;
export const MAX_RELATED = 100;

export interface RelatedDeps {
  papers: PaperStore;
  embeddings: Pick<EmbeddingStore, 'findVector'>;
  embedder: Pick<Embedder, 'embedDocuments'>;
  search: Pick<Search, 'rankByVector' | 'hydrate'>;
}

export interface RelatedResult {
  items: SearchItem[];
}

/** Papers near to one paper. */
export function createRelated({ papers, embeddings, embedder, search }: RelatedDeps) {
  return {
    /**
     * The papers nearest to `ref` (any spelling of an id), best first, never the paper itself: one row a
     * paper means that no other version of it can be among them.
     * @throws AppError paper_not_found, overloaded, timeout, cancelled
     */
    async related(ref: string, limit: number, signal?: AbortSignal): Promise<RelatedResult> {
      const paper = await papers.getByRef(ref);
      const stored = await embeddings.findVector(paper.key);
      // Not embedded yet: the text is here, so nobody has to wait for the backlog.
      const vector = stored?.vector ?? (await embedder.embedDocuments([paper], { signal }))[0]!;
      const ranked = await search.rankByVector(vector, limit + 1, signal);
      const others = ranked.filter(({ key }) => key !== paper.key).slice(0, limit);
      return { items: await search.hydrate(others) };
    },
  };
}

export type Related = ReturnType<typeof createRelated>;
