/**
 * One contender of the embedding bench, in a process of its own: `embedding-contender.js NAME MODEL_DIR [cut]`.
 * With `cut` the library's pipeline reads no more of a text than ours; by itself it reads what its tokenizer's
 * settings allow, which for the default model is 512 tokens.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AutoTokenizer, env, pipeline, Tensor } from '@xenova/transformers';
import { createEmbedder, MAX_DOCUMENTS_PER_CALL } from '../../src/embedding/create-embedder.js';
import { documentText } from '../../src/embedding/document-text.js';
import type { DocumentText } from '../../src/embedding/embedder.js';
import { readManifest } from '../../src/embedding/model/manifest.js';
import { createEncoder } from '../../src/embedding/pool/runner.js';
import { silentLogger } from '../../src/platform/log.js';
import type { ContenderName, FromContender, ToContender } from './embedding-protocol.js';

interface Contender {
  prepare(documents: readonly DocumentText[]): void;
  run(): Promise<void>;
  close(): Promise<void>;
}

/** Texts in one call of the library's pipeline, as its users batch. */
const BATCH = 32;

const [name, modelDir, cut] = process.argv.slice(2) as [ContenderName, string, string?];
env.allowRemoteModels = false;
env.useFSCache = false;
const manifest = await readManifest(modelDir);
const dtype = manifest.quantization === 'int8' ? 'q8' : 'fp32';
const textOf = ({ title, abstract }: DocumentText) =>
  documentText(title, abstract, manifest.documentTemplate);

async function ours(): Promise<Contender> {
  const embedder = await createEmbedder({ modelDir, log: silentLogger });
  await embedder.warm();
  // The others load after the first: give them the time, up to half a minute.
  for (let tries = 0, last = -1; embedder.stats().workers !== last && tries < 30; tries++) {
    last = embedder.stats().workers;
    await sleep(1_000);
  }
  let due: readonly DocumentText[] = [];
  return {
    prepare(documents) {
      due = documents;
    },
    async run() {
      const calls: Promise<unknown>[] = [];
      for (let at = 0; at < due.length; at += MAX_DOCUMENTS_PER_CALL) {
        const part = due.slice(at, at + MAX_DOCUMENTS_PER_CALL);
        calls.push(embedder.embedDocuments(part, { lane: 'backfill' }));
        if (calls.length === 2) await calls.shift();
      }
      await Promise.all(calls);
    },
    close: () => embedder.close(),
  };
}

async function plain(batch: number): Promise<Contender> {
  // The runtime by itself counts physical cores alone, where our workers are one a logical one.
  const session_options = { intraOpNumThreads: availableParallelism() };
  const extract = await pipeline('feature-extraction', modelDir, { dtype, session_options });
  if (cut) Object.defineProperty(extract.tokenizer, 'model_max_length', { value: manifest.maxTokens });
  let due: string[] = [];
  return {
    prepare(documents) {
      due = documents.map(textOf);
    },
    async run() {
      for (let at = 0; at < due.length; at += batch) {
        await extract(due.slice(at, at + batch), { pooling: 'mean', normalize: true });
      }
    },
    close: async () => void (await extract.dispose()),
  };
}

interface Session {
  run(feeds: Record<string, unknown>): Promise<unknown>;
}

async function limit(): Promise<Contender> {
  const tokenizer = await AutoTokenizer.from_pretrained(modelDir, { local_files_only: true });
  const encode = createEncoder(tokenizer, manifest.maxTokens);
  const session_options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const { model } = await pipeline('feature-extraction', modelDir, { dtype, session_options });
  const session: Session = model.sessions['model'];
  let due: Record<string, unknown>[] = [];
  const tensor = (values: BigInt64Array) => new Tensor('int64', values, [1, values.length]).ort_tensor;
  return {
    prepare(documents) {
      const all = documents
        .map((document) => encode(textOf(document)).ids)
        .sort((a, b) => a.length - b.length);
      due = all.map((ids) => ({
        input_ids: tensor(BigInt64Array.from(ids, BigInt)),
        attention_mask: tensor(new BigInt64Array(ids.length).fill(1n)),
        token_type_ids: tensor(new BigInt64Array(ids.length)),
      }));
    },
    async run() {
      for (const feeds of due) await session.run(feeds);
    },
    close: async () => void (await model.dispose()),
  };
}

const starts: Record<ContenderName, () => Promise<Contender>> = {
  ours,
  batches: () => plain(BATCH),
  singly: () => plain(1),
  limit,
};

/** Megabytes of resident memory at most since the start; null where the system doesn't tell. */
function peakMb(): number | null {
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(join('/proc/self', 'status'), 'utf8'));
    return found ? Math.round(Number(found[1]) / 1024) : null;
  } catch {
    return null;
  }
}

const send = (message: FromContender) => process.send?.(message);
const contender = await starts[name]();
process.on('message', async (message: ToContender) => {
  if (message.kind === 'prepare') {
    contender.prepare(message.documents);
    send({ kind: 'ready' });
  } else if (message.kind === 'run') {
    const started = performance.now();
    await contender.run();
    send({ kind: 'done', ms: performance.now() - started, peakMb: peakMb() });
  } else {
    await contender.close();
    process.disconnect();
  }
});
send({ kind: 'ready' });
