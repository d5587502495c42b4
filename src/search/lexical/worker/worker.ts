import { parentPort, workerData } from 'node:worker_threads';
import { serializeError } from '../../../platform/error-transfer.js';
import { createLexicalEngine } from '../lexical-engine.js';
import { type LexicalRequest, type LexicalWorkerSettings, packAnswer } from './protocol.js';

/* The thread that owns the word index: taking a hundred papers in takes 70 ms, which pages must not wait for. */

/** Of tidying up between two looks for requests: what a search may have to wait. */
const TIDY_SLICE_MS = 3;

const port = parentPort;
if (port === null) throw new Error('search/lexical/worker/worker.ts runs as a worker thread only');

const { dir }: LexicalWorkerSettings = workerData;
const engine = createLexicalEngine(dir);
let tidying = false;

function tidy(): void {
  tidying = engine.tidy(TIDY_SLICE_MS);
  if (tidying) setImmediate(tidy);
}

async function answer({ id, op, args }: LexicalRequest): Promise<void> {
  const started = performance.now();
  const ended = () => ({ id, ms: performance.now() - started, stats: engine.stats() });
  try {
    if (op === 'close') {
      port?.postMessage({ ...ended(), value: null });
      port?.close();
      return;
    }
    const call = engine[op] as (...args: readonly unknown[]) => unknown;
    const result = call(...args);
    // Searches answer at once; only what touches files takes turns.
    const value = result instanceof Promise ? await result : result;
    port?.postMessage({ ...ended(), value: op === 'search' ? packAnswer(value) : value });
    // As long again for tidying up, or a backfill would leave hundreds of segments behind for every search to visit.
    const more = op === 'apply' ? engine.tidy(performance.now() - started) : op === 'open';
    if (more && !tidying) {
      tidying = true;
      setImmediate(tidy);
    }
  } catch (error) {
    port?.postMessage({ ...ended(), error: serializeError(error) });
  }
}

port.on('message', (request: LexicalRequest) => void answer(request));
