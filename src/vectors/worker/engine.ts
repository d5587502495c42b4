import type { Clock } from '../../platform/clock.js';
import { collectGarbage } from '../../platform/collect-garbage.js';
import { serializeError } from '../../platform/error-transfer.js';
import { messageOf } from '../../platform/errors.js';
import type { Steps } from '../copies/copy-search.js';
import { findStrays } from '../graph/audit.js';
import type { GraphFileReport } from '../graph/graph-file.js';
import type { HnswIndex } from '../graph/hnsw.js';
import { loadSnapshot, removeSnapshots, writeSnapshot } from '../graph/snapshot.js';
import { createLiveIndex, type LiveIndex } from '../live-index.js';
import type { Hit, SavedSnapshot } from '../ports.js';
import {
  type IndexOperations,
  type IndexRequest,
  type Operation,
  packHits,
  type ThreadStats,
  type WorkerMessage,
  type WorkerSettings,
} from './protocol.js';

/**
 * Changes and building get at least this much of a turn: one addition to a large graph, which is what a search
 * waits for. Where searches fill the turns they get half as much as these, so that they come to an end.
 */
const MIN_SLICE_MS = 1;
const MAX_SLICE_MS = 5;
const SLICE_SHARE = 0.5;

/** Searches that were begun in a turn after this much of it make the others wait for the next. */
const SEARCH_TURN_MS = 8;

/** Slices of changes to one of building: what came in is to be complete soon, and faster with the graph later. */
const CHANGES_BEFORE_BUILDING = 8;

type SearchRequest = Extract<IndexRequest, { op: 'search' }>;
type ApplyRequest = Extract<IndexRequest, { op: 'apply' }>;
type Job = Exclude<IndexRequest, { op: 'search' | 'vectors' | 'scores' | 'hurry' }>;

export interface EngineDeps {
  settings: WorkerSettings;
  clock: Clock;
  post(message: WorkerMessage): void;
  /** Called once `close` was answered. */
  onClosed(): void;
}

/** A search that was begun. */
interface RunningSearch {
  request: SearchRequest;
  steps: Steps<Hit[]>;
  /** What it took so far. */
  ms: number;
}

/**
 * The index and the order of work on it. One turn of the event loop does: the waiting searches, a step of the
 * oldest of those that take longer, then one slice of changes or of building. Other requests run one after the
 * other in the order of arrival; while one of them waits for files, searches go on and changes don't.
 */
export function createIndexEngine({ settings, clock, post, onClosed }: EngineDeps) {
  const { dimension, exactLimit, exactCeiling, dir, modelId } = settings;
  const target = { dir, model: modelId, dimension };
  const emptyIndex = (): LiveIndex => createLiveIndex({ dimension, exactLimit, exactCeiling });

  let index = emptyIndex();
  let watermark = 0n;
  /** Counts effective changes, to tell whether the last snapshot is still the present state. */
  let version = 0;
  let saved: { version: number; snapshot: SavedSnapshot } | null = null;

  const searches: SearchRequest[] = [];
  const paused: RunningSearch[] = [];
  const jobs: Job[] = [];
  let applied = 0;
  let busy = false;
  let closing = false;
  let stopped = false;
  let scheduled = false;
  /** Slices of changes since the last one of building. */
  let changesInARow = 0;
  let auditRun = 0;
  let saveDue = false;
  /** A call's changes are in the index in part: it holds more than its watermark says. */
  let midCall = false;

  const stats = (): ThreadStats => ({
    kind: index.kind,
    building: index.isBuilding,
    built: index.progress.built,
    buildTotal: index.progress.total,
    live: index.live,
    dead: index.dead,
    strays: index.strays,
    watermark,
    dimension,
    bytes: index.bytes,
    copyBytes: index.copyBytes,
  });

  const log = (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Record<string, unknown> = {},
  ): void => post({ type: 'log', level, message, fields });

  const reply = <Op extends Operation>(
    request: { id: number; op: Op },
    value: IndexOperations[Op]['reply'],
  ): void => post({ type: 'reply', id: request.id, value, stats: stats() });

  const fail = (request: IndexRequest, error: unknown): void =>
    post({ type: 'failure', id: request.id, error: serializeError(error), stats: stats() });

  /** Takes a search one step further: mostly to its end, of which it says whether it was reached. */
  function advance(search: RunningSearch): boolean {
    const started = performance.now();
    try {
      const step = search.steps.next();
      search.ms += performance.now() - started;
      if (step.done === true) reply(search.request, packHits(step.value, search.ms));
      return step.done === true;
    } catch (error) {
      fail(search.request, error);
      return true;
    }
  }

  /** Gives back the time that it took. */
  function serveSearches(): number {
    const started = performance.now();
    const spent = (): number => performance.now() - started;
    const oldest = paused.shift();
    while (searches.length > 0 && spent() < SEARCH_TURN_MS) {
      const request = searches.shift()!;
      const { vector, k, within } = request;
      const search = { request, steps: index.searchSteps(vector, k, within), ms: 0 };
      if (!advance(search)) paused.push(search);
    }
    if (oldest !== undefined && !advance(oldest)) paused.unshift(oldest);
    return spent();
  }

  function applySlice(job: ApplyRequest, budgetMs: number): void {
    const { labels, rows, vectors } = job.changes;
    midCall = true;
    const deadline = performance.now() + budgetMs;
    // The client has checked every change: an error here ends the thread, whose graph nobody should trust then.
    while (applied < labels.length && !(index.isFull && !closing)) {
      const label = labels[applied]!;
      const row = rows[applied]! - 1;
      const changed =
        row < 0
          ? index.retire(label)
          : index.add(label, vectors.subarray(row * dimension, (row + 1) * dimension));
      if (changed) version++;
      applied++;
      if (performance.now() >= deadline) break;
    }
    if (applied < labels.length) return;
    jobs.shift();
    applied = 0;
    midCall = job.watermark === null;
    if (job.watermark !== null && job.watermark > watermark) watermark = job.watermark;
    reply(job, null);
  }

  function buildSlice(budgetMs: number): void {
    const isRebuild = index.kind === 'hnsw';
    if (!index.buildStep(budgetMs)) return;
    version++;
    // An audit under way is of the graph before.
    auditRun++;
    log('info', isRebuild ? 'vector index: rebuilt' : 'vector index: the graph is in service', {
      live: index.live,
    });
    post({ type: 'built', isRebuild });
    post({ type: 'stats', stats: stats() });
    // A restart would have to build it again, and the audit needs the file.
    saveDue = true;
  }

  async function save(): Promise<SavedSnapshot | null> {
    const graph = index.completeGraph;
    if (graph === null) return null;
    if (saved?.version === version) return saved.snapshot;
    const started = performance.now();
    const { manifest, report } = await writeSnapshot(target, { graph, watermark, clock }).catch((error) => {
      post({ type: 'snapshot', ms: performance.now() - started, bytes: null });
      throw error;
    });
    const { file, size: bytes, count, dead } = manifest;
    saved = { version, snapshot: { file, bytes, count, dead, watermark } };
    void audit(graph, report);
    const ms = performance.now() - started;
    post({ type: 'snapshot', ms, bytes });
    log('info', 'vector index: snapshot written', {
      file,
      bytes,
      count,
      dead,
      watermark: String(watermark),
      ms: Math.round(ms),
    });
    return saved.snapshot;
  }

  /** In the background, because it may be long: searches and changes go on. */
  async function audit(graph: HnswIndex, report: GraphFileReport): Promise<void> {
    const run = ++auditRun;
    await setStrays(graph, report, run);
    // The report is garbage now, and after a build so are all vectors that are in the graph.
    if (run === auditRun && !closing) setImmediate(collectGarbage);
  }

  async function setStrays(graph: HnswIndex, report: GraphFileReport, run: number): Promise<void> {
    const strays = await findStrays(graph, report, () => closing || run !== auditRun);
    if (strays === null) return;
    index.setStrays(strays);
    if (strays.size > 0)
      log('info', 'vector index: nodes that the graph misses are kept beside it', { strays: strays.size });
    post({ type: 'stats', stats: stats() });
  }

  async function saveOrLog(): Promise<void> {
    await save().catch((error) => log('error', messageOf(error)));
  }

  async function open(): Promise<IndexOperations['open']['reply']> {
    const started = performance.now();
    const { loaded, problems } = await loadSnapshot(target);
    for (const problem of problems) log('warn', problem);
    if (loaded === null) {
      index = emptyIndex();
      watermark = 0n;
      return { watermark, size: 0, source: 'empty', kind: index.kind };
    }
    const { graph, copies, report, manifest, source } = loaded;
    index = createLiveIndex({ dimension, exactLimit, exactCeiling, loaded: { graph, copies } });
    void audit(graph, report);
    watermark = loaded.watermark;
    const { file, size: bytes, count, dead } = manifest;
    saved = { version, snapshot: { file, bytes, count, dead, watermark } };
    log('info', 'vector index: snapshot loaded', {
      file,
      live: index.live,
      dead,
      ms: Math.round(performance.now() - started),
    });
    return { watermark, size: index.live, source, kind: index.kind };
  }

  async function reset(): Promise<null> {
    auditRun++;
    index.dispose();
    index = emptyIndex();
    watermark = 0n;
    version++;
    saved = null;
    await removeSnapshots(dir);
    return null;
  }

  async function runJob(job: Exclude<Job, ApplyRequest>): Promise<void> {
    try {
      if (job.op === 'open') reply(job, await open());
      else if (job.op === 'save') reply(job, await save());
      else if (job.op === 'reset') reply(job, await reset());
      else {
        if (job.save) await saveOrLog();
        reply(job, null);
        onClosed();
      }
    } catch (error) {
      fail(job, error);
    }
  }

  /** Runs `work` while changes and building pause. */
  async function exclusively(work: () => Promise<void>): Promise<void> {
    busy = true;
    await work();
    busy = false;
    schedule();
  }

  const canSave = (): boolean => saveDue && !midCall && !closing;
  const canBuild = (): boolean => index.isBuilding && !closing;

  function workOnce(budgetMs: number): void {
    if (canSave()) {
      saveDue = false;
      void exclusively(saveOrLog);
      return;
    }
    const job = jobs[0];
    if (job !== undefined && job.op !== 'apply') {
      jobs.shift();
      void exclusively(() => runJob(job));
      return;
    }
    const canApply = job !== undefined && (closing || !index.isFull);
    if (canBuild() && (changesInARow >= CHANGES_BEFORE_BUILDING || !canApply)) {
      changesInARow = 0;
      buildSlice(budgetMs);
    } else if (canApply) {
      changesInARow++;
      applySlice(job, budgetMs);
    }
  }

  const hasWork = (): boolean =>
    searches.length > 0 || paused.length > 0 || (!busy && (jobs.length > 0 || canSave() || canBuild()));

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      if (stopped) return;
      const spent = serveSearches();
      if (!busy) workOnce(Math.min(MAX_SLICE_MS, Math.max(MIN_SLICE_MS, spent * SLICE_SHARE)));
      if (hasWork()) schedule();
    });
  }

  return {
    handle(request: IndexRequest): void {
      if (request.op === 'close' || request.op === 'hurry') closing = true;
      if (request.op === 'search') searches.push(request);
      else if (request.op === 'hurry') reply(request, null);
      // Look-ups for a search that waits, some microseconds each: they go before all others.
      else if (request.op === 'vectors') reply(request, request.labels.map(index.vectorOf));
      else if (request.op === 'scores') reply(request, index.scoresOf(request.vector, request.labels));
      else jobs.push(request);
      schedule();
    },

    /** Begins nothing more. */
    stop(): void {
      stopped = true;
      auditRun++;
    },
  };
}
