import type { Database } from '../platform/db/database.js';

/** A paper that came in, with what its digests are ordered by. */
export interface NewPaperRow {
  key: number;
  /** Number of its insertion, in commit order. */
  added: bigint;
  createdAt: Date;
  /** See papers/heat.ts; null: nothing has risen yet. */
  heat: number | null;
}

/** Papers with `added` greater than `after` and at most `until`. */
export interface AddedSpan {
  after: bigint;
  until: bigint;
}

/** Papers that came in later than `after` and by `until`. */
export interface TimeSpan {
  after: Date;
  until: Date;
}

/** How far the engine and its indexes have come: a paper beyond is not found by a search. */
export interface IndexMarks {
  modelId: string;
  /** Last change of papers (`papers.seq`) that the word index has. */
  words: bigint;
  /** Last change of vectors (`embeddings.seq`) that the vector index has. */
  vectors: bigint;
}

/**
 * Hours after which a paper that still waits for its vector holds up no digest. A day's listing is read in minutes, so by then
 * something is wrong with it or with the model, and a digest that waits on would be one that fails silently. It is still matched,
 * by its words.
 */
export const MAX_WAIT_H = 6;

interface Row {
  key: number;
  added: string;
  createdAt: Date;
  heat: number | null;
}

const COLUMNS = 'id AS key, added, created_at AS "createdAt", heat';

const toRow = ({ added, ...rest }: Row): NewPaperRow => ({ ...rest, added: BigInt(added) });

/** What came in, for whoever tells of it. */
export function createNewPapersStore({ pool }: Pick<Database, 'pool'>) {
  /** The last `limit` of what `where` has, ascending, and how many it has in all. */
  async function listLast(
    where: string,
    { values, limit }: { values: unknown[]; limit: number },
  ): Promise<{ rows: NewPaperRow[]; total: number }> {
    const { rows } = await pool.query<Row & { total: number }>(
      `SELECT *, count(*) OVER ()::int AS total FROM (SELECT ${COLUMNS} FROM papers WHERE ${where}) found
       ORDER BY added DESC LIMIT $3`,
      [...values, limit],
    );
    const total = rows[0]?.total ?? 0;
    return { rows: rows.map(({ total: _, ...row }) => toRow(row)).reverse(), total };
  }

  return {
    /** In the order they came in; of more than `limit` the last ones. `total`: all of them. */
    listAdded: ({ after, until }: AddedSpan, limit: number) =>
      listLast('added > $1 AND added <= $2', { values: [String(after), String(until)], limit }),

    /** The same by the time that they came in. */
    listByTime: ({ after, until }: TimeSpan, limit: number) =>
      listLast('created_at > $1 AND created_at <= $2', { values: [after, until], limit }),

    /**
     * The highest `added` such that every paper up to it is found by a search: embedded, in both indexes, or of no use to the model, or
     * waiting for longer than `MAX_WAIT_H`. 0n where there are no papers.
     */
    async readyUntil({ modelId, words, vectors }: IndexMarks): Promise<bigint> {
      // One statement, so that no paper comes in between its parts.
      const { rows } = await pool.query<{ until: string | null }>(
        `SELECT least(
           (SELECT max(added) FROM papers),
           (SELECT min(added) - 1 FROM papers p
            WHERE created_at > clock_timestamp() - make_interval(hours => ${MAX_WAIT_H})
              AND (added > $2
                OR (NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.paper_id = p.id AND e.model = $1
                      AND e.retired_at IS NULL AND e.text_hash = p.text_hash AND e.seq <= $3)
                  AND NOT EXISTS (SELECT 1 FROM embedding_failures f
                      WHERE f.paper_id = p.id AND f.model = $1 AND f.text_hash = p.text_hash)))
           )) AS until`,
        [modelId, String(words), String(vectors)],
      );
      return BigInt(rows[0]?.until ?? 0);
    },

    /** Papers by the UTC day (YYYY-MM-DD) on which they came in, ascending; days without any are missing. */
    async countByDay({ after, until }: TimeSpan): Promise<{ day: string; count: number }[]> {
      const { rows } = await pool.query<{ day: string; count: number }>(
        `SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, count(*)::int AS count
         FROM papers WHERE created_at > $1 AND created_at <= $2 GROUP BY 1 ORDER BY 1`,
        [after, until],
      );
      return rows;
    },

    /** When the last paper by `until` came in; null: none did. */
    async lastCameIn(until: Date): Promise<Date | null> {
      const { rows } = await pool.query<{ at: Date | null }>(
        'SELECT max(created_at) AS at FROM papers WHERE created_at <= $1',
        [until],
      );
      return rows[0]?.at ?? null;
    },
  };
}

export type NewPapersStore = ReturnType<typeof createNewPapersStore>;
