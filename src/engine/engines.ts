import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import type { Engine, EngineAccess } from './engine.js';
import type { EngineState, EngineStore, KnownModel } from './engine-store.js';
import { type IndexPart, removeOldIndexes } from './index-part.js';
import type { ModelPart } from './model-part.js';

/** Between two looks at what is wanted; a hint looks at once. One row is read. */
const POLL_MS = 1_000;

/** While a model or an index is being made ready: how soon its completion is seen, and how fresh progress is. */
const PROGRESS_POLL_MS = 500;

/** … and this many times what counting the papers takes, 60 ms at 100,000. */
const COUNT_SHARE = 20;

/** After a failure (a model that can't be loaded, say). */
const RETRY_MS = 10_000;

/**
 * Share of the papers that the new model may refuse beyond those that the present one refuses: a few odd texts are
 * no reason to stay, a model that is broken is.
 */
const NEW_REFUSALS = 0.01;

/** The rate behind "time left": over the last samples, some 30 s. */
const RATE_SAMPLES = 60;

export interface SwitchProgress {
  /** The model that will answer; the present one where only the index is being built anew. */
  model: string;
  /** Papers with a vector of that model. */
  done: number;
  total: number;
  /** null while the rate isn't known. */
  secondsLeft: number | null;
  /** Why it doesn't go on, until it does. */
  error: string | null;
}

export interface EnginesDeps {
  store: EngineStore;
  /** Opens a known model's files. @throws AppError model_invalid, model_unavailable */
  openModel: (model: KnownModel) => Promise<ModelPart>;
  openIndex: (model: ModelPart, generation: number) => IndexPart;
  countPapers: () => Promise<number>;
  indexDir: string;
  log: Logger;
}

/** A model and an index that belong together. */
interface Pair {
  model: ModelPart;
  index: IndexPart;
  epoch: number;
  /** Pieces of work that use it now. */
  users: number;
  onUnused: (() => void) | null;
}

interface Candidate {
  pair: Pair;
  samples: { at: number; waiting: number }[];
  progress: SwitchProgress;
}

/**
 * The engine that answers, and the one that is to take over. The database says which model and which
 * generation of its index are wanted; where that is not what serves, the wanted one is made ready in the
 * background while the old one goes on, and takes over when it holds every paper.
 */
export function createEngines(
  first: { model: ModelPart; state: EngineState; generation: number },
  deps: EnginesDeps,
) {
  const { store, openModel, openIndex, countPapers, indexDir, log } = deps;
  const closing = new AbortController();
  let serving: Pair = pairOf(first.model, openIndex(first.model, first.generation), first.state.epoch);
  let candidate: Candidate | null = null;
  let failure: { model: string; error: string } | null = null;
  let countMs = 0;
  let wake = new AbortController();
  let running: Promise<void> | null = null;
  const retiring = new Set<Promise<void>>();

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const woken = wake.signal;
      let wait = POLL_MS;
      try {
        await step();
        failure = null;
        if (candidate !== null) wait = Math.max(PROGRESS_POLL_MS, countMs * COUNT_SHARE);
      } catch (error) {
        if (closing.signal.aborted) return;
        failure = { model: failure?.model ?? serving.model.id, error: messageOf(error) };
        log.error({ err: error, retryInMs: RETRY_MS }, 'the engine could not follow the database');
        wait = RETRY_MS;
      }
      const signal = AbortSignal.any([closing.signal, woken]);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  async function step(): Promise<void> {
    const state = await store.get();
    const wanted = await store.findModel(state.targetModel ?? state.activeModel);
    if (wanted === null || closing.signal.aborted) return;
    if (isPair(serving, wanted)) {
      serving.epoch = state.epoch;
      await drop();
      return;
    }
    if (candidate === null || !isPair(candidate.pair, wanted)) await prepare(wanted, state);
    if (candidate !== null && (await isComplete(candidate))) await takeOver(candidate.pair, state);
  }

  async function prepare(wanted: KnownModel, state: EngineState): Promise<void> {
    await drop();
    failure = { model: wanted.id, error: '' };
    const isSame = wanted.id === serving.model.id;
    const model = isSame ? serving.model : await openModel(wanted);
    const pair = pairOf(model, openIndex(model, wanted.generation), state.epoch);
    const progress = { model: wanted.id, done: 0, total: 0, secondsLeft: null, error: null };
    candidate = { pair, samples: [], progress };
    pair.index.indexer.start();
    if (!isSame) {
      // People wait for new papers in the model that answers: here everything is a backfill.
      model.backlog.start(['backfill']);
      model.load();
    }
    log.info({ model: wanted.id, generation: wanted.generation }, 'another engine is being made ready');
  }

  async function isComplete({ pair, samples, progress }: Candidate): Promise<boolean> {
    const started = performance.now();
    const [{ waiting, failed }, total] = await Promise.all([pair.model.pending.count(), countPapers()]);
    countMs = performance.now() - started;
    samples.push({ at: performance.now(), waiting });
    if (samples.length > RATE_SAMPLES) samples.shift();
    const status = pair.index.indexer.status();
    const backlog = pair.model.backlog.status();
    progress.done = total - waiting;
    progress.total = total;
    progress.secondsLeft = timeLeft(samples);
    progress.error = pair.model.loadError ?? backlog.error ?? status.error ?? null;
    if (waiting === 0 && failed > 0) {
      const { failed: present } = await serving.model.pending.count();
      if (failed - present > total * NEW_REFUSALS) {
        const callOff = `\`quire model use ${serving.model.id}\` calls the switch off`;
        progress.error = `it refuses ${failed} of ${total} texts, the model that answers ${present}; ${callOff}`;
        return false;
      }
    }
    if (waiting > 0 || !pair.model.embedder.isWarm || !status.covered) return false;
    // Asked last: every vector that made `waiting` zero is at or before the head.
    return BigInt(status.watermark) >= (await pair.model.embeddings.head());
  }

  async function takeOver(next: Pair, state: EngineState): Promise<void> {
    let { epoch } = state;
    if (state.targetModel === next.model.id) {
      const switched = await store.switchTo(next.model.id);
      // Somebody wants something else by now: the next look sees what.
      if (switched === null) return;
      epoch = switched.epoch;
    }
    next.epoch = epoch;
    const old = serving;
    serving = next;
    candidate = null;
    log.info({ model: next.model.id, epoch }, 'another engine answers from now on');
    if (old.model !== next.model) next.model.backlog.also('fresh');
    retire(old);
  }

  /** Closes a pair when its last user is done; parts that go on in the serving pair stay. */
  function retire(pair: Pair): void {
    const closed = (async () => {
      if (pair.users > 0) await new Promise<void>((resolve) => (pair.onUnused = resolve));
      await pair.index.close();
      if (pair.model !== serving.model) await pair.model.close();
      await removeOldIndexes(indexDir, await store.listModels());
    })().catch((error: unknown) => log.error({ err: error }, 'the former engine did not close'));
    retiring.add(closed);
    void closed.finally(() => retiring.delete(closed));
  }

  async function drop(): Promise<void> {
    if (candidate === null) return;
    const { pair } = candidate;
    candidate = null;
    await pair.index.close();
    if (pair.model !== serving.model) await pair.model.close();
  }

  return {
    /** Begins to embed, index and follow; returns at once. Troubles show in the statuses, never as a rejection. */
    start(): void {
      serving.model.load();
      serving.index.indexer.start();
      serving.model.backlog.start();
      running ??= run();
    },

    /** Something came in, or another engine is wanted: look now. */
    hint(): void {
      serving.model.backlog.hint();
      candidate?.pair.model.backlog.hint();
      wake.abort();
      wake = new AbortController();
    },

    /** Vectors were stored, perhaps by another process. */
    hintIndex(): void {
      serving.index.indexer.hint();
      candidate?.pair.index.indexer.hint();
    },

    /** The parts that answer now; of no use beyond one turn of the event loop, use `with` for work. */
    get serving(): { readonly model: ModelPart; readonly index: IndexPart; readonly epoch: number } {
      return serving;
    },

    /** What is being made ready, or can't be; null where what serves is what is wanted. */
    progress(): SwitchProgress | null {
      if (candidate !== null) return candidate.progress;
      if (failure === null || failure.error === '') return null;
      return { ...failure, done: 0, total: 0, secondsLeft: null };
    },

    async with<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
      const pair = serving;
      pair.users += 1;
      try {
        return await work(engineOf(pair));
      } finally {
        pair.users -= 1;
        if (pair.users === 0) pair.onUnused?.();
      }
    },

    /** Drains everything; callable once. */
    async close(): Promise<void> {
      closing.abort();
      await running;
      await drop();
      await serving.model.backlog.close();
      await serving.index.close();
      await serving.model.close();
      await Promise.all(retiring);
    },
  } satisfies EngineAccess & Record<string, unknown>;
}

export type Engines = ReturnType<typeof createEngines>;

function pairOf(model: ModelPart, index: IndexPart, epoch: number): Pair {
  return { model, index, epoch, users: 0, onUnused: null };
}

function isPair({ model, index }: Pair, wanted: KnownModel): boolean {
  return model.id === wanted.id && index.generation === wanted.generation;
}

function engineOf({ model, index, epoch }: Pair): Engine {
  return {
    modelId: model.id,
    epoch,
    embedder: model.embedder,
    embeddings: model.embeddings,
    vectors: index.searcher,
    labels: index.labels,
  };
}

/** Seconds until nothing waits, at the pace of the samples; null where they show none. */
function timeLeft(samples: readonly { at: number; waiting: number }[]): number | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.waiting === 0) return last?.waiting === 0 ? 0 : null;
  const settled = first.waiting - last.waiting;
  if (settled <= 0 || last.at === first.at) return null;
  return Math.ceil((last.waiting * (last.at - first.at)) / settled / 1_000);
}
