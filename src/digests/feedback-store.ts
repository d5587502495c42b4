import type { Database } from '../platform/db/database.js';
import type { Feedback, Verdict } from './feedback.js';

/** What subscribers say of papers. */
export function createFeedbackStore({ prisma }: Pick<Database, 'prisma'>) {
  return {
    async set(subscriberId: number, { paper, verdict, at }: Feedback): Promise<void> {
      await prisma.paperFeedback.upsert({
        where: { subscriberId_paper: { subscriberId, paper } },
        create: { subscriberId, paper, verdict, at },
        update: { verdict, at },
      });
    },

    /** Under any of these ids: a paper may have had others. */
    async remove(subscriberId: number, papers: readonly string[]): Promise<void> {
      await prisma.paperFeedback.deleteMany({ where: { subscriberId, paper: { in: [...papers] } } });
    },

    /** The latest first. */
    async listOf(subscriberId: number, limit: number): Promise<Feedback[]> {
      const rows = await prisma.paperFeedback.findMany({
        where: { subscriberId },
        orderBy: [{ at: 'desc' }, { paper: 'asc' }],
        take: limit,
        omit: { subscriberId: true },
      });
      return rows.map((row) => ({ ...row, verdict: row.verdict as Verdict }));
    },

    /** Under any of these ids; the latest. */
    async find(subscriberId: number, papers: readonly string[]): Promise<Verdict | null> {
      const row = await prisma.paperFeedback.findFirst({
        where: { subscriberId, paper: { in: [...papers] } },
        orderBy: { at: 'desc' },
        select: { verdict: true },
      });
      return row && (row.verdict as Verdict);
    },
  };
}

export type FeedbackStore = ReturnType<typeof createFeedbackStore>;
