import type { ModelManifest } from './manifest.js';

/** What a model's files don't always say, and its authors do. */
export interface ModelFamily {
  pooling: ModelManifest['pooling'];
  query?: string;
  document?: string;
  /** Where the authors cut earlier than the network would. */
  maxTokens?: number;
}

const RETRIEVAL_PROMPT = 'Represent this sentence for searching relevant passages: ';

/**
 * Well-known families by the last part of a model's name, lower case; the first that matches counts. From the
 * model cards, and from the sentence-transformers configurations that conversions to ONNX leave behind.
 */
const families: readonly (readonly [name: RegExp, family: ModelFamily])[] = [
  [/^all-minilm-l6-v2\b/, { pooling: 'mean', maxTokens: 256 }],
  [/^all-minilm-l(6|12)-v[12]\b/, { pooling: 'mean', maxTokens: 128 }],
  [/^all-mpnet-base-v2\b/, { pooling: 'mean', maxTokens: 384 }],
  [/^all-distilroberta-v1\b/, { pooling: 'mean', maxTokens: 512 }],
  [/^multi-qa-(minilm-l6|mpnet-base|distilbert)-cos-v1\b/, { pooling: 'mean', maxTokens: 512 }],
  [/^paraphrase-(multilingual-)?(minilm-l\d+|mpnet-base)-v2\b/, { pooling: 'mean', maxTokens: 128 }],
  [/^bge-(small|base|large)-en\b/, { pooling: 'cls', query: RETRIEVAL_PROMPT }],
  [/^bge-(small|base|large)-zh\b/, { pooling: 'cls', query: '为这个句子生成表示以用于检索相关文章：' }],
  [/^bge-m3\b/, { pooling: 'cls' }],
  [/^gte-(small|base|large)(?!-(en|zh)-v1\.5|-zh)\b/, { pooling: 'mean' }],
  [/^gte-modernbert-base\b/, { pooling: 'cls' }],
  [
    /^(multilingual-)?e5-(small|base|large)(?!-instruct)(-v2)?(?!-instruct)\b/,
    { pooling: 'mean', query: 'query: ', document: 'passage: ' },
  ],
  [/^snowflake-arctic-embed-l-v2\.0\b/, { pooling: 'cls', query: 'query: ' }],
  [/^snowflake-arctic-embed-(xs|s|m|l)(?!-)\b/, { pooling: 'cls', query: RETRIEVAL_PROMPT }],
  [/^mxbai-embed-large-v1\b/, { pooling: 'cls', query: RETRIEVAL_PROMPT }],
  [/^mxbai-embed-xsmall-v1\b/, { pooling: 'mean', query: RETRIEVAL_PROMPT }],
];

/** Their names, for messages. */
export const KNOWN_FAMILIES =
  'all-*, paraphrase-*, bge-*, gte-*, e5-*, snowflake-arctic-embed-*, mxbai-embed-*';

/** @param name of the model, with or without its owner */
export function familyOf(name: string): ModelFamily | null {
  const last = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  return families.find(([pattern]) => pattern.test(last))?.[1] ?? null;
}
