/** The real worker, but a text with the word "poison" in it ends the thread as soon as it is given. */
import { parentPort } from 'node:worker_threads';
import type { ToWorker } from '../../src/embedding/pool/protocol.js';

const port = parentPort!;
const listen = port.on.bind(port);
// Around the worker's own listener: one beside it takes the messages that come in while the model loads, and a
// worker that never hears of its stop holds the pool's close for its 30 s.
port.on = ((event: 'message', listener: (message: ToWorker) => void) =>
  listen(event, (message: ToWorker) => {
    if (message.kind === 'embed' && message.text.includes('poison')) process.exit(7);
    listener(message);
  })) as typeof port.on;
await import('../../src/embedding/pool/worker.js');
