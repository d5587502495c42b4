/** The real worker, but a text with the word "poison" in it ends the thread as soon as it is given. */
import { parentPort } from 'node:worker_threads';
import type { ToWorker } from '../../src/embedding/pool/protocol.js';

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'embed' && message.text.includes('poison')) process.exit(7);
});
await import('../../src/embedding/pool/worker.js');
