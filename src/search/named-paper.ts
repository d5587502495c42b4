import type { Paper } from '../papers/paper.js';
import { normalizePaperRef } from '../papers/paper-id.js';
import type { PaperStore } from '../papers/paper-store.js';

/**
 * The paper that a query names by an id or a URL of it and nothing else (papers/paper-id.ts has the forms). `notice`: it
 * does, but there is no such paper here.
 */
export async function findNamedPaper(
  papers: Pick<PaperStore, 'findById'>,
  query: string,
): Promise<{ paper: Paper | null; notice: string | null }> {
  const id = normalizePaperRef(query);
  if (id === null) return { paper: null, notice: null };
  const paper = await papers.findById(id);
  return paper === null
    ? { paper, notice: `There is no paper with the id ${id} here; these are the nearest to what was typed.` }
    : { paper, notice: null };
}
