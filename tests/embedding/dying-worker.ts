/** The real worker, but a text with the word "poison" in it ends the thread. */
import { parentPort } from 'node:worker_threads';
import type { ToWorker } from '../../src/embedding/worker-protocol.js';

await import('../../src/embedding/model-worker.js');
parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'embed' && message.texts.some((text) => text.includes('poison'))) process.exit(7);
});
