import type { Paper } from '../papers/paper.js';
import { normalizePaperRef } from '../papers/paper-id.js';
import type { PaperStore } from '../papers/paper-store.js';

/**
 * The paper that a query names by an id or a URL of it and nothing else (papers/paper-id.ts has the forms). `notice`: it
 * does, but there is no such paper here, or there was none by `asOf`.
 */
export async function findNamedPaper(
  papers: Pick<PaperStore, 'findById'>,
  query: string,
  asOf?: Date,
): Promise<{ paper: Paper | null; notice: string | null }> {
  const id = normalizePaperRef(query);
  if (id === null) return { paper: null, notice: null };
  const paper = await papers.findById(id);
  if (paper !== null && (asOf === undefined || seconds(paper.createdAt) <= seconds(asOf)))
    return { paper, notice: null };
  const notice = `There is no paper with the id ${id} here; these are the nearest to what was typed.`;
  return { paper: null, notice };
}

/** As the word index keeps them: `asOf` of an answer is to the second. */
const seconds = (time: Date): number => Math.floor(time.getTime() / 1_000);
