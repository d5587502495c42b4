import { Worker } from 'node:worker_threads';
import { deserializeError } from '../../platform/error-transfer.js';
import { AppError, messageOf } from '../../platform/errors.js';
import { openGate } from '../../platform/native-gate.js';
import type { IndexOperations, Operation, WorkerMessage, WorkerSettings } from './protocol.js';

/*
 * Ending the thread from outside aborts the process if it strikes while the addon works (1 of 24 tries). So it is
 * told to end and drains, and a process that ends by itself waits for the addon (native-gate.ts); the two time-outs
 * below are for a thread that hangs, where nothing better is left.
 */

/** A request that takes longer than any real one: 10 million vectors load and save in well under this. */
const REQUEST_TIMEOUT_MS = 10 * 60_000;

/** How long the thread may take to end after it answered `close`. */
const EXIT_TIMEOUT_MS = 10_000;

export type StartWorker = (settings: WorkerSettings) => Worker;

/** For short-lived objects: without a bound they get 48 MB, and these are mostly the arrays of a search or two. */
const YOUNG_GENERATION_MB = 2;

export const startIndexWorker: StartWorker = (settings) =>
  new Worker(new URL('./worker.js', import.meta.url), {
    workerData: settings,
    name: 'vector-index',
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });

export interface ChannelEvents {
  /** Every message that is not a failure: replies carry fresh statistics. */
  onMessage(message: WorkerMessage): void;
  /** Once, when the thread ended without having been told to; pending requests were rejected before. */
  onDeath(error: AppError): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: AppError): void;
  timer: NodeJS.Timeout;
}

/** Requests and replies over one worker thread, from its start to its end; a new thread takes a new channel. */
export function createWorkerChannel(
  { start, settings }: { start: StartWorker; settings: Omit<WorkerSettings, 'gate'> },
  { onMessage, onDeath }: ChannelEvents,
) {
  const gate = openGate('Work on the vector index');
  const worker = start({ ...settings, gate: gate.buffer });
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let ended: AppError | null = null;
  let cause: unknown;
  let expectExit = false;

  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  void exited.then(gate.release);

  const settle = (id: number): Pending | undefined => {
    const request = pending.get(id);
    pending.delete(id);
    clearTimeout(request?.timer);
    return request;
  };

  function end(detail: string): void {
    if (ended !== null) return;
    ended = new AppError('index_unavailable', `the vector index stopped (${detail})`, {
      cause,
      retryAfter: 5,
    });
    for (const id of [...pending.keys()]) settle(id)?.reject(ended);
    if (!expectExit) onDeath(ended);
  }

  worker.on('message', (message: WorkerMessage) => {
    if (ended !== null) return;
    onMessage(message);
    if (message.type === 'reply') settle(message.id)?.resolve(message.value);
    else if (message.type === 'failure') settle(message.id)?.reject(deserializeError(message.error));
  });
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', (code) => end(cause === undefined ? `exit code ${code}` : messageOf(cause)));

  function request<Op extends Operation>(
    op: Op,
    body: IndexOperations[Op]['request'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<IndexOperations[Op]['reply']> {
    if (ended !== null) return Promise.reject(ended);
    const id = ++lastId;
    // The reply with this id is to this request, and the protocol gives both one type.
    const answer = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        cause = new Error(`no answer to ${op} within ${REQUEST_TIMEOUT_MS / 60_000} minutes`);
        void worker.terminate();
      }, REQUEST_TIMEOUT_MS);
      pending.set(id, { resolve, reject, timer });
    }) as Promise<IndexOperations[Op]['reply']>;
    worker.postMessage({ id, op, ...body }, transfer);
    return answer;
  }

  return {
    request,

    /** Ends the thread after everything asked before, saving where told. Never rejects. */
    async close(save: boolean): Promise<void> {
      expectExit = true;
      await request('close', { save }).catch(() => {});
      const timer = setTimeout(() => void worker.terminate(), EXIT_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

export type WorkerChannel = ReturnType<typeof createWorkerChannel>;
