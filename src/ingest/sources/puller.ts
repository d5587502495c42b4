import type { PaperStore } from '../../papers/paper-store.js';
import type { Clock } from '../../platform/clock.js';
import { tryAdvisoryLock } from '../../platform/db/advisory-lock.js';
import type { Database } from '../../platform/db/database.js';
import { AppError, isAppError, messageOf } from '../../platform/errors.js';
import type { FetchOutcome, FetchRequest } from '../../platform/fetcher.js';
import type { Logger } from '../../platform/log.js';
import type { IntakeStore } from '../intake-store.js';
import { pullArxiv } from './arxiv.js';
import { pullFeed } from './feed.js';
import { pullHuggingFace } from './hugging-face.js';
import { pullOai } from './oai.js';
import { createPullRun, type PullRun, PullStopped } from './pull-run.js';
import { latestNext, type SourceSettings } from './source.js';
import { type Source, SourceChanged, type SourceRun } from './source-run.js';
import { lockName, type RunEnd, type SourceStore } from './source-store.js';

/** Until a backlog that was too long for one run goes on. */
const MORE_AFTER_MS = 60_000;

/** After a pull that came to nothing: doubled with each further one, up to a day. */
const FIRST_RETRY_MS = 15 * 60_000;
const LAST_RETRY_MS = 24 * 3_600_000;

export interface PullerDeps {
  store: SourceStore;
  papers: Pick<PaperStore, 'takeIn'>;
  intakes: IntakeStore;
  fetcher: { get(request: FetchRequest): Promise<FetchOutcome> };
  db: Pick<Database, 'pool'>;
  clock: Clock;
  log: Logger;
}

/** Pulls sources, each by one process at a time, and keeps the books of it. */
export function createPuller(deps: PullerDeps) {
  const { store, papers, intakes, fetcher, db, clock, log } = deps;

  /**
   * One pull with its books, also where it comes to nothing; null where another process is at it, or the source is gone or
   * (unless `isAsked`) not due any more.
   * @throws AppError cancelled by `signal`, source_not_found for one that is removed meanwhile, and what the database throws: then the
   *   run stays without an end
   */
  async function pull(
    sourceId: number,
    { signal, isAsked = false }: { signal: AbortSignal; isAsked?: boolean },
  ): Promise<SourceRun | null> {
    const lock = await tryAdvisoryLock(db.pool, lockName(sourceId));
    if (lock === null) return null;
    try {
      const source = await store.findById(sourceId);
      const isDue = source !== null && (isAsked || (source.isOn && isDueAt(source.nextAt, clock.now())));
      if (!isDue) return null;
      const runId = await store.startRun(sourceId, clock.now());
      const within = AbortSignal.any([signal, lock.signal]);
      const run = createPullRun({ source, runId, papers, store, fetcher, clock, signal: within });
      const trouble = await pullKind(run, source.settings).then(
        () => null,
        (error: unknown) => {
          if (error instanceof PullStopped || error instanceof SourceChanged) return error;
          if (isAppError(error, 'cancelled')) return error;
          log.error({ err: error, source: source.name }, 'a source could not be pulled');
          return new PullStopped('later', `what it sent could not be taken in: ${messageOf(error)}`);
        },
      );
      if (isAppError(trouble)) {
        // Stopped with the process: the next one goes on, and is due as this one was.
        await store.breakOff(runId, clock.now());
        throw trouble;
      }
      const end = await endOf(run, source, trouble);
      await store.finishRun({ id: runId, source }, end);
      const [books] = await store.listRuns(sourceId, 1);
      if (!books) throw new AppError('source_not_found', `${source.name} was removed while it was pulled.`);
      await keepIntake(source, books);
      tell(source, books);
      return books;
    } finally {
      await lock.release();
    }
  }

  async function endOf(
    run: PullRun,
    source: Source,
    stopped: PullStopped | SourceChanged | null,
  ): Promise<RunEnd> {
    const { requests, note } = run.books();
    const finishedAt = clock.now();
    const { waitMs, ...judged } = judge(source, stopped, note);
    const askedFor = stopped instanceof PullStopped ? (stopped.retryAt?.getTime() ?? 0) : 0;
    const now = finishedAt.getTime();
    const next = Math.max(now + waitMs, Math.min(askedFor, now + LAST_RETRY_MS));
    return { ...judged, finishedAt, requests, waiting: await run.countAnnounced(), nextAt: new Date(next) };
  }

  /** For whoever looks what was taken in, and for the freshness of listings: somebody looked, also where there was nothing. */
  async function keepIntake({ name }: Source, run: SourceRun): Promise<void> {
    const { added, updated, unchanged, merged, failed, startedAt, finishedAt, outcome } = run;
    const entries = added + updated + unchanged;
    if (entries + failed === 0 && outcome !== 'done') return;
    await intakes.forgetEmpty(`source ${name}`);
    const asOf = startedAt.toISOString().slice(0, 10);
    const id = await intakes.start({ name: `source ${name}`, startedAt, size: null, source: null, asOf });
    const counts = { entries, added, updated, unchanged, merged, problems: failed };
    await intakes.finish(id, { ...counts, format: 'source', finishedAt: finishedAt ?? clock.now() });
  }

  function tell({ name, failures }: Source, run: SourceRun): void {
    const { outcome, problem, announced, added, updated, failed, waiting } = run;
    const books = { source: name, announced, added, updated, failed, waiting };
    if (outcome === 'done') log.info(books, 'pulled');
    else
      log.warn(
        { ...books, outcome, problem, failures: failures + 1 },
        `the source ${name} was not read: ${problem}`,
      );
  }

  return { pull };
}

function isDueAt(nextAt: Date, now: Date): boolean {
  return nextAt <= now || nextAt > latestNext(now);
}

export type Puller = ReturnType<typeof createPuller>;

/** What a pull came to, and how long the source is left alone after it, milliseconds. */
function judge(
  { everyMinutes, failures }: Source,
  stopped: PullStopped | SourceChanged | null,
  note: string | null,
): Pick<RunEnd, 'outcome' | 'problem' | 'note' | 'failures'> & { waitMs: number } {
  const everyMs = everyMinutes * 60_000;
  if (stopped === null) return { outcome: 'done', problem: null, note, failures: 0, waitMs: everyMs };
  const failed = { problem: stopped.message, note, failures: failures + 1 };
  if (stopped instanceof SourceChanged)
    return { ...failed, outcome: 'broken off', waitMs: retryMs('later', failed.failures, everyMs) };
  if (stopped.kind === 'more') {
    const more = [note, stopped.message].filter(Boolean).join('; ');
    return { outcome: 'done', problem: null, note: more, failures: 0, waitMs: MORE_AFTER_MS };
  }
  return { ...failed, outcome: stopped.kind, waitMs: retryMs(stopped.kind, failed.failures, everyMs) };
}

/** A source that can't answer is asked again soon; one that needs somebody, seldom. */
function retryMs(kind: 'later' | 'failed', failures: number, everyMs: number): number {
  const doubled = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
  return kind === 'later' ? doubled : Math.min(LAST_RETRY_MS, Math.max(everyMs, doubled));
}

function pullKind(run: PullRun, settings: SourceSettings): Promise<void> {
  switch (settings.kind) {
    case 'arxiv':
      return pullArxiv(run, settings);
    case 'huggingface':
      return pullHuggingFace(run, settings);
    case 'oai':
      return pullOai(run, settings);
    case 'feed':
      return pullFeed(run, settings);
  }
}
