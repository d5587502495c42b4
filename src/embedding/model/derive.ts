import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isAppError, messageOf } from '../../platform/errors.js';
import { familyOf, KNOWN_FAMILIES } from './families.js';
import {
  commonFiles,
  invalidModel,
  MANIFEST_FILE,
  manifestFields,
  modelFileOf,
  sha256OfFile,
} from './files.js';
import type { ModelFile, ModelManifest } from './manifest.js';

/**
 * Encoders whose network takes token ids, attention mask and at most token types, and gives
 * last_hidden_state. The value is how many of its positions such a network keeps for itself: RoBERTa and its
 * like count positions from the padding token's id on.
 */
const reservedPositionsOf: Readonly<Record<string, number>> = {
  albert: 0,
  bert: 0,
  camembert: 2,
  distilbert: 0,
  electra: 0,
  modernbert: 0,
  mpnet: 2,
  roberta: 2,
  'xlm-roberta': 2,
};

/** Beyond, one abstract would cost minutes and gigabytes; the manifest's own limit. */
const MOST_TOKENS = 8_192;

/** A configuration has a few kilobytes; one with a label for each of many classes some hundred. */
const MAX_CONFIG_BYTES = 4 * 2 ** 20;

/** A title, a full stop, the abstract: what the models here were trained on is running text. */
const DOCUMENT_TEMPLATE = '{title}. {abstract}';

export type ModelOrigin = Pick<ModelManifest, 'name' | 'revision' | 'license' | 'source'>;
export type ModelFacts = Pick<ModelManifest, 'dimension' | 'pooling' | 'maxTokens' | 'prefixes'>;

/**
 * The manifest of a folder that has none: its facts from the files that such models carry and from what is
 * known of its family, its sums from the files as they are. So it can't tell a damaged file from a good one,
 * but gives it another fingerprint.
 * @throws AppError model_invalid, saying which field can't be known
 */
export async function deriveManifest(modelDir: string, origin?: ModelOrigin): Promise<ModelManifest> {
  const { name, revision, license, source } = origin ?? originOf(modelDir);
  const facts = await modelFacts(modelDir, name);
  const quantization = (await isThere(modelDir, modelFileOf.int8)) ? 'int8' : 'none';
  const network = modelFileOf[quantization];
  const paths: string[] = [...commonFiles, network];
  // Networks of more than 2 GB keep their weights beside them.
  if (await isThere(modelDir, `${network}_data`)) paths.push(`${network}_data`);
  return {
    format: 1,
    name,
    revision,
    dimension: facts.dimension,
    pooling: facts.pooling,
    normalize: true,
    maxTokens: facts.maxTokens,
    prefixes: facts.prefixes,
    documentTemplate: DOCUMENT_TEMPLATE,
    quantization,
    license,
    source,
    files: await Promise.all(paths.map((path) => describeFile(modelDir, path))),
  };
}

/** Dimension, pooling, length and prefixes of a model, from its small files alone. */
export async function modelFacts(modelDir: string, name: string): Promise<ModelFacts> {
  const config = await readConfig(modelDir, 'config.json');
  if (config === null) {
    throw invalidModel(modelDir, `is no model: it has neither ${MANIFEST_FILE} nor config.json`);
  }
  const type = encoderType(modelDir, config);
  await checkModules(modelDir);
  const family = familyOf(name);
  // DistilBERT calls it `dim`.
  const dimension = wholeNumber(config['hidden_size'] ?? config['dim'], 1, 4_096);
  if (dimension === null) throw unknownField(modelDir, 'dimension', 'config.json has no hidden_size');
  const pooling = (await poolingOf(modelDir)) ?? family?.pooling;
  if (pooling === undefined) {
    throw unknownField(
      modelDir,
      'pooling',
      `it has no 1_Pooling/config.json, and “${name}” is of no family that is known (${KNOWN_FAMILIES})`,
    );
  }
  const prompts = await promptsOf(modelDir);
  const prefixes = prompts ?? { query: family?.query ?? '', document: family?.document ?? '' };
  const positions = config['max_position_embeddings'];
  const limits = [
    typeof positions === 'number' ? positions - reservedPositionsOf[type]! : positions,
    (await readConfig(modelDir, 'tokenizer_config.json'))?.['model_max_length'],
    (await readConfig(modelDir, 'sentence_bert_config.json'))?.['max_seq_length'] ?? family?.maxTokens,
  ].filter((limit) => typeof limit === 'number' && limit > 0) as number[];
  if (limits.length === 0) {
    throw unknownField(modelDir, 'maxTokens', 'config.json has no max_position_embeddings');
  }
  const maxTokens = wholeNumber(Math.min(MOST_TOKENS, ...limits), 8, MOST_TOKENS);
  if (maxTokens === null) throw unknownField(modelDir, 'maxTokens', `its files say ${Math.min(...limits)}`);
  return { dimension, pooling, maxTokens, prefixes };
}

function encoderType(modelDir: string, config: Record<string, unknown>): string {
  const file = join(modelDir, 'config.json');
  const type = config['model_type'];
  if (typeof type !== 'string' || !Object.hasOwn(reservedPositionsOf, type)) {
    const known = Object.keys(reservedPositionsOf).join(', ');
    const found =
      typeof type === 'string' ? `describes a model of type “${type.slice(0, 60)}”` : 'has no model_type';
    throw invalidModel(file, `${found}: expected a BERT-like encoder (${known})`, { field: 'model_type' });
  }
  const head = [config['architectures']]
    .flat()
    .find((one) => /For(Sequence|Token|Question|Multiple)/.test(`${one}`));
  if (head !== undefined) {
    throw invalidModel(file, `describes a ${head}, which gives no vectors of texts: expected an encoder`, {
      field: 'architectures',
    });
  }
  return type;
}

/** A model may end in layers that are not in the network's file; without them its vectors are others. */
async function checkModules(modelDir: string): Promise<void> {
  const modules = await readJson(modelDir, 'modules.json');
  if (!Array.isArray(modules)) return;
  for (const module of modules) {
    const type = `${(module as Record<string, unknown> | null)?.['type']}`;
    if (/\.(Transformer|Pooling|Normalize)$/.test(type)) continue;
    throw invalidModel(
      join(modelDir, 'modules.json'),
      `asks for a layer “${type.slice(0, 80)}”: only Transformer, Pooling and Normalize can be had`,
    );
  }
}

/** undefined: the folder doesn't say. */
async function poolingOf(modelDir: string): Promise<ModelManifest['pooling'] | undefined> {
  const path = '1_Pooling/config.json';
  const config = await readConfig(modelDir, path);
  if (config === null) return undefined;
  if (config['include_prompt'] === false) {
    throw invalidModel(join(modelDir, path), "leaves the prefix out of the mean, which can't be had");
  }
  const modes = Object.keys(config).filter((key) => key.startsWith('pooling_mode_') && config[key] === true);
  // The square root of the length changes a vector's length only, and that is normalised.
  const means = ['pooling_mode_mean_tokens', 'pooling_mode_mean_sqrt_len_tokens'];
  const [mode] = modes;
  if (modes.length === 1 && means.includes(mode!)) return 'mean';
  if (modes.length === 1 && mode === 'pooling_mode_cls_token') return 'cls';
  const found = modes.length === 0 ? 'no pooling' : modes.join(' and ');
  throw invalidModel(join(modelDir, path), `asks for ${found}: expected the mean or the first token alone`, {
    field: 'pooling',
  });
}

async function promptsOf(modelDir: string): Promise<ModelManifest['prefixes'] | null> {
  const config = await readConfig(modelDir, 'config_sentence_transformers.json');
  const prompts = config?.['prompts'];
  if (typeof prompts !== 'object' || prompts === null) return null;
  const prompt = (...names: string[]) =>
    names.map((name) => (prompts as Record<string, unknown>)[name]).find((one) => typeof one === 'string') ??
    '';
  const query = prompt('query') as string;
  const document = prompt('document', 'passage') as string;
  return query === '' && document === '' ? null : { query, document };
}

function unknownField(modelDir: string, field: keyof ModelManifest, why: string) {
  const others = Object.keys(manifestFields).join(', ');
  return invalidModel(
    modelDir,
    `doesn't say its ${field}: ${why}. A ${MANIFEST_FILE} in it settles that: it has the fields ${others} (as the one ` +
      `of the default model has), and ${field} is ${manifestFields[field]}`,
    { field },
  );
}

/** `owner/name` where the folder lies as models/owner/name, else its own name alone: moving it changes no id. */
function originOf(modelDir: string): ModelOrigin {
  const dir = resolve(modelDir);
  const owner = dirname(dir);
  const owned = /^models?$/i.test(basename(dirname(owner))) && basename(owner) !== '';
  const plain = (part: string) => part.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 96) || 'model';
  return {
    name: owned ? `${plain(basename(owner))}/${plain(basename(dir))}` : plain(basename(dir)),
    revision: 'unknown',
    license: 'NOASSERTION',
    source: `a folder without ${MANIFEST_FILE}`,
  };
}

async function isThere(modelDir: string, path: string): Promise<boolean> {
  return stat(join(modelDir, path)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Size and sum of a file in a model folder. @throws AppError model_invalid, naming the file */
export async function describeFile(modelDir: string, path: string): Promise<ModelFile> {
  const file = join(modelDir, path);
  try {
    return { path, size: (await stat(file)).size, sha256: await sha256OfFile(file) };
  } catch (error) {
    throw invalidModel(file, `cannot be read, and every such model needs it: ${messageOf(error)}`);
  }
}

async function readConfig(modelDir: string, path: string): Promise<Record<string, unknown> | null> {
  const value = await readJson(modelDir, path);
  if (value === null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalidModel(join(modelDir, path), 'is no JSON object');
}

/** null: there is no such file. */
async function readJson(modelDir: string, path: string): Promise<unknown> {
  const file = join(modelDir, path);
  try {
    if ((await stat(file)).size > MAX_CONFIG_BYTES)
      throw invalidModel(file, 'is too large for a configuration');
    return JSON.parse(await readFile(file, 'utf8')) ?? {};
  } catch (error) {
    if (isAppError(error)) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw invalidModel(file, `cannot be read: ${messageOf(error)}`);
  }
}

function wholeNumber(value: unknown, min: number, max: number): number | null {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
    ? (value as number)
    : null;
}
