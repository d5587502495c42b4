/** A worker with a broken model: what a text says is what comes of it. Speaks the protocol, loads nothing. */
import { spawnSync } from 'node:child_process';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, TextResult, ToWorker, WorkerSettings } from '../../src/embedding/pool/protocol.js';
import { runNativeBeside, useGate } from '../../src/platform/native-gate.js';

/** Seconds: longer than any test waits, and over some day if a test should leave it behind. */
const HANG = '120';

const port = parentPort!;
const { gate, manifest }: WorkerSettings = workerData;
useGate(gate);
const send = (message: FromWorker) => port.postMessage(message);

function vectorFor(text: string): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(text.includes('short') ? manifest.dimension - 1 : manifest.dimension);
  if (text.includes('unscaled')) return vector.fill(1);
  if (!text.includes('zero')) vector[0] = text.includes('nan') ? Number.NaN : 1;
  return vector;
}

function resultFor(text: string): TextResult {
  // Native code that nothing can interrupt, as a hanging run would be.
  if (text.includes('hang')) spawnSync('sleep', [HANG]);
  if (text.includes('throw')) return { ok: false, reason: 'no token for this' };
  return { ok: true, vector: vectorFor(text), tokens: 1, truncated: false };
}

port.on('message', async (message: ToWorker) => {
  if (message.kind === 'stop') port.close();
  if (message.kind !== 'embed') return;
  const result = await runNativeBeside(async () => resultFor(message.text));
  send({ kind: 'answer', id: message.id, result, runMs: 1 });
});
send({ kind: 'ready', loadMs: 1 });
