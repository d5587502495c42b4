import type { Clock } from '../platform/clock.js';
import { messageOf } from '../platform/errors.js';
import { findStrays } from './audit.js';
import type { GraphFileReport } from './graph-file.js';
import type { HnswIndex } from './hnsw.js';
import {
  type IndexOperations,
  type IndexRequest,
  type IndexStats,
  type Operation,
  packHits,
  type SavedSnapshot,
  serializeError,
  type WorkerMessage,
  type WorkerSettings,
} from './index-protocol.js';
import { createLiveIndex, type LiveIndex } from './live-index.js';
import { loadSnapshot, removeSnapshots, writeSnapshot } from './snapshot.js';

/** A search waits at most this long for changes or building under way: about ten times its own duration. */
const SLICE_MS = 5;

type SearchRequest = Extract<IndexRequest, { op: 'search' }>;
type ApplyRequest = Extract<IndexRequest, { op: 'apply' }>;
type Job = Exclude<IndexRequest, { op: 'search' }>;

export interface EngineDeps {
  settings: WorkerSettings;
  clock: Clock;
  post(message: WorkerMessage): void;
  /** Called once `close` was answered. */
  onClosed(): void;
}

/**
 * The index and the order of work on it. Everything on the addon is synchronous, so one turn of the event loop
 * does: all waiting searches, then one slice of changes or of building. Other requests run one after the other
 * in the order of arrival; while one of them waits for files, searches go on and changes don't.
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
  const jobs: Job[] = [];
  let applied = 0;
  let busy = false;
  let closing = false;
  let scheduled = false;
  let buildsNext = false;
  let auditRun = 0;
  let saveDue = false;
  /** A call's changes are in the index in part: it holds more than its watermark says. */
  let midCall = false;

  const stats = (): IndexStats => ({
    kind: index.kind,
    building: index.isBuilding,
    live: index.live,
    dead: index.dead,
    strays: index.strays,
    watermark,
    dimension,
    bytes: index.bytes,
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

  function serveSearches(): void {
    for (const request of searches.splice(0)) {
      try {
        reply(request, packHits(index.search(request.vector, request.k)));
      } catch (error) {
        fail(request, error);
      }
    }
  }

  function applySlice(job: ApplyRequest): void {
    const { labels, rows, vectors } = job.changes;
    midCall = true;
    const deadline = performance.now() + SLICE_MS;
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

  function buildSlice(): void {
    const from = index.kind;
    if (!index.buildStep(SLICE_MS)) return;
    version++;
    log('info', from === 'exact' ? 'vector index: the graph is in service' : 'vector index: rebuilt', {
      live: index.live,
    });
    post({ type: 'stats', stats: stats() });
    // A restart would have to build it again, and the audit needs the file.
    saveDue = true;
  }

  async function save(): Promise<SavedSnapshot | null> {
    const graph = index.completeGraph;
    if (graph === null) return null;
    if (saved?.version === version) return saved.snapshot;
    const started = performance.now();
    const { manifest, report } = await writeSnapshot(target, { graph, watermark, clock });
    const { file, size: bytes, count, dead } = manifest;
    saved = { version, snapshot: { file, bytes, count, dead, watermark } };
    void audit(graph, report);
    log('info', 'vector index: snapshot written', {
      file,
      bytes,
      count,
      dead,
      watermark: String(watermark),
      ms: Math.round(performance.now() - started),
    });
    return saved.snapshot;
  }

  /** In the background, because it may be long: searches and changes go on. */
  async function audit(graph: HnswIndex, report: GraphFileReport): Promise<void> {
    const run = ++auditRun;
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
    const { graph, report, manifest, source } = loaded;
    index = createLiveIndex({ dimension, exactLimit, exactCeiling, graph });
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
    index = emptyIndex();
    watermark = 0n;
    version++;
    saved = null;
    auditRun++;
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

  function workOnce(): void {
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
    if (canBuild() && (buildsNext || !canApply)) {
      buildsNext = false;
      buildSlice();
    } else if (canApply) {
      buildsNext = true;
      applySlice(job);
    }
  }

  const hasWork = (): boolean =>
    searches.length > 0 || (!busy && (jobs.length > 0 || canSave() || canBuild()));

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      serveSearches();
      if (!busy) workOnce();
      if (hasWork()) schedule();
    });
  }

  return {
    handle(request: IndexRequest): void {
      if (request.op === 'search') searches.push(request);
      else jobs.push(request);
      if (request.op === 'close') closing = true;
      schedule();
    },
  };
}
