/**
 * The thread that holds a model: started by thread.ts. ONNX Runtime blocks the thread that runs it,
 * so inference must not share one with HTTP.
 */
import { setImmediate as nextTick } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../platform/errors.js';
import { runNativeBeside, useGate } from '../../platform/native-gate.js';
import type { EmbedRequest, FromWorker, TextResult, ToWorker, WorkerSettings } from './protocol.js';
import type { ModelRunner } from './runner.js';

const port = parentPort;
if (port === null) throw new Error('embedding/pool/worker.ts is a worker thread, not a program');
const settings: WorkerSettings = workerData;
useGate(settings.gate);

const urgent: EmbedRequest[] = [];
const others: EmbedRequest[] = [];
let stopping = false;
let wake = (): void => {};

function take(message: ToWorker): void {
  if (message.kind === 'stop') stopping = true;
  else if (message.kind === 'embed') (message.urgent ? urgent : others).push(message);
  else {
    const at = others.findIndex(({ id }) => id === message.id);
    if (at !== -1) urgent.push(...others.splice(at, 1));
  }
  wake();
}

function send(message: FromWorker): void {
  const transfer = message.kind === 'answer' && message.result.ok ? [message.result.vector.buffer] : [];
  port!.postMessage(message, transfer);
}

async function load(): Promise<ModelRunner | null> {
  const started = performance.now();
  try {
    return await runNativeBeside(async () => {
      // Imported here: a library that fails to load (its addon, say) is a failed load, not a dead thread.
      const { loadModelRunner } = await import('./runner.js');
      const runner = await loadModelRunner(settings.modelDir, settings.manifest);
      send({ kind: 'ready', loadMs: performance.now() - started });
      return runner;
    });
  } catch (error) {
    send({ kind: 'load-failed', reason: messageOf(error) });
    return null;
  }
}

async function embedOne(runner: ModelRunner, { id, text }: EmbedRequest): Promise<void> {
  const started = performance.now();
  const result = await runNativeBeside(() => runner.embed(text)).then(
    (embedded): TextResult => ({ ok: true, ...embedded }),
    (error: unknown): TextResult => ({ ok: false, reason: messageOf(error) }),
  );
  send({ kind: 'answer', id, result, runMs: performance.now() - started });
}

async function serve(runner: ModelRunner): Promise<void> {
  port!.on('message', take);
  for (;;) {
    // Lets messages in that came during the run: what is urgent among them goes first.
    await nextTick();
    const next = urgent.shift() ?? others.shift();
    if (next !== undefined) await embedOne(runner, next);
    else if (stopping) return;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

const runner = await load();
if (runner !== null) {
  await serve(runner);
  await runNativeBeside(() => runner.dispose());
  port.close();
}
