import { Worker } from 'node:worker_threads';
import { AppError, messageOf } from '../../platform/errors.js';
import { openGate } from '../../platform/native-gate.js';
import type { ModelManifest } from '../model/manifest.js';
import type { Answer, EmbedRequest, FromWorker, ToWorker, WorkerSettings } from './protocol.js';

/** A worker as the pool sees it: holds one model and embeds one text after another. */
export interface ModelWorker {
  /** Resolves with the load's milliseconds; rejects with an AppError when the model can't be loaded. */
  readonly ready: Promise<number>;
  /** Resolves with the reason once the worker is gone, for whatever reason; never rejects. */
  readonly gone: Promise<string>;
  /** Not before `ready`. */
  embed(request: EmbedRequest): void;
  /** Makes a text urgent that was given as one that isn't. */
  hurry(id: number): void;
  /** One call a text that was given; a worker that dies leaves some out. */
  onAnswer(receive: (answer: Answer) => void): void;
  /** Asks it to end after what it was given; `gone` tells when. */
  stop(): void;
  /** It doesn't come back from native code: neither the process nor its end waits for it any longer. */
  abandon(): void;
}

export interface ModelThreadOptions {
  modelDir: string;
  manifest: ModelManifest;
  /** The module that the thread runs. */
  entry?: URL;
}

/**
 * Megabytes. What a text leaves behind lies outside the heap (0.4 MB of the network's output), so a larger
 * young generation only lets more of it pile up: 30 MB a worker, at the same speed.
 */
const YOUNG_GENERATION_MB = 4;

/** Starts a worker thread that loads the model. It is never terminated from outside: see native-gate.ts. */
export function startModelThread({
  modelDir,
  manifest,
  entry = new URL('./worker.js', import.meta.url),
}: ModelThreadOptions): ModelWorker {
  const gate = openGate('An embedding run');
  const workerData: WorkerSettings = { modelDir, manifest, gate: gate.buffer };
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB };
  const worker = new Worker(entry, { workerData, name: 'embedding', resourceLimits });
  let receive: (answer: Answer) => void = () => {};
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
      else receive(message);
    });
    void gone.then((why) => fail('model_unavailable', why));
  });
  const post = (message: ToWorker) => worker.postMessage(message);
  return {
    ready,
    gone,
    embed: (request) => post({ kind: 'embed', ...request }),
    hurry: (id) => post({ kind: 'hurry', id }),
    onAnswer(callback) {
      receive = callback;
    },
    stop: () => post({ kind: 'stop' }),
    abandon() {
      gate.abandon();
      worker.unref();
      post({ kind: 'stop' });
    },
  };
}
