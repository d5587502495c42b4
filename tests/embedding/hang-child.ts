/**
 * A process whose worker hangs in native code: `hang-child.js (close|exit)`. Prints what became of its texts,
 * then ends after `close`, or by `process.exit(3)` in the middle of the run that hangs.
 */
import { createEmbedder } from '../../src/embedding/create-embedder.js';
import { silentLogger } from '../../src/platform/log.js';
import { tinyModelDir } from '../support/models.js';

const embedder = await createEmbedder({
  modelDir: tinyModelDir(),
  workers: 1,
  log: silentLogger,
  runTimeoutMs: 1_500,
  workerEntry: new URL('./broken-worker.js', import.meta.url),
});
const documents = ['good', 'hang', 'as good'].map((title) => ({ title, abstract: '' }));
const outcomes = await embedder.tryDocuments(documents);
const { deaths, timeouts } = embedder.stats();
process.stdout.write(
  JSON.stringify([
    outcomes.map((outcome) => ('refused' in outcome ? outcome.refused : 'good')),
    deaths,
    timeouts,
  ]),
);
if (process.argv[2] === 'exit') process.exit(3);
await embedder.close();
