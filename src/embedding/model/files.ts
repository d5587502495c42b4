import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { AppError } from '../../platform/errors.js';

export const MANIFEST_FILE = 'quire-model.json';

/** The file with the network, by quantization: the names that transformers.js looks for. */
export const modelFileOf = { int8: 'onnx/model_quantized.onnx', none: 'onnx/model.onnx' } as const;

/** What every model has besides its network. */
export const commonFiles = ['config.json', 'tokenizer.json', 'tokenizer_config.json'] as const;

/**
 * What sentence-transformers models carry besides: where a model's pooling, length and prefixes come from
 * when it has no manifest.
 */
export const descriptionFiles = [
  'modules.json',
  '1_Pooling/config.json',
  'sentence_bert_config.json',
  'config_sentence_transformers.json',
] as const;

/** The fields of a manifest. Each completes the sentence "expected …". */
export const manifestFields = {
  format: '1, the only format there is',
  name: 'a model name such as Xenova/all-MiniLM-L6-v2',
  revision: 'a label of 1 to 100 characters',
  dimension: 'a whole number from 1 to 4096',
  pooling: '"mean" (of all tokens) or "cls" (the first token)',
  normalize: 'true, because the index compares by inner product',
  maxTokens: 'a whole number from 8 to 8192, special tokens included',
  prefixes: '{ "query": text, "document": text }, "" for none, at most 500 characters each',
  documentTemplate: 'a text with {title} and then {abstract} in it, each once',
  quantization: `"int8" (${modelFileOf.int8}) or "none" (${modelFileOf.none})`,
  license: 'the licence as an SPDX identifier',
  source: 'where the model came from',
  files: 'a list of { path, size in bytes, sha256 in hexadecimal }',
} as const;

/** SHA-256 of a file in hexadecimal, streamed. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

export function invalidModel(file: string, problem: string, details: Record<string, unknown> = {}): AppError {
  return new AppError('model_invalid', `${file} ${problem}`, { details: { file, ...details } });
}
