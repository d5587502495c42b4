import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../platform/clock.js';
import { useGate, whenNativeIdle } from '../../platform/native-gate.js';
import { createIndexEngine } from './engine.js';
import type { IndexRequest, WorkerSettings } from './protocol.js';

/* The thread that alone owns the index: calls of the addon block, and it is not safe to share. */

const port = parentPort;
if (port === null) throw new Error('vectors/worker/worker.ts runs as a worker thread only');

const settings: WorkerSettings = workerData;
useGate(settings.gate);
const engine = createIndexEngine({
  settings,
  clock: systemClock,
  post: (message) => port.postMessage(message),
  onClosed: () => port.close(),
});
port.on('message', (request: IndexRequest) => engine.handle(request));

// The thread ends by an error nobody expected, but not while the addon still writes a file: that aborts the process.
process.once('uncaughtException', (error) => {
  engine.stop();
  void whenNativeIdle().then(() =>
    setImmediate(() => {
      throw error;
    }),
  );
});
