import type { Paper } from '../papers/paper.js';
import { MAX_LISTED, type PaperStore } from '../papers/paper-store.js';
import type { AddedSpan, NewPaperRow, NewPapersStore, TimeSpan } from './new-papers-store.js';

/**
 * Papers of one digest that are looked at. The busiest day of all of arXiv has 2,000 with its cross-lists, a long weekend three times as
 * many; more are a collection that somebody takes in, and no news.
 */
export const MAX_NEW_PAPERS = 5_000;

export interface NewPaper {
  paper: Paper;
  heat: number | null;
}

/** What came in, loaded once for all who are told of it. */
export interface NewPapers {
  /** In the order they came in. */
  papers: NewPaper[];
  byKey: ReadonlyMap<number, NewPaper>;
  /** Beyond `MAX_NEW_PAPERS`: the earliest, which are not among `papers`. */
  left: number;
  /** When the first and the last of `papers` came in; null where there are none. */
  from: Date | null;
  to: Date | null;
  /** When the last paper before came in, whatever it was; null: none ever did. */
  lastBefore: Date | null;
}

export interface NewPapersDeps {
  store: Pick<NewPapersStore, 'listAdded' | 'listByTime' | 'lastCameIn'>;
  papers: Pick<PaperStore, 'listByKeys'>;
}

export function createNewPapers({ store, papers }: NewPapersDeps) {
  async function load(
    { rows, total }: { rows: readonly NewPaperRow[]; total: number },
    until: Date,
  ): Promise<NewPapers> {
    const found: NewPaper[] = [];
    for (let at = 0; at < rows.length; at += MAX_LISTED) {
      const part = new Map(rows.slice(at, at + MAX_LISTED).map(({ key, heat }) => [key, heat]));
      // One that another paper has taken in since is no news: it has gone over to that one.
      for (const paper of await papers.listByKeys([...part.keys()]))
        found.push({ paper, heat: part.get(paper.key) ?? null });
    }
    const from = rows[0]?.createdAt ?? null;
    return {
      papers: found,
      byKey: new Map(found.map((one) => [one.paper.key, one])),
      left: total - rows.length,
      from,
      to: rows.at(-1)?.createdAt ?? null,
      lastBefore: await store.lastCameIn(from === null ? until : new Date(from.getTime() - 1)),
    };
  }

  return {
    /** By number of insertion: what digests go by, because it misses nothing. `now`: for when the last one came in. */
    added: async (span: AddedSpan, now: Date): Promise<NewPapers> =>
      load(await store.listAdded(span, MAX_NEW_PAPERS), now),
    /** By time: what a preview goes by. */
    between: async (span: TimeSpan): Promise<NewPapers> =>
      load(await store.listByTime(span, MAX_NEW_PAPERS), span.until),
  };
}

export type NewPapersReader = ReturnType<typeof createNewPapers>;
