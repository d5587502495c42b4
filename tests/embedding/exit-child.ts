/**
 * A process that ends while it embeds: `exit-child.js (close|exit|throw) (load|run) MILLISECONDS`. It ends
 * with code 0 after `close`, with 3 by `process.exit` without it, with 1 by an uncaught error.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmbedder } from '../../src/embedding/create-embedder.js';
import { silentLogger } from '../../src/platform/log.js';
import { defaultModelDir } from '../support/models.js';

const [how, phase, delay] = process.argv.slice(2);
const embedder = await createEmbedder({ modelDir: defaultModelDir, workers: 2, log: silentLogger });
if (phase === 'run') await embedder.warm();
const documents = Array.from({ length: 300 }, (_, at) => ({
  title: `Document ${at}`,
  abstract: 'A long abstract that keeps a worker busy for a while. '.repeat(30),
}));
embedder.embedDocuments(documents).catch(() => {});
await sleep(Number(delay));
if (how === 'close') {
  await embedder.close();
  process.exit(0);
}
if (how === 'exit') process.exit(3);
setImmediate(() => {
  throw new Error('nobody catches this');
});
