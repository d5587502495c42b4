import type { Database } from '../platform/db/database.js';

export interface LexicalHit {
  key: number;
  /** ts_rank_cd with length normalisation: 0 and up. */
  score: number;
}

/** Rows that are ranked at most: a word that is everywhere would make ranking read every abstract. */
const MAX_RANKED = 5_000;

/** Keyword search: PostgreSQL's full-text search over title and abstract, in English. */
export function createLexical({ prisma }: Database) {
  return {
    /** Papers that match all words (or the words' own operators: "phrase", or, -not), best first. */
    async search(query: string, limit: number): Promise<LexicalHit[]> {
      return prisma.$queryRaw<LexicalHit[]>`
        SELECT id AS key, ts_rank_cd(to_tsvector('english', title || ' ' || abstract), q, 1)::float8 AS score
        FROM (
          SELECT id, title, abstract, q FROM papers, websearch_to_tsquery('english', ${query}) q
          WHERE to_tsvector('english', title || ' ' || abstract) @@ q LIMIT ${MAX_RANKED}
        ) matching
        ORDER BY score DESC, key LIMIT ${limit}`;
    },
  };
}

export type Lexical = ReturnType<typeof createLexical>;
