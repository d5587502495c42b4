import type { Paper } from './paper.js';
import type { PaperStore } from './paper-store.js';

/** Reading papers, for routes and pages. */
export function createCatalog(store: PaperStore) {
  return {
    /**
     * The paper that `ref` names: its public id, a former one, or any spelling of an arXiv id or DOI.
     * `paper.id` differs from `ref` where the caller should be sent on.
     * @throws AppError paper_not_found
     */
    get: (ref: string): Promise<Paper> => store.getByRef(ref),
    /** By date of publication, newest first. */
    newest: (limit: number): Promise<Paper[]> => store.listNewest(limit),
    count: (): Promise<number> => store.count(),
  };
}

export type Catalog = ReturnType<typeof createCatalog>;
