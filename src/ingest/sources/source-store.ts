import type { ParseProblem } from '../../papers/paper.js';
import type { BatchResult, TakeInOptions } from '../../papers/paper-store.js';
import { isAdvisoryLockHeld } from '../../platform/db/advisory-lock.js';
import type { Database } from '../../platform/db/database.js';
import { Prisma } from '../../platform/db/generated/client.js';
import { cleanLine, truncate } from '../parsers/text.js';
import { latestNext, type SourceRequest, type SourceSettings } from './source.js';
import {
  type AnnouncedRef,
  type Cursor,
  MAX_RUN_PROBLEMS,
  MAX_RUNS,
  type RunOutcome,
  type Source,
  SourceChanged,
  type SourceRun,
} from './source-run.js';

/** What is written with a batch or not at all. */
export interface Step {
  runId: number;
  /** As the run began. */
  source: Pick<Source, 'id' | 'settings'>;
  failed: number;
  problems: readonly ParseProblem[];
  cursor?: Cursor | undefined;
  /** Announced papers that are done with. */
  settled?: readonly string[] | undefined;
}

export interface RunEnd {
  finishedAt: Date;
  outcome: RunOutcome;
  problem: string | null;
  note: string | null;
  requests: number;
  waiting: number;
  nextAt: Date;
  failures: number;
}

/** Of a problem or a note: some sentences, which may quote what a source says. */
const MAX_TEXT_LENGTH = 500;

const ENDED = 'the process that pulled it ended';

/** Sources, how far each was read, and what became of every pull. */
export function createSourceStore({ prisma, pool }: Database) {
  const list = async (): Promise<Source[]> =>
    (await prisma.source.findMany({ orderBy: { name: 'asc' } })).map(toSource);

  async function find(name: string): Promise<Source | null> {
    const row = await prisma.source.findUnique({ where: { name } });
    return row && toSource(row);
  }

  /** In the transaction of whatever it is written with. */
  async function write(
    tx: Prisma.TransactionClient,
    step: Step,
    { outcomes, merged }: BatchResult,
  ): Promise<void> {
    const count = (wanted: string): number => outcomes.filter(({ outcome }) => outcome === wanted).length;
    const run = await tx.sourceRun.findUnique({
      where: { id: step.runId },
      select: { problemList: true },
    });
    if (run === null) throw new SourceChanged();
    const problems = [...fromJson<ParseProblem[]>(run.problemList), ...step.problems.map(storable)].slice(
      0,
      MAX_RUN_PROBLEMS,
    );
    await tx.sourceRun.update({
      where: { id: step.runId },
      data: {
        added: { increment: count('added') },
        updated: { increment: count('updated') },
        unchanged: { increment: count('unchanged') },
        merged: { increment: merged },
        failed: { increment: step.failed },
        ...(step.problems.length > 0 && { problemList: toJson(problems) }),
      },
    });
    if (step.cursor !== undefined) await writeCursor(tx, step.source, step.cursor);
    if (step.settled && step.settled.length > 0)
      await tx.announcedPaper.deleteMany({
        where: { sourceId: step.source.id, ref: { in: [...step.settled] } },
      });
  }

  return {
    list,
    find,

    count: (): Promise<number> => prisma.source.count(),

    findById: async (id: number): Promise<Source | null> => {
      const row = await prisma.source.findUnique({ where: { id } });
      return row && toSource(row);
    },

    /** Makes it, or has the one of that name be so from now on; another address or kind is read from its beginning. */
    async put(
      asked: SourceRequest,
      { origin, now }: { origin: Source['origin']; now: Date },
    ): Promise<Source> {
      const { name, everyMinutes, settings } = asked;
      const before = await find(name);
      const data = {
        kind: settings.kind,
        settings: toJson(settings),
        everyMinutes,
        origin,
      };
      if (before === null)
        return toSource(await prisma.source.create({ data: { ...data, name, nextAt: now, createdAt: now } }));
      const isSame = JSON.stringify(sorted(before.settings)) === JSON.stringify(sorted(settings));
      // Pulled more often from now on, it doesn't wait for the end of a longer interval.
      const soonest = new Date(now.getTime() + everyMinutes * 60_000);
      const isAnother = readsElsewhere(before.settings, settings);
      return toSource(
        await prisma.source.update({
          where: { name },
          data: {
            ...data,
            ...(isSame ? {} : { nextAt: now, failures: 0 }),
            ...(isSame && before.nextAt > soonest && { nextAt: soonest }),
            ...(isAnother ? { cursor: Prisma.DbNull } : {}),
          },
        }),
      );
    },

    remove: async (name: string): Promise<boolean> =>
      (await prisma.source.deleteMany({ where: { name } })).count > 0,

    /** Due at once when it goes on. */
    turn: async (name: string, isOn: boolean, now: Date): Promise<boolean> =>
      (await prisma.source.updateMany({ where: { name }, data: { isOn, ...(isOn && { nextAt: now }) } }))
        .count > 0,

    /** Of the file no longer: off, and whoever wants may remove it or turn it on. */
    release: async (name: string): Promise<void> => {
      await prisma.source.updateMany({ where: { name }, data: { isOn: false, origin: 'command' } });
    },

    /** Due now. */
    hasten: async (name: string, now: Date): Promise<boolean> =>
      (await prisma.source.updateMany({ where: { name }, data: { nextAt: now } })).count > 0,

    listDue: async (now: Date, limit: number): Promise<Source[]> => {
      const rows = await prisma.source.findMany({
        where: { isOn: true, OR: [{ nextAt: { lte: now } }, { nextAt: { gt: latestNext(now) } }] },
        orderBy: { nextAt: 'asc' },
        take: limit,
      });
      return rows.map(toSource);
    },

    /** Whether a process pulls it at the moment. */
    isHeld: (id: number): Promise<boolean> => isAdvisoryLockHeld(pool, lockName(id)),

    /** Whoever begins has the source's lock: runs without an end are of a process that is gone. */
    async startRun(sourceId: number, startedAt: Date): Promise<number> {
      await prisma.sourceRun.updateMany({
        where: { sourceId, outcome: null },
        data: { outcome: 'broken off', problem: ENDED },
      });
      const { id } = await prisma.sourceRun.create({ data: { sourceId, startedAt }, select: { id: true } });
      return id;
    },

    /** For `takeIn`: books, cursor and announced papers are committed with the batch. */
    alongside:
      (step: Step): TakeInOptions['alongside'] =>
      (tx, result) =>
        write(tx, step, result),

    /** It ends before its end. */
    breakOff: async (runId: number, finishedAt: Date): Promise<void> => {
      const data = { outcome: 'broken off', problem: ENDED, finishedAt };
      await prisma.sourceRun.updateMany({ where: { id: runId }, data });
    },

    /** A step without papers. */
    commit: (step: Step): Promise<void> =>
      prisma.$transaction((tx) => write(tx, step, { outcomes: [], merged: 0 })),

    /** Papers to fetch, and the cursor behind their announcement, at once. */
    async announce(
      { source, runId, at }: { source: Step['source']; runId: number; at: Date },
      papers: readonly { ref: string; version: number | null }[],
      cursor: Cursor,
    ): Promise<void> {
      await prisma.$transaction(async (tx) => {
        await writeCursor(tx, source, cursor);
        // A newer version of a paper that waits is waited for in its place.
        await tx.$executeRaw`
          INSERT INTO announced_papers (source_id, ref, version, announced_at)
          SELECT ${source.id}, ref, version, ${at}
          FROM unnest(${papers.map(({ ref }) => ref)}::text[], ${papers.map(({ version }) => version)}::int[]) AS paper (ref, version)
          ON CONFLICT (source_id, ref) DO UPDATE
          SET version = EXCLUDED.version, announced_at = EXCLUDED.announced_at, tries = 0
          WHERE EXCLUDED.version > coalesce(announced_papers.version, 1)`;
        await tx.sourceRun.update({
          where: { id: runId },
          data: { announced: { increment: papers.length } },
        });
      });
    },

    countAnnounced: (sourceId: number): Promise<number> =>
      prisma.announcedPaper.count({ where: { sourceId } }),

    /** In the order of their ids, those behind `after`. */
    listAnnounced: (
      sourceId: number,
      { after, limit }: { after: string; limit: number },
    ): Promise<AnnouncedRef[]> =>
      prisma.announcedPaper.findMany({
        where: { sourceId, ref: { gt: after } },
        orderBy: { ref: 'asc' },
        take: limit,
        select: { ref: true, version: true, announcedAt: true, tries: true },
      }),

    async countTry(sourceId: number, refs: readonly string[]): Promise<void> {
      await prisma.announcedPaper.updateMany({
        where: { sourceId, ref: { in: [...refs] } },
        data: { tries: { increment: 1 } },
      });
    },

    async countPapers(runId: number, announced: number): Promise<void> {
      await prisma.sourceRun.updateMany({
        where: { id: runId },
        data: { announced: { increment: announced } },
      });
    },

    /** When a source that was changed meanwhile is next is what the change said. */
    async finishRun({ id, source }: { id: number; source: Step['source'] }, end: RunEnd): Promise<void> {
      const { nextAt, failures, ...books } = end;
      const data = { ...books, problem: textOf(end.problem), note: textOf(end.note) };
      await prisma.$transaction([
        prisma.sourceRun.updateMany({ where: { id }, data }),
        prisma.source.updateMany({ where: isAsItWas(source), data: { nextAt, failures } }),
      ]);
    },

    /** The last ones, newest first. */
    listRuns: async (sourceId: number, limit: number): Promise<SourceRun[]> =>
      (
        await prisma.sourceRun.findMany({
          where: { sourceId },
          orderBy: { id: 'desc' },
          take: Math.min(limit, MAX_RUNS),
        })
      ).map(toRun),

    /** The last one that was done. */
    async findLastDone(sourceId: number): Promise<SourceRun | null> {
      const row = await prisma.sourceRun.findFirst({
        where: { sourceId, outcome: 'done' },
        orderBy: { id: 'desc' },
      });
      return row && toRun(row);
    },

    /** When the last pull that had papers announced to it was done; null: none was. One look into an index a source. */
    async lastAnnounced(): Promise<Date | null> {
      const { rows } = await pool.query<{ at: Date | null }>(
        `SELECT max(run.at) AS at FROM sources s CROSS JOIN LATERAL (
           SELECT finished_at AS at FROM source_runs
           WHERE source_id = s.id AND outcome = 'done' AND announced + added + updated > 0
           ORDER BY started_at DESC LIMIT 1) run`,
      );
      return rows[0]?.at ?? null;
    },

    /** Each source that is on, with its last run, in the order of their names. */
    async listLast(): Promise<{ source: Source; lastRun: SourceRun | null }[]> {
      const rows = await prisma.source.findMany({
        where: { isOn: true },
        orderBy: { name: 'asc' },
        include: { runs: { orderBy: { startedAt: 'desc' }, take: 1 } },
      });
      return rows.map(({ runs: [run], ...row }) => ({
        source: toSource(row),
        lastRun: run ? toRun(run) : null,
      }));
    },

    /** Forgets runs that began before; the last of each source that was done is kept. */
    async prune(before: Date): Promise<void> {
      await prisma.$executeRaw`
        DELETE FROM source_runs r WHERE started_at < ${before}
          AND id < (SELECT max(id) FROM source_runs WHERE source_id = r.source_id AND outcome = 'done')`;
    },
  };
}

export type SourceStore = ReturnType<typeof createSourceStore>;

/** @throws SourceChanged: the cursor is one of another place, or of none */
/** Of the lock that whoever pulls a source has. */
export const lockName = (sourceId: number): string => `source ${sourceId}`;

async function writeCursor(
  tx: Prisma.TransactionClient,
  source: Step['source'],
  cursor: Cursor,
): Promise<void> {
  const data = { cursor: cursor as Prisma.InputJsonObject };
  if ((await tx.source.updateMany({ where: isAsItWas(source), data })).count === 0) throw new SourceChanged();
}

function isAsItWas({ id, settings }: Step['source']) {
  return { id, settings: { equals: toJson(settings) } };
}

/** Other categories of arXiv are caught up with (arxiv.ts); another place is read from its beginning. */
function readsElsewhere(before: SourceSettings, after: SourceSettings): boolean {
  if (before.kind !== after.kind) return true;
  const placeOf = (settings: SourceSettings): string =>
    settings.kind === 'arxiv'
      ? ''
      : settings.kind === 'huggingface'
        ? settings.base
        : settings.kind === 'oai'
          ? [settings.url, settings.set, settings.prefix].join(' ')
          : settings.url;
  return placeOf(before) !== placeOf(after);
}

/** PostgreSQL keeps keys in an order of its own. */
function sorted(settings: SourceSettings): unknown[] {
  return Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Texts of a run may quote what a source sent: PostgreSQL refuses NUL, and a terminal obeys escapes. */
function textOf(text: string | null): string | null {
  return text === null ? null : truncate(cleanLine(text), MAX_TEXT_LENGTH);
}

function storable({ line, reason, excerpt }: ParseProblem): ParseProblem {
  return { line, reason: textOf(reason) ?? '', excerpt: textOf(excerpt) ?? '' };
}

type SourceRow = Awaited<ReturnType<Database['prisma']['source']['findFirstOrThrow']>>;

function toSource({ settings, cursor, origin, kind: _, ...rest }: SourceRow): Source {
  return {
    ...rest,
    settings: fromJson(settings),
    origin: origin === 'file' ? 'file' : 'command',
    cursor: cursor as Cursor | null,
  };
}

type RunRow = Awaited<ReturnType<Database['prisma']['sourceRun']['findFirstOrThrow']>>;

function toRun({ sourceId: _, outcome, problemList, ...rest }: RunRow): SourceRun {
  return {
    ...rest,
    outcome: outcome as RunOutcome | null,
    problemList: fromJson(problemList),
  };
}

/** Columns of JSON: what this store wrote is what it reads, but Prisma's types for JSON know no interfaces. */
const toJson = (value: object) => value as Prisma.InputJsonObject;
const fromJson = <T>(value: Prisma.JsonValue) => value as T;
