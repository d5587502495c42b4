import assert from 'node:assert/strict';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MANIFEST_FILE } from '../../src/embedding/model/files.js';
import {
  embeddingModelOf,
  type ModelManifest,
  modelIdOf,
  readManifest,
  verifyModelFiles,
} from '../../src/embedding/model/manifest.js';
import { isAppError } from '../../src/platform/errors.js';
import { copyModel, defaultModelDir, tinyModelDir } from '../support/models.js';

const isInvalid =
  (...parts: RegExp[]) =>
  (error: unknown) =>
    isAppError(error, 'model_invalid') && parts.every((part) => part.test(error.message));

describe('the default model', () => {
  it('is whole, and what the documentation says it is', async () => {
    const manifest = await readManifest(defaultModelDir);
    await verifyModelFiles(defaultModelDir, manifest);
    const { id, dimension, maxTokens } = embeddingModelOf(manifest);
    assert.match(id, /^Xenova\/all-MiniLM-L6-v2@[0-9a-f]{12}$/);
    assert.deepEqual({ dimension, maxTokens }, { dimension: 384, maxTokens: 256 });
    assert.deepEqual([manifest.pooling, manifest.prefixes], ['mean', { query: '', document: '' }]);
    const description = await readFile(join(defaultModelDir, 'MODEL.md'), 'utf8');
    for (const { path, sha256 } of manifest.files) {
      assert.ok(description.includes(sha256), `MODEL.md has no or another sum for ${path}`);
    }
    assert.ok(description.includes(id), `MODEL.md should name ${id}`);
    assert.match(await readFile(join(defaultModelDir, 'LICENSE'), 'utf8'), /Apache License\s+Version 2\.0/);
  });
});

describe('readManifest', () => {
  let dir: string;
  let remove: () => Promise<void>;
  let good: ModelManifest;
  const write = (value: unknown) => writeFile(join(dir, MANIFEST_FILE), JSON.stringify(value));
  before(async () => {
    ({ dir, remove } = await copyModel(tinyModelDir()));
    good = await readManifest(dir);
  });
  after(() => remove());

  it('says which file is missing or no JSON', async () => {
    await assert.rejects(
      readManifest(join(dir, 'nowhere')),
      isInvalid(/nowhere is no model/, /neither quire-model\.json nor config\.json/),
    );
    await writeFile(join(dir, MANIFEST_FILE), '{"format": 1,');
    await assert.rejects(readManifest(dir), isInvalid(/quire-model\.json/, /JSON/));
  });

  const wrong: [field: string, change: Record<string, unknown>, message: RegExp][] = [
    ['format', { format: 2 }, /expected 1/],
    ['name', { name: 'no spaces please' }, /expected a model name/],
    ['dimension', { dimension: 0 }, /expected a whole number from 1/],
    ['pooling', { pooling: 'max' }, /expected "mean".*"cls"/],
    ['normalize', { normalize: false }, /expected true/],
    ['maxTokens', { maxTokens: '256' }, /expected a whole number from 8/],
    ['prefixes.query', { prefixes: { query: 1, document: '' } }, /expected \{ "query"/],
    ['documentTemplate', { documentTemplate: '{abstract}' }, /\{title\}/],
    ['quantization', { quantization: 'int4' }, /expected "int8"/],
    [
      'files.0.path',
      { files: [{ path: '../config.json', size: 1, sha256: '0'.repeat(64) }] },
      /expected a list/,
    ],
    ['files.0.sha256', { files: [{ path: 'config.json', size: 1, sha256: 'abc' }] }, /expected a list/],
  ];
  for (const [field, change, message] of wrong) {
    it(`names the field ${field}`, async () => {
      await write({ ...good, ...change });
      await assert.rejects(
        readManifest(dir),
        isInvalid(new RegExp(`wrong field ${field.replaceAll('.', '\\.')}:`), message),
      );
    });
  }

  it('names a field that is missing or unknown', async () => {
    const { pooling: _, ...rest } = good;
    await write(rest);
    await assert.rejects(readManifest(dir), isInvalid(/pooling/));
    await write({ ...good, prefix: 'query: ' });
    await assert.rejects(readManifest(dir), isInvalid(/prefix/));
    await write(null);
    await assert.rejects(readManifest(dir), isInvalid(/is not a model's manifest/));
  });

  it('wants an entry for every file that the model needs', async () => {
    await write({ ...good, files: good.files.filter(({ path }) => path !== 'tokenizer.json') });
    await assert.rejects(readManifest(dir), isInvalid(/no entry in files for tokenizer\.json/));
    await write({ ...good, quantization: 'none' });
    await assert.rejects(readManifest(dir), isInvalid(/no entry in files for onnx\/model\.onnx/));
  });

  it('sees a file that is missing or cut, without reading it', async () => {
    await write(good);
    await rm(join(dir, 'config.json'));
    await assert.rejects(readManifest(dir), isInvalid(/config\.json/, /ENOENT/));
    await writeFile(join(dir, 'config.json'), await readFile(join(tinyModelDir(), 'config.json')));
    await truncate(join(dir, 'onnx', 'model_quantized.onnx'), 1000);
    await assert.rejects(readManifest(dir), isInvalid(/model_quantized\.onnx has 1000 bytes/));
  });
});

describe('verifyModelFiles', () => {
  it('sees one flipped bit', async () => {
    const { dir, remove } = await copyModel(tinyModelDir());
    try {
      const manifest = await readManifest(dir);
      await verifyModelFiles(dir, manifest);
      const file = join(dir, 'onnx', 'model_quantized.onnx');
      const bytes = await readFile(file);
      bytes[50_000]! ^= 1;
      await writeFile(file, bytes);
      await readManifest(dir);
      await assert.rejects(
        verifyModelFiles(dir, manifest),
        isInvalid(/model_quantized\.onnx is damaged/, /expected [0-9a-f]{64}/),
      );
    } finally {
      await remove();
    }
  });
});

describe('modelIdOf', () => {
  it('changes with everything that changes vectors and with nothing else', async () => {
    const manifest = await readManifest(tinyModelDir());
    const id = modelIdOf(manifest);
    const same: Partial<ModelManifest>[] = [
      { revision: 'another label' },
      { license: 'MIT', source: 'elsewhere' },
      { files: manifest.files.toReversed() },
    ];
    for (const change of same)
      assert.equal(modelIdOf({ ...manifest, ...change }), id, JSON.stringify(change));
    const [first, ...rest] = manifest.files;
    const others: Partial<ModelManifest>[] = [
      { pooling: 'cls' },
      { maxTokens: 128 },
      { prefixes: { query: 'query: ', document: '' } },
      { prefixes: { query: '', document: 'query: ' } },
      { documentTemplate: '{title} {abstract}' },
      { dimension: 32 },
      { quantization: 'none' },
      { files: [{ ...first!, sha256: '0'.repeat(64) }, ...rest] },
    ];
    const ids = new Set(others.map((change) => modelIdOf({ ...manifest, ...change })));
    assert.equal(ids.size, others.length);
    assert.ok(!ids.has(id));
  });
});
