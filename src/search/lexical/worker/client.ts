import { Worker } from 'node:worker_threads';
import { deserializeError } from '../../../platform/error-transfer.js';
import { AppError, messageOf } from '../../../platform/errors.js';
import type { LexicalEngine, LexicalStats } from '../ports.js';
import {
  type LexicalMessage,
  type LexicalOperation,
  type LexicalWorkerSettings,
  type PackedAnswer,
  unpackAnswer,
} from './protocol.js';

/** Searches with the thread at once: at 2 ms each the last is answered after half a second. */
export const MAX_WAITING = 256;

/** A search that takes longer was not worth waiting for. */
export const SEARCH_TIMEOUT_MS = 5_000;

/** Loading, saving and taking a batch in: 10 million papers would take a minute. */
const WORK_TIMEOUT_MS = 5 * 60_000;

const searchOperations: ReadonlySet<LexicalOperation> = new Set([
  'search',
  'subset',
  'ordered',
  'explain',
  'complete',
]);

export interface LexicalClientOptions {
  /** The snapshots' folder; nothing else belongs in it. */
  dir: string;
  /** Told of every answered search: what it took, with and without its waiting. */
  onSearch?: ((ms: number, waitMs: number) => void) | undefined;
  startWorker?: (settings: LexicalWorkerSettings) => Worker;
}

export interface LexicalClient extends LexicalEngine {
  readonly isOpen: boolean;
  /** As of the last answer. */
  stats(): LexicalStats;
  /** Called when the thread ended unasked; `open` starts a new one. */
  onDeath(listener: (error: AppError) => void): void;
}

const startLexicalWorker = (settings: LexicalWorkerSettings): Worker =>
  new Worker(new URL('./worker.js', import.meta.url), { workerData: settings, name: 'word-index' });

interface Pending {
  op: LexicalOperation;
  asked: number;
  resolve(value: unknown): void;
  reject(error: AppError): void;
  timer: NodeJS.Timeout;
}

const emptyStats: LexicalStats = { papers: 0, dead: 0, segments: 0, bytes: 0, watermark: 0n, latest: 0 };

/** The word index of a process, on a thread of its own. Errors besides the engine's: `overloaded`, `index_unavailable`. */
export function createLexicalClient(options: LexicalClientOptions): LexicalClient {
  const { dir, onSearch, startWorker = startLexicalWorker } = options;
  const pending = new Map<number, Pending>();
  let worker: Worker | null = null;
  let isOpen = false;
  let lastId = 0;
  let searching = 0;
  let stats = emptyStats;
  let onDeath: (error: AppError) => void = () => {};

  const unavailable = (why: string): AppError =>
    new AppError('index_unavailable', `the word index ${why}`, { retryAfter: 5 });

  function settle(id: number): Pending | undefined {
    const request = pending.get(id);
    if (!request) return undefined;
    pending.delete(id);
    clearTimeout(request.timer);
    if (searchOperations.has(request.op)) searching--;
    return request;
  }

  function onMessage(message: LexicalMessage): void {
    const request = settle(message.id);
    stats = message.stats;
    if (!request) return;
    const waited = performance.now() - request.asked;
    if (searchOperations.has(request.op)) onSearch?.(waited, waited - message.ms);
    if ('error' in message) request.reject(deserializeError(message.error));
    else
      request.resolve(request.op === 'search' ? unpackAnswer(message.value as PackedAnswer) : message.value);
  }

  function start(): Worker {
    const started = startWorker({ dir });
    let cause: unknown;
    started.on('message', (message: LexicalMessage) => {
      // One that was closed may still have something to say.
      if (worker === started) onMessage(message);
    });
    started.on('error', (error) => {
      cause = error;
    });
    started.on('exit', (code) => {
      if (worker !== started) return;
      worker = null;
      isOpen = false;
      stats = emptyStats;
      const error = unavailable(`stopped (${cause === undefined ? `exit code ${code}` : messageOf(cause)})`);
      for (const id of [...pending.keys()]) settle(id)?.reject(error);
      onDeath(error);
    });
    return started;
  }

  function request<Op extends LexicalOperation>(
    op: Op,
    ...args: Parameters<LexicalEngine[Op]>
  ): ReturnType<LexicalEngine[Op]> {
    const isSearch = searchOperations.has(op);
    const answer = new Promise<unknown>((resolve, reject) => {
      if (worker === null || (!isOpen && op !== 'open')) throw unavailable('is not open');
      if (isSearch && searching >= MAX_WAITING) {
        throw new AppError('overloaded', `${searching} searches by words are waiting already`, {
          retryAfter: 1,
          details: { max: MAX_WAITING },
        });
      }
      const id = ++lastId;
      const ms = isSearch ? SEARCH_TIMEOUT_MS : WORK_TIMEOUT_MS;
      const timer = setTimeout(() => {
        settle(id)?.reject(new AppError('timeout', `no answer within ${ms} ms`, { retryAfter: 1 }));
      }, ms);
      pending.set(id, { op, asked: performance.now(), resolve, reject, timer });
      if (isSearch) searching++;
      worker.postMessage({ id, op, args });
    });
    // The reply with this id is to this request, and the engine gives both one type.
    return answer as ReturnType<LexicalEngine[Op]>;
  }

  return {
    get isOpen() {
      return isOpen;
    },
    stats: () => stats,
    onDeath(listener) {
      onDeath = listener;
    },
    async open() {
      worker ??= start();
      const opened = await request('open');
      isOpen = true;
      return opened;
    },
    search: (query) => request('search', query),
    subset: (conditions, maxKeys) => request('subset', conditions, maxKeys),
    ordered: (query) => request('ordered', query),
    explain: (terms, keys) => request('explain', terms, keys),
    complete: (text, limit) => request('complete', text, limit),
    latest: async () => stats.latest,
    compare: (documents) => request('compare', documents),
    apply: (changes) => request('apply', changes),
    save: () => request('save'),
    reset: () => request('reset'),
    async close() {
      const current = worker;
      if (current === null) return;
      worker = null;
      const exited = new Promise<void>((resolve) => current.once('exit', () => resolve()));
      isOpen = false;
      const error = unavailable('is closed');
      for (const id of [...pending.keys()]) settle(id)?.reject(error);
      // It runs JavaScript alone, so ending it from outside is safe at any moment; a snapshot under way stays a `.tmp`.
      await current.terminate();
      await exited;
    },
  };
}
