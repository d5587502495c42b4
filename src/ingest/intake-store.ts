import type { Database } from '../platform/db/database.js';

export interface IntakeCounts {
  /** Entries that were papers, repetitions among them. */
  entries: number;
  added: number;
  updated: number;
  unchanged: number;
  /** Rows that turned out to be a paper already there and went into it. */
  merged: number;
  problems: number;
}

export interface Intake extends IntakeCounts {
  id: number;
  name: string;
  format: string | null;
  startedAt: Date;
  /** null: under way or broken off. */
  finishedAt: Date | null;
}

/** What was taken in, when, and what became of it. */
export function createIntakeStore({ prisma }: Database) {
  return {
    start: async (name: string, startedAt: Date): Promise<number> =>
      (await prisma.intake.create({ data: { name, startedAt }, select: { id: true } })).id,

    update: async (
      id: number,
      data: IntakeCounts & { format: string | null; finishedAt: Date | null },
    ): Promise<void> => {
      await prisma.intake.update({ where: { id }, data });
    },

    /** The last ones, newest first. */
    listRecent: (limit: number): Promise<Intake[]> =>
      prisma.intake.findMany({ orderBy: { id: 'desc' }, take: limit }),

    /** What became of the intakes of this name. */
    stateOf: async (name: string): Promise<'never' | 'broken off' | 'finished'> => {
      const rows = await prisma.intake.findMany({
        where: { name },
        select: { finishedAt: true },
        take: 1_000,
      });
      if (rows.some(({ finishedAt }) => finishedAt !== null)) return 'finished';
      return rows.length > 0 ? 'broken off' : 'never';
    },
  };
}

export type IntakeStore = ReturnType<typeof createIntakeStore>;
