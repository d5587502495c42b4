import type { CountStore } from './count-store.js';
import type { Observation } from './heat.js';
import type { Paper } from './paper.js';
import { normalizePaperRef } from './paper-id.js';
import type { PaperStore } from './paper-store.js';
import type { SourceSaid } from './provenance.js';
import type { SplitStore } from './split-store.js';

/** Papers of one look-up. */
export const MAX_LOOKED_UP = 500;

/** What is known of a paper beside itself. */
export interface Background {
  /** By each source, its own words; one where a single source has spoken. */
  said: SourceSaid[];
  /** The latest look at each of its counts. */
  counts: Observation[];
}

export interface CatalogDeps {
  papers: PaperStore;
  records: Pick<SplitStore, 'listRecords'>;
  counts: CountStore;
}

/** Reading papers, for routes and pages. */
export function createCatalog({ papers: store, records, counts }: CatalogDeps) {
  return {
    /**
     * The paper that `ref` names: its public id, a former one, or any spelling of an arXiv id or DOI.
     * `paper.id` differs from `ref` where the caller should be sent on.
     * @throws AppError paper_not_found
     */
    get: (ref: string): Promise<Paper> => store.getByRef(ref),
    /**
     * Of the paper with this row number.
     * @throws AppError paper_not_found: it has just gone over into another one
     */
    async background(key: number): Promise<Background> {
      const [said, latest] = await Promise.all([records.listRecords(key), counts.listLatest(key)]);
      return { said, counts: latest };
    },
    /** Each of the papers that `refs` name, in their order and once, and the refs that name none. At most `MAX_LOOKED_UP`. */
    async lookUp(refs: readonly string[]): Promise<{ papers: Paper[]; missing: string[] }> {
      const ids = idsOf(refs);
      const found = await store.listByIds(ids);
      const papers = new Map<number, Paper>();
      for (const id of ids) {
        const paper = found.get(id);
        if (paper) papers.set(paper.key, paper);
      }
      return { papers: [...papers.values()], missing: refs.filter((_, at) => !found.has(ids[at] ?? '')) };
    },
    /** The paper that each of `refs` names, at its place; null where it names none. At most `MAX_LOOKED_UP`. */
    async resolve(refs: readonly string[]): Promise<(Paper | null)[]> {
      const ids = idsOf(refs);
      const found = await store.listByIds(ids);
      return ids.map((id) => found.get(id) ?? null);
    },
    /** By date of publication, newest first. */
    newest: (limit: number): Promise<Paper[]> => store.listNewest(limit),
    count: (): Promise<number> => store.count(),
  };
}

export type Catalog = ReturnType<typeof createCatalog>;

function idsOf(refs: readonly string[]): string[] {
  return refs.slice(0, MAX_LOOKED_UP).map((ref) => normalizePaperRef(ref) ?? ref.trim().replaceAll('\0', ''));
}
