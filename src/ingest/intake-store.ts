import type { SourceName } from '../papers/paper.js';
import { type AdvisoryLock, tryAdvisoryLock } from '../platform/db/advisory-lock.js';
import type { Database } from '../platform/db/database.js';
import type { Prisma } from '../platform/db/generated/client.js';
import type { Place } from './place.js';

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
  /** When a batch of it was last committed; null: none was. */
  progressedAt: Date | null;
  /** Of a file: its bytes on disk, and how many of them were read for the entries so far. */
  size: number | null;
  readBytes: number | null;
}

export interface IntakeStart {
  name: string;
  startedAt: Date;
  size: number | null;
  source: SourceName | null;
  asOf: string;
}

/** An intake that was broken off in a file, with what it takes to go on. */
export interface BrokenOff {
  id: number;
  place: Place;
  format: string | null;
  asOf: string;
}

/** A batch, to be kept in the transaction that stores its papers. */
export interface KeptBatch {
  /** Of the intake with this batch. */
  counts: IntakeCounts;
  format: string | null;
  at: Date;
  /** Of an input that can be read again: where it was read to, which papers no batch before had, and how many entries stood before. */
  resumable: { place: Place; papers: readonly number[]; after: number } | null;
}

/** Broken-off intakes of one name that are looked at: those of other options or of an earlier content are passed by. */
const MAX_BROKEN_OFF = 5;

/** A process that was killed is noticed by the server when its connections close, which takes a busy machine a moment. */
const CLAIM_TRIES = 10;
const CLAIM_PAUSE_MS = 100;

/** Nobody goes on with a file after that, and until then it costs four bytes a paper. */
const FORGOTTEN_AFTER_MS = 30 * 86_400_000;

/** What was taken in, when, and what became of it. */
export function createIntakeStore({ prisma, pool }: Pick<Database, 'prisma' | 'pool'>) {
  /** The last ones, newest first. */
  async function listRecent(limit: number): Promise<Intake[]> {
    const rows = await prisma.intake.findMany({ orderBy: { id: 'desc' }, take: limit });
    return rows.map(({ size, readBytes, readHash: _hash, source: _source, asOf: _asOf, ...row }) => ({
      ...row,
      size: size === null ? null : Number(size),
      readBytes: readBytes === null ? null : Number(readBytes),
    }));
  }

  /** Of this name and taken in alike, the last first. */
  async function listBrokenOff(name: string, source: SourceName | null): Promise<BrokenOff[]> {
    const rows = await prisma.intake.findMany({
      where: { name, source, finishedAt: null, readHash: { not: null } },
      orderBy: { id: 'desc' },
      take: MAX_BROKEN_OFF,
    });
    return rows.map(({ id, readBytes, readHash, format, asOf }) => ({
      id,
      place: { bytes: Number(readBytes), hash: readHash! },
      format,
      asOf: asOf!,
    }));
  }

  /** Whoever has an intake goes on with it, and nobody else; null where another process does. */
  async function claim(id: number): Promise<AdvisoryLock | null> {
    for (let tries = 1; ; tries += 1) {
      const lock = await tryAdvisoryLock(pool, `intake ${id}`);
      if (lock !== null || tries === CLAIM_TRIES) return lock;
      await new Promise((resolve) => setTimeout(resolve, CLAIM_PAUSE_MS));
    }
  }

  /**
   * What a claimed intake has done; null once it has finished. It waits for a commit under way: whoever was killed may have asked for it.
   */
  async function progressOf(id: number): Promise<{ counts: IntakeCounts; papers: number[] } | null> {
    return prisma.$transaction(async (tx) => {
      const [row] = await tx.$queryRaw<(IntakeCounts & { finishedAt: Date | null })[]>`
        SELECT entries, added, updated, unchanged, merged, problems, finished_at AS "finishedAt"
        FROM intakes WHERE id = ${id} FOR UPDATE`;
      if (!row || row.finishedAt !== null) return null;
      const { finishedAt: _, ...counts } = row;
      const batches = await tx.intakeBatch.findMany({ where: { intakeId: id }, select: { papers: true } });
      return { counts, papers: batches.flatMap(({ papers }) => papers) };
    });
  }

  /** A batch that is there already is refused by its key: no process settles one that another has. */
  async function keep(tx: Prisma.TransactionClient, id: number, batch: KeptBatch): Promise<void> {
    const { counts, format, at, resumable } = batch;
    const place =
      resumable === null ? {} : { readBytes: BigInt(resumable.place.bytes), readHash: resumable.place.hash };
    await tx.intake.update({ where: { id }, data: { ...counts, format, progressedAt: at, ...place } });
    if (resumable === null) return;
    const { after, papers } = resumable;
    await tx.intakeBatch.create({ data: { intakeId: id, after, papers: [...papers] } });
  }

  /** It has come to its end. What was broken off long ago is forgotten with it. */
  async function finish(
    id: number,
    data: IntakeCounts & { format: string | null; finishedAt: Date },
  ): Promise<void> {
    const isOld = {
      finishedAt: null,
      progressedAt: { lt: new Date(data.finishedAt.getTime() - FORGOTTEN_AFTER_MS) },
    };
    await prisma.$transaction([
      prisma.intake.update({ where: { id }, data }),
      prisma.intakeBatch.deleteMany({ where: { OR: [{ intakeId: id }, { intake: isOld }] } }),
      prisma.intake.updateMany({ where: { ...isOld, readHash: { not: null } }, data: { readHash: null } }),
    ]);
  }

  return {
    start: async ({ size, ...data }: IntakeStart): Promise<number> => {
      const row = { ...data, size: size === null ? null : BigInt(size) };
      return (await prisma.intake.create({ data: row, select: { id: true } })).id;
    },
    claim,
    finish,
    keep,
    listBrokenOff,
    listRecent,
    progressOf,

    /** Of this name those in which there was nothing: the next one takes their place. */
    forgetEmpty: async (name: string): Promise<void> => {
      await prisma.intake.deleteMany({ where: { name, entries: 0, problems: 0, NOT: { finishedAt: null } } });
    },

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
