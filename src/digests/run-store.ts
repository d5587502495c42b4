import type { Database } from '../platform/db/database.js';
import type { RunBooks } from './deliver.js';

export interface DigestRun extends Omit<RunBooks, 'empty'> {
  id: number;
  startedAt: Date;
  /** null: under way, or broken off. */
  finishedAt: Date | null;
}

/** Runs that did something are kept; of one that found nothing only the last, to show that somebody looks. */
export function createRunStore({ prisma }: Database) {
  return {
    async start(now: Date): Promise<number> {
      const { id } = await prisma.digestRun.create({ data: { startedAt: now } });
      return id;
    },

    async finish(id: number, now: Date, books: RunBooks): Promise<void> {
      const { empty: _, ...data } = books;
      await prisma.digestRun.update({ where: { id }, data: { ...data, finishedAt: now } });
      const isIdle = books.prepared + books.due === 0 && books.problem === null;
      if (!isIdle) return;
      await prisma.digestRun.deleteMany({
        where: { id: { lt: id }, due: 0, prepared: 0, problem: null, NOT: { finishedAt: null } },
      });
    },

    async listRecent(limit: number): Promise<DigestRun[]> {
      return prisma.digestRun.findMany({ orderBy: { id: 'desc' }, take: limit });
    },
  };
}

export type RunStore = ReturnType<typeof createRunStore>;
