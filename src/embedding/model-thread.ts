import { Worker } from 'node:worker_threads';
import { AppError, messageOf } from '../platform/errors.js';
import type { ModelManifest } from './manifest.js';
import { openGate } from './run-gate.js';
import type { FromWorker, TextResult, ToWorker, WorkerSettings } from './worker-protocol.js';

/** A worker as the pool sees it: holds one model and embeds one batch at a time. */
export interface ModelWorker {
  /** Resolves with the load's milliseconds; rejects with an AppError when the model can't be loaded. */
  readonly ready: Promise<number>;
  /** Resolves with the reason once the worker is gone, for whatever reason; never rejects. */
  readonly gone: Promise<string>;
  /** One result a text, in order. Not before `ready`, and not before the last batch's last result. */
  run(texts: readonly string[], onResult: (result: TextResult) => void): void;
  /** Asks it to end after what it was given; `gone` tells when. */
  stop(): void;
}

export interface ModelThreadOptions {
  modelDir: string;
  manifest: ModelManifest;
  /** The module that the thread runs. */
  entry?: URL;
}

/** Starts a worker thread that loads the model. It is never terminated from outside: see run-gate.ts. */
export function startModelThread({
  modelDir,
  manifest,
  entry = new URL('./model-worker.js', import.meta.url),
}: ModelThreadOptions): ModelWorker {
  const gate = openGate();
  const workerData: WorkerSettings = { modelDir, manifest, gate: gate.buffer };
  const worker = new Worker(entry, { workerData, name: 'embedding' });
  let onResult: (result: TextResult) => void = () => {};
  let reason = 'it ended by itself';

  const gone = new Promise<string>((resolve) => {
    worker.on('error', (error) => {
      reason = messageOf(error);
    });
    worker.on('exit', (code) => {
      gate.release();
      resolve(code === 0 ? reason : `${reason} (exit code ${code})`);
    });
  });
  const ready = new Promise<number>((resolve, reject) => {
    const fail = (code: 'model_invalid' | 'model_unavailable', why: string) =>
      reject(new AppError(code, `The model in ${modelDir} could not be loaded: ${why}`));
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') resolve(message.loadMs);
      else if (message.kind === 'load-failed') fail('model_invalid', message.reason);
      else onResult(message.result);
    });
    void gone.then((why) => fail('model_unavailable', why));
  });
  const post = (message: ToWorker) => worker.postMessage(message);
  return {
    ready,
    gone,
    run(texts, receive) {
      onResult = receive;
      post({ kind: 'embed', texts });
    },
    stop: () => post({ kind: 'stop' }),
  };
}
