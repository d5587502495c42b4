/**
 * The thread that holds a model: started by model-thread.ts. ONNX Runtime blocks the thread that runs it,
 * so inference must not share one with HTTP.
 */
import { setImmediate as nextTick } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../platform/errors.js';
import type { ModelRunner } from './model-runner.js';
import { passGate } from './run-gate.js';
import type { FromWorker, TextResult, ToWorker, WorkerSettings } from './worker-protocol.js';

const port = parentPort;
if (port === null) throw new Error('model-worker.ts is a worker thread, not a program');
const settings: WorkerSettings = workerData;
const gate = new Int32Array(settings.gate);

function send(message: FromWorker): void {
  const transfer = message.kind === 'result' && message.result.ok ? [message.result.vector.buffer] : [];
  port!.postMessage(message, transfer);
}

async function load(): Promise<ModelRunner | null> {
  const started = performance.now();
  try {
    return await passGate(gate, async () => {
      // Imported here: a library that fails to load (its addon, say) is a failed load, not a dead thread.
      const { loadModelRunner } = await import('./model-runner.js');
      const runner = await loadModelRunner(settings.modelDir, settings.manifest);
      send({ kind: 'ready', loadMs: performance.now() - started });
      return runner;
    });
  } catch (error) {
    send({ kind: 'load-failed', reason: messageOf(error) });
    return null;
  }
}

async function embedAll(runner: ModelRunner, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const result = await passGate(gate, () => runner.embed(text)).then(
      (embedded): TextResult => ({ ok: true, ...embedded }),
      (error: unknown): TextResult => ({ ok: false, reason: messageOf(error) }),
    );
    send({ kind: 'result', result });
    await nextTick();
  }
}

const runner = await load();
if (runner !== null) {
  let tail = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    tail = tail.then(async () => {
      if (message.kind === 'embed') return embedAll(runner, message.texts);
      await passGate(gate, () => runner.dispose());
      port.close();
    });
  });
}
