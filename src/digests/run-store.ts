import type { Database } from '../platform/db/database.js';
import type { RunBooks } from './deliver.js';

export interface DigestRun extends RunBooks {
  id: number;
  startedAt: Date;
  /** When it last made progress; null: not yet, or it failed. */
  beatAt: Date | null;
  /** null: under way, or broken off. */
  finishedAt: Date | null;
}

/** Runs that did something are kept; of those that found nothing, and of those that failed, only the last, to show that somebody looks. */
export function createRunStore({ prisma }: Database) {
  return {
    async start(now: Date): Promise<number> {
      const { id } = await prisma.digestRun.create({ data: { startedAt: now } });
      return id;
    },

    async beat(id: number, now: Date): Promise<void> {
      await prisma.digestRun.update({ where: { id }, data: { beatAt: now } });
    },

    /** It failed: what progress it made is no sign that the next one makes any. */
    async fail(id: number): Promise<void> {
      await prisma.digestRun.update({ where: { id }, data: { beatAt: null } });
      await prisma.digestRun.deleteMany({ where: { id: { lt: id }, finishedAt: null } });
    },

    async finish(id: number, now: Date, books: RunBooks): Promise<void> {
      await prisma.digestRun.update({ where: { id }, data: { ...books, finishedAt: now } });
      const isIdle = books.prepared + books.due === 0 && books.problem === null;
      if (!isIdle) return;
      await prisma.digestRun.deleteMany({
        where: { id: { lt: id }, due: 0, prepared: 0, problem: null, NOT: { finishedAt: null } },
      });
    },

    findLastFinished: (): Promise<DigestRun | null> =>
      prisma.digestRun.findFirst({ where: { finishedAt: { not: null } }, orderBy: { id: 'desc' } }),

    /** 0: there was none. The row of the last one is never removed. */
    async lastId(): Promise<number> {
      const last = await prisma.digestRun.findFirst({ orderBy: { id: 'desc' }, select: { id: true } });
      return last?.id ?? 0;
    },

    /** The earliest that is kept of those that began after that one and came to their end. */
    findFinishedAfter: (id: number): Promise<DigestRun | null> =>
      prisma.digestRun.findFirst({
        where: { id: { gt: id }, finishedAt: { not: null } },
        orderBy: { id: 'asc' },
      }),

    async listRecent(limit: number): Promise<DigestRun[]> {
      return prisma.digestRun.findMany({ orderBy: { id: 'desc' }, take: limit });
    },
  };
}

export type RunStore = ReturnType<typeof createRunStore>;
