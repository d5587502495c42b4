/**
 * Makes the model of the fast tests: random word vectors behind a real tokenizer and a real ONNX file, so
 * that the whole path through transformers.js and ONNX Runtime runs, in a millisecond. Texts are near one
 * another when they share words. `node dist/scripts/model/make-tiny.js FOLDER` writes it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelManifest } from '../../src/embedding/manifest.js';
import { describeFiles, writeManifest } from './model-files.js';
import { encodeLookupModel } from './onnx-lookup.js';
import { contentWords, functionWords, suffixes } from './tiny-words.js';

const DIMENSION = 64;
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;
const ID = { pad: 0, unk: 1, cls: 2, sep: 3 } as const;
/** Largest component of a row: what a word weighs in the mean. */
const WEIGHT = { content: 127, piece: 40, other: 10 } as const;

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Token to weight; a token's id is its place. Any word of ASCII letters and digits can be put together. */
function vocabulary(): Map<string, number> {
  const tokens = new Map<string, number>(SPECIAL.map((token) => [token, WEIGHT.other]));
  const ascii = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at));
  const characters = ascii.filter((character) => !/[A-Z]/.test(character));
  const add = (token: string, weight: number) => {
    if (!tokens.has(token)) tokens.set(token, weight);
  };
  for (const character of characters)
    add(character, /[a-z0-9]/.test(character) ? WEIGHT.piece : WEIGHT.other);
  for (const character of characters.filter((one) => /[a-z0-9]/.test(one)))
    add(`##${character}`, WEIGHT.piece);
  for (const suffix of words(suffixes)) add(`##${suffix}`, WEIGHT.other);
  for (const word of words(functionWords)) add(word, WEIGHT.other);
  for (const word of words(contentWords)) add(word, WEIGHT.content);
  return tokens;
}

/** Marsaglia's xorshift with 32 bits of state: whole numbers only, so the same on every machine. */
function randomIntegers(seed: number): (bound: number) => number {
  let state = seed >>> 0 || 1;
  return (bound) => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state % bound;
  };
}

function wordVectors(tokens: ReadonlyMap<string, number>, seed: number): Int8Array {
  const random = randomIntegers(seed);
  const table = new Int8Array(tokens.size * DIMENSION);
  let at = 0;
  for (const weight of tokens.values()) {
    for (let column = 0; column < DIMENSION; column++) table[at++] = random(2 * weight + 1) - weight;
  }
  return table.fill(0, ID.pad * DIMENSION, (ID.pad + 1) * DIMENSION);
}

function tokenizerJson(tokens: ReadonlyMap<string, number>): object {
  const part = (kind: 'SpecialToken' | 'Sequence', id: string) => ({ [kind]: { id, type_id: 0 } });
  const special = (id: string, at: number) => [id, { id, ids: [at], tokens: [id] }];
  return {
    version: '1.0',
    // As in the default model's file: the embedder has to see past its own tokenizer's limit.
    truncation: { direction: 'Right', max_length: 16, strategy: 'LongestFirst', stride: 0 },
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [part('SpecialToken', '[CLS]'), part('Sequence', 'A'), part('SpecialToken', '[SEP]')],
      pair: [part('SpecialToken', '[CLS]'), part('Sequence', 'A'), part('SpecialToken', '[SEP]')],
      special_tokens: Object.fromEntries([special('[CLS]', ID.cls), special('[SEP]', ID.sep)]),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries([...tokens.keys()].map((token, id) => [token, id])),
    },
  };
}

const tokenizerConfig = {
  tokenizer_class: 'BertTokenizer',
  do_lower_case: true,
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
  model_max_length: 512,
};

export interface TinyModelOptions {
  modelDir: string;
  seed?: number;
  /** What the manifest says, where it should say something else. */
  manifest?: Partial<Omit<ModelManifest, 'files'>>;
}

/** Writes a model folder; the same seed gives the same bytes on every machine. */
export async function writeTinyModel({ modelDir, seed = 1, manifest = {} }: TinyModelOptions): Promise<void> {
  const tokens = vocabulary();
  const config = {
    model_type: 'bert',
    architectures: ['BertModel'],
    hidden_size: DIMENSION,
    vocab_size: tokens.size,
  };
  const table = { rows: tokens.size, columns: DIMENSION, values: wordVectors(tokens, seed) };
  const contents: Record<string, string | Buffer> = {
    'config.json': `${JSON.stringify(config)}\n`,
    'tokenizer.json': `${JSON.stringify(tokenizerJson(tokens))}\n`,
    'tokenizer_config.json': `${JSON.stringify(tokenizerConfig)}\n`,
    'onnx/model.onnx': encodeLookupModel(table),
  };
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(modelDir, path)), { recursive: true });
    await writeFile(join(modelDir, path), content);
  }
  await writeManifest(modelDir, {
    format: 1,
    name: 'tiny-64d',
    revision: `seed ${seed}`,
    dimension: DIMENSION,
    pooling: 'mean',
    normalize: true,
    maxTokens: 256,
    prefixes: { query: '', document: '' },
    documentTemplate: '{title}. {abstract}',
    quantization: 'none',
    license: 'Apache-2.0',
    source: 'made by scripts/model/make-tiny.ts',
    ...manifest,
    files: await describeFiles(modelDir, Object.keys(contents)),
  });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [modelDir, ...rest] = process.argv.slice(2);
  if (modelDir === undefined || rest.length > 0 || modelDir.startsWith('-')) {
    process.stderr.write('Usage: node dist/scripts/model/make-tiny.js FOLDER\n');
    process.exit(2);
  }
  await writeTinyModel({ modelDir });
}
