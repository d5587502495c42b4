import { availableParallelism } from 'node:os';
import { resolve as resolvePath } from 'node:path';
import { AppError } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import { documentText } from './document-text.js';
import type {
  DocumentOutcome,
  DocumentText,
  EmbedDocumentsOptions,
  Embedder,
  EmbeddingModel,
  EmbedOptions,
} from './embedder.js';
import { embeddingModelOf, type ModelManifest, readManifest, verifyModelFiles } from './model/manifest.js';
import type { PoolStats, RunReport } from './pool/counters.js';
import type { EmbedTask } from './pool/open-texts.js';
import { WorkerPool } from './pool/pool.js';
import type { Lane } from './pool/text-queue.js';
import { startModelThread } from './pool/thread.js';
import { createQueryCache, normaliseQuery, type QueryCacheStats } from './query-cache.js';

/** Each holds the model once (about 100 MB), and one ONNX thread keeps one core busy. */
export const DEFAULT_WORKERS = availableParallelism();
export const MAX_WORKERS = 64;
/** The port's limit for one call. */
export const MAX_DOCUMENTS_PER_CALL = 1_024;
/**
 * A text is cut to this many characters a token before it reaches the tokenizer, which takes 0.7 s for a
 * megabyte. Abstracts have 5 characters a token; past 32 there is only what isn't language.
 */
export const MAX_CHARACTERS_PER_TOKEN = 32;

/**
 * Texts taken in and not answered yet. Two workers answer 600 short queries or embed 50 to 85 abstracts a
 * second: half a second and 40 of waiting.
 */
export const maxOpen: Readonly<Record<Lane, number>> = {
  query: 256,
  fresh: 2 * MAX_DOCUMENTS_PER_CALL,
  backfill: 2 * MAX_DOCUMENTS_PER_CALL,
};

export interface EmbedderOptions {
  /** A folder with quire-model.json. */
  modelDir: string;
  /** Worker threads with a model each, 1 to 64; default one a core. */
  workers?: number;
  log: Logger;
  /** Told of every run that gave a vector. */
  onRun?: (report: RunReport) => void;
  /** Milliseconds after which a run or a load that hasn't ended is given up; default 60,000. */
  runTimeoutMs?: number;
  /** The module that worker threads run; the model's own unless a test brings another. */
  workerEntry?: URL;
}

export interface EmbedderStats extends PoolStats {
  /** Queries answered from memory, and not. */
  cache: QueryCacheStats;
}

/** The embedder of this process: with counters for metrics and benchmarks, and of changeable size. */
export interface LocalEmbedder extends Embedder {
  stats(): EmbedderStats;
  /** Worker threads from now on, 1 to 64. One that is too many ends after its texts. @throws AppError invalid_config */
  resize(workers: number): void;
}

/** Real abstracts have 5.06 characters a token. Only the order of lengths matters. */
function estimateTokens(text: string, maxTokens: number): number {
  return Math.min(maxTokens, Math.ceil(text.length / 5) + 2);
}

interface Call {
  lane: Lane;
  texts: readonly string[];
  maxTokens: number;
  signal: AbortSignal | undefined;
  /** A text can't be embedded: an error ends the call, null lets the others go on. */
  onRefused: (index: number, reason: string) => AppError | null;
}

const cancelled = () => new AppError('cancelled', 'The embedding was cancelled by its caller.');

/** One promise over the tasks of one call: all outcomes in order, or the first error and the rest withdrawn. */
function submitCall(pool: WorkerPool, call: Call): Promise<DocumentOutcome[]> {
  const { lane, texts, maxTokens, signal, onRefused } = call;
  if (signal?.aborted) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    const outcomes: DocumentOutcome[] = new Array(texts.length);
    let missing = texts.length;
    const end = () => signal?.removeEventListener('abort', onAbort);
    const failAll = (error: AppError) => {
      end();
      pool.cancel(tasks);
      reject(error);
    };
    const onAbort = () => failAll(cancelled());
    const settle = (index: number, outcome: DocumentOutcome) => {
      outcomes[index] = outcome;
      missing -= 1;
      if (missing > 0) return;
      end();
      resolve(outcomes);
    };
    const tasks = texts.map((text, index): EmbedTask => {
      return {
        lane,
        text,
        tokens: estimateTokens(text, maxTokens),
        done: (vector) => settle(index, { vector }),
        fail: failAll,
        refuse(reason) {
          const error = onRefused(index, reason);
          if (error === null) settle(index, { refused: reason });
          else failAll(error);
        },
      };
    });
    try {
      pool.submit(lane, tasks);
      signal?.addEventListener('abort', onAbort, { once: true });
    } catch (error) {
      reject(error);
    }
  });
}

const refusal = (what: string, reason: string, details = {}) =>
  new AppError('model_unavailable', `${what} could not be embedded: ${reason}`, { details });

/** For calls in which the first text that can't be embedded has ended the call. */
function vectorOf(outcome: DocumentOutcome | undefined): Float32Array {
  if (outcome === undefined || 'refused' in outcome) throw new AppError('internal', 'A vector is missing.');
  return outcome.vector;
}

function checkWorkers(workers: number): number {
  if (Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS) return workers;
  throw new AppError(
    'invalid_config',
    `Embedding workers must be a whole number from 1 to ${MAX_WORKERS}, not ${workers}.`,
  );
}

/**
 * An embedder over the model in a folder, in worker threads of this process. Reads the manifest and checks
 * the files' sizes now; the model itself is loaded, its sums checked, by `warm` or the first text.
 * Close it: its threads keep the process alive.
 * @throws AppError model_invalid, invalid_config
 */
export async function createEmbedder(options: EmbedderOptions): Promise<LocalEmbedder> {
  const { log, workerEntry, onRun, runTimeoutMs } = options;
  const modelDir = resolvePath(options.modelDir);
  const workers = checkWorkers(options.workers ?? Math.min(DEFAULT_WORKERS, MAX_WORKERS));
  const manifest = await readManifest(modelDir);
  const pool = new WorkerPool({
    spawn: () => startModelThread({ modelDir, manifest, ...(workerEntry ? { entry: workerEntry } : {}) }),
    prepare: () => verifyModelFiles(modelDir, manifest),
    dimension: manifest.dimension,
    workers,
    maxOpen,
    log,
    onRun,
    runTimeoutMs,
  });
  return {
    ...callsOver(pool, manifest),
    warm: () => pool.warm(),
    get isWarm() {
      return pool.isWarm;
    },
    resize: (workers) => pool.resize(checkWorkers(workers)),
    close: () => pool.close(),
  };
}

function callsOver(pool: WorkerPool, manifest: ModelManifest) {
  const model: EmbeddingModel = embeddingModelOf(manifest);
  const { prefixes, documentTemplate, maxTokens } = manifest;
  const cache = createQueryCache();
  const cut = (text: string): string => text.slice(0, maxTokens * MAX_CHARACTERS_PER_TOKEN);

  async function embedQuery(text: string, { signal }: EmbedOptions = {}): Promise<Float32Array> {
    const query = normaliseQuery(cut(text));
    if (!pool.isClosing && !signal?.aborted) {
      const known = cache.get(model.id, query);
      if (known !== null) return known;
    }
    const onRefused = (_: number, reason: string) => refusal('The query', reason);
    const texts = [cut(prefixes.query + query)];
    const [outcome] = await submitCall(pool, { lane: 'query', texts, maxTokens, signal, onRefused });
    const vector = vectorOf(outcome);
    cache.put(model.id, query, vector);
    return vector;
  }

  async function documents(
    all: readonly DocumentText[],
    { signal, lane = 'fresh' }: EmbedDocumentsOptions,
    onRefused: Call['onRefused'],
  ): Promise<DocumentOutcome[]> {
    if (all.length > MAX_DOCUMENTS_PER_CALL) {
      const message = `At most ${MAX_DOCUMENTS_PER_CALL} documents can be embedded in one call, not ${all.length}.`;
      throw new AppError('invalid_input', message);
    }
    if (all.length === 0) return [];
    const texts = all.map(({ title, abstract }) =>
      cut(prefixes.document + documentText(title, abstract, documentTemplate)),
    );
    return submitCall(pool, { lane, texts, maxTokens, signal, onRefused });
  }

  return {
    model,
    embedQuery,
    async embedDocuments(all: readonly DocumentText[], options: EmbedDocumentsOptions = {}) {
      const outcomes = await documents(all, options, (index, reason) =>
        refusal(`Document ${index} of ${all.length} (counted from 0)`, reason, { index }),
      );
      return outcomes.map(vectorOf);
    },
    tryDocuments: (all: readonly DocumentText[], options: EmbedDocumentsOptions = {}) =>
      documents(all, options, () => null),
    stats: (): EmbedderStats => ({ ...pool.stats(), cache: cache.stats() }),
  };
}
