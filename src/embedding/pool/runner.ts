import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AutoModel, AutoTokenizer, env, LogLevel, Tensor } from '@xenova/transformers';
import type { ModelManifest } from '../model/manifest.js';
import { createWordCache, isWordByWord, type TokenizerFile } from './word-cache.js';

export interface Embedded {
  /** L2-normalised, the manifest's dimension. */
  vector: Float32Array<ArrayBuffer>;
  /** Tokens that the model saw, special ones included. */
  tokens: number;
  /** The text was longer than the manifest's maximum. */
  truncated: boolean;
}

type Tokenizer = Awaited<ReturnType<typeof AutoTokenizer.from_pretrained>>;
export type ModelRunner = Awaited<ReturnType<typeof loadModelRunner>>;

function configureLibrary(): void {
  // Nothing is ever fetched, and nothing left in the library's cache folder by another program is taken
  // instead of the files whose sums were checked.
  env.allowRemoteModels = false;
  env.useFSCache = false;
  env.useBrowserCache = false;
  // Its warnings go to the console; what fails is thrown as well and reported by us.
  env.logLevel = LogLevel.NONE;
}

/**
 * Token ids of a text, cut to `maxTokens` such that the closing special tokens stay. A tokenizer.json may
 * carry a truncation of its own (all-MiniLM-L6-v2: 128). This library ignores it; if a version stopped
 * doing so, half of every abstract would be lost without a word, so the check below fails the load.
 */
export function createEncoder(tokenizer: Pick<Tokenizer, 'encode'>, maxTokens: number) {
  const empty = tokenizer.encode('');
  const probe = tokenizer.encode('a '.repeat(maxTokens));
  if (probe.length <= maxTokens) {
    throw new Error(`the tokenizer cuts texts at ${probe.length} tokens, before the manifest's ${maxTokens}`);
  }
  const head = empty.findIndex((id, at) => id !== probe[at]);
  const closing = empty.slice(head === -1 ? empty.length : head);
  return (text: string): { ids: number[]; truncated: boolean } => {
    const ids = tokenizer.encode(text);
    if (ids.length <= maxTokens) return { ids, truncated: false };
    return { ids: [...ids.slice(0, maxTokens - closing.length), ...closing], truncated: true };
  };
}

function l2Normalise(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(norm) || norm === 0) throw new Error(`the model gave a vector of length ${norm}`);
  for (let at = 0; at < vector.length; at++) vector[at] = vector[at]! / norm;
}

/**
 * The sum of the rows is the mean's direction, and direction is all that is left after normalising. Four rows
 * at once, because it takes half the time and is done for every text.
 */
function sumRows(states: Float32Array, dimension: number): Float32Array<ArrayBuffer> {
  const sums = new Float64Array(dimension);
  let row = 0;
  for (; row + 4 * dimension <= states.length; row += 4 * dimension) {
    const [second, third, fourth] = [row + dimension, row + 2 * dimension, row + 3 * dimension];
    for (let at = 0; at < dimension; at++) {
      sums[at]! += states[row + at]! + states[second + at]! + states[third + at]! + states[fourth + at]!;
    }
  }
  for (; row < states.length; row += dimension) {
    for (let at = 0; at < dimension; at++) sums[at]! += states[row + at]!;
  }
  return Float32Array.from(sums);
}

/**
 * A model loaded on this thread: one text in, one vector out. Mean pooling as in Reimers and Gurevych
 * (2019), or the first token's state, by the manifest.
 *
 * One text a run, so no padding and no attention mask but ones. A batch would not be faster for abstracts
 * (48 a second alone, 45, 40 and 36 in length-sorted batches of 2, 4 and 8 on one core), and because the
 * int8 model scales its activations by the whole batch's range, a text's vector would depend on its mates.
 *
 * Calls must not overlap. Throws where files are missing, are not such a model, or don't fit the manifest.
 */
export async function loadModelRunner(modelDir: string, manifest: ModelManifest) {
  configureLibrary();
  const { dimension, pooling, maxTokens, quantization } = manifest;
  // A path instead of env.localModelPath and a name: names may not hold spaces, '--' or '..', folders may.
  const tokenizer = await AutoTokenizer.from_pretrained(modelDir, { local_files_only: true });
  const file: TokenizerFile = JSON.parse(await readFile(join(modelDir, 'tokenizer.json'), 'utf8'));
  const words = isWordByWord(file) ? createWordCache(tokenizer, maxTokens) : tokenizer;
  const encode = createEncoder(words, maxTokens);
  const model = await AutoModel.from_pretrained(modelDir, {
    local_files_only: true,
    dtype: quantization === 'int8' ? 'q8' : 'fp32',
    // Parallelism is by workers: two threads in one session fall below one when the other core is busy.
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
  });

  async function embed(text: string): Promise<Embedded> {
    const { ids, truncated } = encode(text);
    const shape = [1, ids.length];
    const output: { last_hidden_state?: Tensor } = await model({
      input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
      attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
      token_type_ids: new Tensor('int64', new BigInt64Array(ids.length), shape),
    });
    const states = output.last_hidden_state;
    const data = states?.data;
    if (!(data instanceof Float32Array) || data.length !== ids.length * dimension) {
      const found = states === undefined ? 'nothing' : `${states.type} of shape ${states.dims.join(' x ')}`;
      throw new Error(
        `last_hidden_state should be float32 of shape 1 x ${ids.length} x ${dimension}, is ${found}`,
      );
    }
    const vector = pooling === 'cls' ? data.slice(0, dimension) : sumRows(data, dimension);
    l2Normalise(vector);
    return { vector: new Float32Array(vector), tokens: ids.length, truncated };
  }

  // Checks the network's output against the manifest now, and pays for the first run's allocations.
  await embed('a first run');
  return {
    embed,
    async dispose(): Promise<void> {
      await model.dispose();
    },
  };
}
