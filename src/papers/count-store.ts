import type { Database } from '../platform/db/database.js';
import type { Observation } from './heat.js';

/** What was counted of papers, for those who look at one. */
export function createCountStore({ prisma }: Pick<Database, 'prisma'>) {
  return {
    /** Of the paper with this row number the latest look at each count; counts that nobody has looked at are missing. */
    listLatest: (key: number): Promise<Observation[]> => prisma.$queryRaw<Observation[]>`
      SELECT DISTINCT ON (kind) kind, to_char(day, 'YYYY-MM-DD') AS day, value
      FROM paper_observations WHERE paper_id = ${key} ORDER BY kind, day DESC`,
  };
}

export type CountStore = ReturnType<typeof createCountStore>;
