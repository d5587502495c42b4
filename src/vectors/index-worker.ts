import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../platform/clock.js';
import { createIndexEngine } from './index-engine.js';
import type { IndexRequest, WorkerSettings } from './index-protocol.js';

/* The thread that alone owns the index: calls of the addon block, and it is not safe to share. */

const port = parentPort;
if (port === null) throw new Error('index-worker runs as a worker thread only');

const settings: WorkerSettings = workerData;
const engine = createIndexEngine({
  settings,
  clock: systemClock,
  post: (message) => port.postMessage(message),
  onClosed: () => port.close(),
});
port.on('message', (request: IndexRequest) => engine.handle(request));
