import type { Database } from '../platform/db/database.js';
import type { Origins, PartialDate } from './paper.js';

/** What a search index takes of a paper. */
export interface FeedPaper {
  title: string;
  abstract: string;
  authors: string[];
  categories: string[];
  venue: string | null;
  url: string | null;
  date: PartialDate | null;
  upvotes: number | null;
  /** See heat.ts; null: nothing has risen yet. */
  heat: number | null;
  /** Every source that one of its fields came from. */
  sources: string[];
  createdAt: Date;
}

/** One change; `seq` grows in commit order, so "everything after seq" never misses a change that was committed later. */
export interface PaperChange {
  seq: bigint;
  key: number;
  /** As it is now; null: it is gone. */
  paper: FeedPaper | null;
}

interface Row {
  seq: string;
  id: number;
  title: string | null;
  abstract: string;
  authors: string[];
  categories: string[];
  venue: string | null;
  url: string | null;
  date: string | null;
  upvotes: number | null;
  heat: number | null;
  origins: Origins;
  created_at: Date;
}

/** The papers' changes, for those who keep something derived from them. Reads past the ORM, which takes four times as long. */
export function createPaperFeedStore({ pool }: Database) {
  return {
    /** Changes with seq greater than `after`, ascending, at most `limit`. */
    async changesSince(after: bigint, limit: number): Promise<PaperChange[]> {
      const { rows } = await pool.query<Row>(
        `SELECT f.seq, f.id, p.title, p.abstract, p.authors, p.categories, p.venue, p.url, p.date, p.upvotes,
           p.heat, p.origins, p.created_at
         FROM (
           (SELECT seq, id, true AS is_there FROM papers WHERE seq > $1 ORDER BY seq LIMIT $2)
           UNION ALL
           (SELECT seq, paper_id, false FROM paper_removals WHERE seq > $1 ORDER BY seq LIMIT $2)
         ) f LEFT JOIN papers p ON f.is_there AND p.id = f.id ORDER BY f.seq LIMIT $2`,
        [String(after), limit],
      );
      return rows.map(toChange);
    },

    /** The last change; 0n where there is none. */
    async head(): Promise<bigint> {
      const { rows } = await pool.query<{ head: string | null }>(
        'SELECT greatest((SELECT max(seq) FROM papers), (SELECT max(seq) FROM paper_removals)) AS head',
      );
      return BigInt(rows[0]?.head ?? 0);
    },
  };
}

export type PaperFeedStore = ReturnType<typeof createPaperFeedStore>;

function toChange({ seq, id, title, origins, created_at: createdAt, ...rest }: Row): PaperChange {
  if (title === null) return { seq: BigInt(seq), key: id, paper: null };
  const { abstract, authors, categories, venue, url, date, upvotes, heat } = rest;
  const sources = [...new Set(Object.values(origins).map((origin) => origin.source))];
  return {
    seq: BigInt(seq),
    key: id,
    paper: { title, abstract, authors, categories, venue, url, date, upvotes, heat, sources, createdAt },
  };
}
