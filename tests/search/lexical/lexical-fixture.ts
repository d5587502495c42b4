import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LexicalDocument } from '../../../src/search/lexical/document.js';
import { createLexicalEngine, type LocalLexicalEngine } from '../../../src/search/lexical/lexical-engine.js';
import type { RankTerm } from '../../../src/search/lexical/queries/rank.js';
import { parseQuery } from '../../../src/search/query/parse.js';
import { planQuery } from '../../../src/search/ranking/plan.js';

/** For `fc.assert`: the same cases every time, others with `FC_SEED=…`. */
export const seeded = { seed: Number(process.env['FC_SEED'] ?? 20_240_611) };

export function paper(key: number, title: string, fields: Partial<LexicalDocument> = {}): LexicalDocument {
  return {
    key,
    title,
    abstract: '',
    authors: [],
    categories: [],
    sources: ['jsonl'],
    venue: null,
    date: null,
    upvotes: null,
    heat: null,
    hasCode: false,
    createdAt: 0,
    ...fields,
  };
}

/** A folder of its own for a test, removed after it. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'quire-words-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An index that was never saved, with these papers. */
export function engineWith(papers: readonly LexicalDocument[], dir = ''): LocalLexicalEngine {
  const engine = createLexicalEngine(dir);
  engine.apply({ put: [...papers], removed: [], watermark: 1n });
  return engine;
}

/** Merges and clears out all that is due. */
export function tidyUp(engine: LocalLexicalEngine): void {
  while (engine.tidy(1_000));
}

/** First of the keys that tests don't give their papers. */
const FILLER = 1_000_000;

/** Has dead slots cleared out, however few they are, by adding enough of them. */
export function clearOut(engine: LocalLexicalEngine): void {
  const { papers, watermark } = engine.stats();
  const filler = Array.from({ length: 1_100 + Math.ceil(papers / 2) }, (_, n) => FILLER + n);
  engine.apply({ put: filler.map((key) => paper(key, 'filler')), removed: [], watermark });
  engine.apply({ put: [], removed: filler, watermark });
  tidyUp(engine);
}

export const rankTerm = (term: string, weight = 1, word = term): RankTerm => ({
  term,
  word,
  weight,
  isCompound: false,
});

/** Keys of the papers that a query of the query language requires, ascending. */
export function keysOf(engine: LocalLexicalEngine, query: string): number[] {
  const { conditions } = planQuery(parseQuery(query), new Date('2024-06-11T12:00:00Z'));
  return [...(engine.subset(conditions, 1_000_000).keys ?? [])].sort((a, b) => a - b);
}
