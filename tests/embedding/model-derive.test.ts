import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { createEmbedder, type LocalEmbedder } from '../../src/embedding/create-embedder.js';
import { familyOf } from '../../src/embedding/model/families.js';
import { MANIFEST_FILE } from '../../src/embedding/model/files.js';
import { modelIdOf, readManifest, verifyModelFiles } from '../../src/embedding/model/manifest.js';
import { isAppError } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import { defaultModelDir, tinyModelDir } from '../support/models.js';
import { dot, norm } from './vector-math.js';

const shared = join(projectRoot, '..', 'shared', 'model', 'Xenova');
const skip = existsSync(shared) ? false : '../shared/model is not beside this checkout';

describe('a folder without a manifest', () => {
  let root: string;
  let dir: string;
  const put = async (path: string, value: unknown) => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), JSON.stringify(value));
  };
  const bert = { model_type: 'bert', hidden_size: 64, max_position_embeddings: 512 };
  const mean = {
    pooling_mode_cls_token: false,
    pooling_mode_mean_tokens: true,
    word_embedding_dimension: 64,
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'quire-derive-'));
    dir = join(root, 'models', 'some', 'model');
    await cp(tinyModelDir(), dir, { recursive: true });
    await rm(join(dir, MANIFEST_FILE));
    await put('1_Pooling/config.json', mean);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const refuses = (...parts: RegExp[]) =>
    assert.rejects(readManifest(dir), (error) => {
      assert.ok(isAppError(error, 'model_invalid'), `${error}`);
      for (const part of parts) assert.match(error.message, part);
      return true;
    });

  it('gets one from its other files', async () => {
    const manifest = await readManifest(dir);
    await verifyModelFiles(dir, manifest);
    const { name, dimension, pooling, maxTokens, prefixes, quantization, files } = manifest;
    assert.deepEqual(
      { name, dimension, pooling, maxTokens, prefixes, quantization, files: files.length },
      {
        name: 'some/model',
        dimension: 64,
        pooling: 'mean',
        maxTokens: 512,
        prefixes: { query: '', document: '' },
        quantization: 'int8',
        files: 4,
      },
    );
    const moved = join(root, 'elsewhere', 'model');
    await cp(dir, moved, { recursive: true });
    assert.equal((await readManifest(moved)).name, 'model');
  });

  it('takes pooling, length and prefixes from the files of sentence-transformers', async () => {
    await put('1_Pooling/config.json', { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false });
    await put('sentence_bert_config.json', { max_seq_length: 100 });
    await put('config_sentence_transformers.json', { prompts: { query: 'q: ', passage: 'p: ' } });
    await put('modules.json', [
      { type: 'sentence_transformers.models.Transformer' },
      { type: 'sentence_transformers.models.Pooling' },
    ]);
    const { pooling, maxTokens, prefixes } = await readManifest(dir);
    assert.deepEqual(
      { pooling, maxTokens, prefixes },
      { pooling: 'cls', maxTokens: 100, prefixes: { query: 'q: ', document: 'p: ' } },
    );
  });

  it('is cut where any of its limits says so', async () => {
    const limits: [config: object, tokenizer: number, expected: number][] = [
      [bert, 1e30, 512],
      [bert, 384, 384],
      [{ ...bert, model_type: 'xlm-roberta', max_position_embeddings: 514 }, 1e30, 512],
      [{ ...bert, max_position_embeddings: 100_000 }, 1e30, 8_192],
      [{ model_type: 'distilbert', dim: 64, max_position_embeddings: 512 }, 1e30, 512],
    ];
    for (const [config, model_max_length, expected] of limits) {
      await put('config.json', config);
      await put('tokenizer_config.json', { model_max_length });
      assert.equal((await readManifest(dir)).maxTokens, expected);
    }
  });

  it('is refused, with the field that a manifest would settle', async () => {
    await rm(join(dir, '1_Pooling'), { recursive: true });
    await refuses(
      /doesn't say its pooling/,
      /“some\/model” is of no family/,
      /quire-model\.json.*format, name.*"mean".*"cls"/,
    );
    await put('1_Pooling/config.json', mean);
    await put('config.json', { model_type: 'bert' });
    await refuses(/doesn't say its dimension: config\.json has no hidden_size/);
    await put('config.json', { model_type: 'bert', hidden_size: 64 });
    await put('tokenizer_config.json', {});
    await refuses(/doesn't say its maxTokens: config\.json has no max_position_embeddings/);
  });

  it('is refused where it is no such model', async () => {
    await put('config.json', { ...bert, model_type: 't5' });
    await refuses(
      /config\.json describes a model of type “t5”: expected a BERT-like encoder \(albert, bert, /,
    );
    await put('config.json', { ...bert, model_type: 'constructor' });
    await refuses(/of type “constructor”/);
    await put('config.json', { hidden_size: 64 });
    await refuses(/config\.json has no model_type/);
    await put('config.json', { ...bert, architectures: ['BertForSequenceClassification'] });
    await refuses(/describes a BertForSequenceClassification/);
    await put('config.json', [bert]);
    await refuses(/config\.json is no JSON object/);
    await writeFile(join(dir, 'config.json'), '{');
    await refuses(/config\.json cannot be read: .*JSON/);
  });

  it('is refused where its vectors would need more than pooling', async () => {
    await put('1_Pooling/config.json', { pooling_mode_max_tokens: true });
    await refuses(/1_Pooling\/config\.json asks for pooling_mode_max_tokens/);
    await put('1_Pooling/config.json', { ...mean, pooling_mode_cls_token: true });
    await refuses(/pooling_mode_cls_token and pooling_mode_mean_tokens/);
    await put('1_Pooling/config.json', { ...mean, include_prompt: false });
    await refuses(/leaves the prefix out/);
    await put('1_Pooling/config.json', mean);
    await put('modules.json', [{ type: 'sentence_transformers.models.Dense' }]);
    await refuses(/modules\.json asks for a layer “sentence_transformers\.models\.Dense”/);
  });

  it('is refused where a file is missing, by name', async () => {
    await rm(join(dir, 'tokenizer.json'));
    await refuses(/tokenizer\.json cannot be read, and every such model needs it/);
    await cp(join(tinyModelDir(), 'tokenizer.json'), join(dir, 'tokenizer.json'));
    await rm(join(dir, 'onnx', 'model_quantized.onnx'));
    await refuses(/onnx\/model\.onnx cannot be read/);
  });

  it('gets another fingerprint with every changed byte', async () => {
    const before = modelIdOf(await readManifest(dir));
    await put('tokenizer_config.json', { model_max_length: 512 });
    assert.notEqual(modelIdOf(await readManifest(dir)), before);
  });
});

describe('families', () => {
  const bge = 'Represent this sentence for searching relevant passages: ';
  const known: [name: string, pooling: string, query: string, document: string, maxTokens?: number][] = [
    ['sentence-transformers/all-MiniLM-L6-v2', 'mean', '', '', 256],
    ['Xenova/all-MiniLM-L12-v2', 'mean', '', '', 128],
    ['Xenova/bge-small-en-v1.5', 'cls', bge, ''],
    ['BAAI/bge-base-en', 'cls', bge, ''],
    ['BAAI/bge-m3', 'cls', '', ''],
    ['thenlper/gte-small', 'mean', '', ''],
    ['intfloat/e5-small-v2', 'mean', 'query: ', 'passage: '],
    ['Xenova/multilingual-e5-large', 'mean', 'query: ', 'passage: '],
    ['Snowflake/snowflake-arctic-embed-xs', 'cls', bge, ''],
  ];
  for (const [name, pooling, query, document, maxTokens] of known) {
    it(`know ${name}`, () => {
      const family = familyOf(name);
      assert.deepEqual(
        [family?.pooling, family?.query ?? '', family?.document ?? '', family?.maxTokens],
        [pooling, query, document, maxTokens],
      );
    });
  }

  it('know nothing of models that only sound like them', () => {
    for (const name of [
      'intfloat/multilingual-e5-large-instruct',
      'Alibaba-NLP/gte-large-en-v1.5',
      'BAAI/bge-reranker-base',
      'BAAI/bge-large-zhx',
      'Snowflake/snowflake-arctic-embed-m-long',
      'some/e5',
      '',
    ]) {
      assert.equal(familyOf(name), null, name);
    }
  });
});

describe('the real models without a manifest', { skip }, () => {
  const open: LocalEmbedder[] = [];
  const embedderOf = async (modelDir: string) => {
    const embedder = await createEmbedder({ modelDir, workers: 1, log: silentLogger });
    open.push(embedder);
    return embedder;
  };
  before(() => assert.ok(!existsSync(join(shared, 'bge-small-en-v1.5', MANIFEST_FILE))));
  after(() => Promise.all(open.map((embedder) => embedder.close())));

  it('all-MiniLM-L6-v2 is the default model, with its id and vectors', async () => {
    const ours = await embedderOf(defaultModelDir);
    const theirs = await embedderOf(join(shared, 'all-MiniLM-L6-v2'));
    assert.deepEqual(theirs.model, ours.model);
    const texts = ['graph neural networks', `${'a long text '.repeat(60)}ocean ${'and more '.repeat(20)}`];
    for (const text of texts) assert.deepEqual(await theirs.embedQuery(text), await ours.embedQuery(text));
  });

  it('bge-small-en-v1.5 has 512 tokens and its prefix, and finds what is meant', async () => {
    const bge = await embedderOf(join(shared, 'bge-small-en-v1.5'));
    assert.match(bge.model.id, /^Xenova\/bge-small-en-v1\.5@/);
    assert.deepEqual([bge.model.dimension, bge.model.maxTokens], [384, 512]);
    const query = await bge.embedQuery('how do plants turn light into energy?');
    const prefixed =
      'Represent this sentence for searching relevant passages: how do plants turn light into energy?';
    const documents = [
      { title: prefixed, abstract: '' },
      { title: 'Photosynthesis', abstract: 'Chlorophyll absorbs sunlight and drives the making of sugar.' },
      { title: 'Sorting in linear time', abstract: 'We count keys instead of comparing them.' },
    ];
    const [same, right, wrong] = await bge.embedDocuments(documents);
    assert.deepEqual(query, same);
    assert.ok(Math.abs(norm(query) - 1) < 1e-6);
    assert.ok(dot(query, right!) > dot(query, wrong!) + 0.1);
    // Past 256 tokens it still reads.
    const long = (last: string) => `${'paper '.repeat(400)}${last}`;
    const [a, b] = await bge.embedDocuments([
      { title: long('ocean'), abstract: '' },
      { title: long('paper'), abstract: '' },
    ]);
    assert.notDeepEqual(a, b);
  });
});
