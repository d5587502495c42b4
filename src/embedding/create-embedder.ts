import { availableParallelism } from 'node:os';
import { resolve as resolvePath } from 'node:path';
import { AppError } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import type { Lane, QueueLimits } from './batch-queue.js';
import { documentText } from './document-text.js';
import type { DocumentText, Embedder, EmbeddingModel, EmbedOptions } from './embedder.js';
import { embeddingModelOf, type ModelManifest, readManifest, verifyModelFiles } from './manifest.js';
import { startModelThread } from './model-thread.js';
import { type EmbedTask, type PoolStats, WorkerPool } from './pool.js';

/** Each holds the model once (about 140 MB); more than two are the operator's choice. */
export const DEFAULT_WORKERS = 2;
export const MAX_WORKERS = 64;
/** The port's limit for one call. */
export const MAX_DOCUMENTS_PER_CALL = 1_024;
/**
 * A text is cut to this many characters a token before it reaches the tokenizer, which takes 0.7 s for a
 * megabyte. Abstracts have 5 characters a token; past 32 there is only what isn't language.
 */
export const MAX_CHARACTERS_PER_TOKEN = 32;

export const queueLimits: QueueLimits = {
  // Two workers answer 600 short queries or embed 50 to 85 abstracts a second: half a second and 40 of waiting.
  maxWaiting: { query: 256, document: 2 * MAX_DOCUMENTS_PER_CALL },
  // One abstract, or a handful of titles: 10 to 30 ms until the worker could take a query.
  maxBatchTokens: 256,
  maxBatchTexts: 16,
};

export interface EmbedderOptions {
  /** A folder with quire-model.json. */
  modelDir: string;
  /** Worker threads with a model each, 1 to 64; default 2, or 1 on a machine with one core. */
  workers?: number;
  log: Logger;
  /** The module that worker threads run; the model's own unless a test brings another. */
  workerEntry?: URL;
}

/** The embedder of this process, with counters for metrics and benchmarks. */
export interface LocalEmbedder extends Embedder {
  stats(): PoolStats;
}

/** Real abstracts have 5.06 characters a token; 4 errs towards smaller batches. */
function estimateTokens(text: string, maxTokens: number): number {
  return Math.min(maxTokens, Math.ceil(text.length / 4) + 2);
}

interface Call {
  lane: Lane;
  texts: readonly string[];
  maxTokens: number;
  signal: AbortSignal | undefined;
}

const cancelled = () => new AppError('cancelled', 'The embedding was cancelled by its caller.');

/** One promise over the tasks of one call: all vectors in order, or the first failure and the rest withdrawn. */
function submitCall(pool: WorkerPool, { lane, texts, maxTokens, signal }: Call): Promise<Float32Array[]> {
  if (signal?.aborted) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    const vectors: Float32Array[] = new Array(texts.length);
    let missing = texts.length;
    const end = () => signal?.removeEventListener('abort', onAbort);
    const failAll = (error: AppError) => {
      end();
      pool.cancel(tasks);
      reject(error);
    };
    const onAbort = () => failAll(cancelled());
    const tasks = texts.map((whole, index): EmbedTask => {
      const text = whole.slice(0, maxTokens * MAX_CHARACTERS_PER_TOKEN);
      return {
        lane,
        text,
        tokens: estimateTokens(text, maxTokens),
        done(vector) {
          vectors[index] = vector;
          missing -= 1;
          if (missing > 0) return;
          end();
          resolve(vectors);
        },
        fail: failAll,
        refuse(reason) {
          const which =
            lane === 'query' ? 'The query' : `Document ${index} of ${texts.length} (counted from 0)`;
          const details = lane === 'query' ? {} : { index };
          failAll(
            new AppError('model_unavailable', `${which} could not be embedded: ${reason}`, { details }),
          );
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
  const { log, workerEntry } = options;
  const modelDir = resolvePath(options.modelDir);
  const workers = checkWorkers(options.workers ?? Math.min(DEFAULT_WORKERS, availableParallelism()));
  const manifest = await readManifest(modelDir);
  const pool = new WorkerPool({
    spawn: () => startModelThread({ modelDir, manifest, ...(workerEntry ? { entry: workerEntry } : {}) }),
    prepare: () => verifyModelFiles(modelDir, manifest),
    workers,
    queue: queueLimits,
    log,
  });
  return embedderOver(pool, manifest);
}

function embedderOver(pool: WorkerPool, manifest: ModelManifest): LocalEmbedder {
  const model: EmbeddingModel = embeddingModelOf(manifest);
  const { prefixes, documentTemplate, maxTokens } = manifest;
  return {
    model,
    warm: () => pool.warm(),
    get isWarm() {
      return pool.isWarm;
    },
    async embedQuery(text: string, { signal }: EmbedOptions = {}) {
      const texts = [prefixes.query + text];
      const [vector] = await submitCall(pool, { lane: 'query', texts, maxTokens, signal });
      return vector!;
    },
    async embedDocuments(documents: readonly DocumentText[], { signal }: EmbedOptions = {}) {
      if (documents.length > MAX_DOCUMENTS_PER_CALL) {
        const message = `At most ${MAX_DOCUMENTS_PER_CALL} documents can be embedded in one call, not ${documents.length}.`;
        throw new AppError('invalid_input', message);
      }
      if (documents.length === 0) return [];
      const texts = documents.map(
        ({ title, abstract }) => prefixes.document + documentText(title, abstract, documentTemplate),
      );
      return submitCall(pool, { lane: 'document', texts, maxTokens, signal });
    },
    stats: () => pool.stats(),
    close: () => pool.close(),
  };
}
