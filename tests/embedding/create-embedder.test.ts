import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type LocalEmbedder,
  MAX_CHARACTERS_PER_TOKEN,
  MAX_DOCUMENTS_PER_CALL,
  maxOpen,
} from '../../src/embedding/create-embedder.js';
import type { ModelManifest } from '../../src/embedding/model/manifest.js';
import { isAppError } from '../../src/platform/errors.js';
import { isOf } from '../support/errors.js';
import { changeManifest, copyModel, tinyModelDir } from '../support/models.js';
import { embedderWith, numbered, titles } from './embedders.js';
import { dot, norm } from './vector-math.js';

/** The tiny model with another manifest, in a folder of its own for the length of `use`. */
async function withVariant(
  manifest: Partial<ModelManifest>,
  use: (modelDir: string) => Promise<void>,
): Promise<void> {
  const { dir, remove } = await copyModel(tinyModelDir());
  try {
    await changeManifest(dir, () => manifest);
    await use(dir);
  } finally {
    await remove();
  }
}

describe('embedding', () => {
  let embedder: LocalEmbedder;
  before(async () => {
    embedder = await embedderWith({ workers: 2 });
  });

  it('loads the model at the first text', async () => {
    assert.equal(embedder.isWarm, false);
    const vector = await embedder.embedQuery('graph neural networks');
    assert.equal(embedder.isWarm, true);
    assert.ok(vector instanceof Float32Array);
    assert.equal(vector.length, embedder.model.dimension);
    assert.ok(Math.abs(norm(vector) - 1) < 1e-6);
    await embedder.warm();
  });

  it('keeps the order of documents of very different lengths over two workers', async () => {
    for (let tries = 0; embedder.stats().workers < 2 && tries < 1000; tries++) await sleep(10);
    assert.equal(embedder.stats().workers, 2);
    const documents = Array.from({ length: 120 }, (_, at) => ({
      title: `Paper ${at}`,
      abstract: at % 3 === 0 ? '' : 'robust optimization of language models '.repeat((at * 7) % 40),
    }));
    const together = await embedder.embedDocuments(documents);
    for (const at of [0, 1, 17, 60, 119]) {
      const [alone] = await embedder.embedDocuments([documents[at]!]);
      assert.deepEqual(together[at], alone, `document ${at}`);
    }
  });

  it('puts texts that share words near one another', async () => {
    const [graphs, same, other] = await embedder.embedDocuments([
      { title: 'Neural networks for graphs', abstract: 'We study graph learning.' },
      { title: 'Graph neural network learning', abstract: '' },
      { title: 'Protein folding in cells', abstract: 'Biology of molecules.' },
    ]);
    assert.ok(dot(graphs!, same!) > dot(graphs!, other!) + 0.3);
  });

  it('takes no documents, and not more than a call may have', async () => {
    assert.deepEqual(await embedder.embedDocuments([]), []);
    await assert.rejects(
      embedder.embedDocuments(numbered(MAX_DOCUMENTS_PER_CALL + 1)),
      isOf('invalid_input'),
    );
  });

  it('takes any text', async () => {
    const texts = [
      '',
      ' \n\t',
      '\0\u0001\u0007',
      '\ud800',
      'a\udc00b',
      '👩‍🔬🧬',
      '深度学习与图神经网络',
      'x'.repeat(1_000_000),
    ];
    texts.push(
      '\0'.repeat(1_000_000),
      `${' '.repeat(1_000_000)}graph`,
      'é'.normalize('NFD').repeat(3),
      '[SEP] [CLS]',
    );
    for (const text of texts) {
      const vector = await embedder.embedQuery(text);
      assert.ok(Math.abs(norm(vector) - 1) < 1e-6, JSON.stringify(text.slice(0, 20)));
    }
  });

  it('hands the tokenizer no more of a huge text than could matter', async () => {
    const bound = embedder.model.maxTokens * MAX_CHARACTERS_PER_TOKEN;
    // A word of more than 100 letters is one token, so only this cut keeps the last word out.
    const word = 'x'.repeat(bound);
    assert.deepEqual(await embedder.embedQuery(`${word} graph`), await embedder.embedQuery(word));
    assert.notDeepEqual(await embedder.embedQuery(`${word.slice(9)} graph`), await embedder.embedQuery(word));
  });

  it("cuts at the manifest's length, past the tokenizer's own, and keeps the closing token", async () => {
    const words = Array.from(
      { length: 400 },
      (_, at) => ['graph', 'protein', 'noise', 'robot'][(at * at) % 4]!,
    );
    const text = (count: number) => words.slice(0, count).join(' ');
    const before = embedder.stats();
    // 256 tokens are 254 words between [CLS] and [SEP].
    const full = await embedder.embedQuery(text(254));
    const longer = await embedder.embedQuery(text(255));
    const longest = await embedder.embedQuery(text(400));
    const shorter = await embedder.embedQuery(text(253));
    const stats = embedder.stats();
    assert.deepEqual(longer, full);
    assert.deepEqual(longest, full);
    assert.notDeepEqual(shorter, full);
    assert.equal(stats.tokens - before.tokens, 256 * 3 + 255);
    assert.equal(stats.truncated - before.truncated, 2);
    assert.equal(stats.lanes.query.embedded - before.lanes.query.embedded, 4);
  });

  it('takes a path with spaces and dashes for the model', async () => {
    const { dir, remove } = await copyModel(tinyModelDir());
    try {
      const odd = join(dir, 'my model--v1.0 [ü]');
      await cp(tinyModelDir(), odd, { recursive: true });
      const other = await embedderWith({ modelDir: odd });
      assert.deepEqual(await other.embedQuery('graph'), await embedder.embedQuery('graph'));
      assert.equal(other.model.id, embedder.model.id);
      await other.close();
    } finally {
      await remove();
    }
  });
});

describe('what the manifest says', () => {
  it('goes into the text: prefixes and template', async () => {
    const plain = await embedderWith();
    const manifest = {
      prefixes: { query: 'query: ', document: 'passage: ' },
      documentTemplate: '{title} [SEP] {abstract}',
    };
    await withVariant(manifest, async (modelDir) => {
      const prefixed = await embedderWith({ modelDir });
      assert.notEqual(prefixed.model.id, plain.model.id);
      const document = { title: 'graph', abstract: 'noise' };
      assert.deepEqual(await prefixed.embedQuery('graph'), await plain.embedQuery('query: graph'));
      const [vector] = await prefixed.embedDocuments([document]);
      assert.deepEqual(vector, await plain.embedQuery('passage: graph [SEP] noise'));
      const [untouched] = await plain.embedDocuments([document]);
      assert.deepEqual(untouched, await plain.embedQuery('graph. noise'));
      await prefixed.close();
    });
  });

  it("decides the pooling: the first token's state is the same for all texts of a model without layers", async () => {
    await withVariant({ pooling: 'cls' }, async (modelDir) => {
      const embedder = await embedderWith({ modelDir });
      const [a, b] = await embedder.embedDocuments(titles('graph', 'protein folding'));
      assert.deepEqual(a, b);
      assert.ok(Math.abs(norm(a!) - 1) < 1e-6);
      await embedder.close();
    });
  });

  it('must fit the network', async () => {
    await withVariant({ dimension: 32 }, async (modelDir) => {
      const embedder = await embedderWith({ modelDir });
      await assert.rejects(
        embedder.warm(),
        (error) => isAppError(error, 'model_invalid') && /1 x \d+ x 32.*1 x \d+ x 64/.test(error.message),
      );
      await embedder.close();
    });
  });
});

describe('damage', () => {
  it('of a file is told when the embedder is created or when the model is loaded, and can be mended', async () => {
    const { dir, remove } = await copyModel(tinyModelDir());
    try {
      const file = join(dir, 'tokenizer.json');
      const good = await readFile(file);
      const embedder = await embedderWith({ modelDir: dir });
      await writeFile(file, good.fill('x', 100, 101));
      const rejected = Promise.allSettled([embedder.warm(), embedder.embedQuery('graph')]);
      for (const one of await rejected) {
        assert.ok(one.status === 'rejected' && isAppError(one.reason, 'model_invalid'));
        assert.match(one.reason.message, /tokenizer\.json is damaged/);
      }
      assert.equal(embedder.isWarm, false);
      await writeFile(file, await readFile(join(tinyModelDir(), 'tokenizer.json')));
      assert.equal((await embedder.embedQuery('graph')).length, 64);
      await embedder.close();
      await rm(file);
      await assert.rejects(embedderWith({ modelDir: dir }), isOf('model_invalid'));
    } finally {
      await remove();
    }
  });

  it('of a network whose sum is right is told by the runtime', async () => {
    const { dir, remove } = await copyModel(tinyModelDir());
    try {
      const network = 'onnx/model_quantized.onnx';
      const garbage = Buffer.alloc(1000, 7);
      await writeFile(join(dir, network), garbage);
      const sha256 = createHash('sha256').update(garbage).digest('hex');
      await changeManifest(dir, ({ files }) => ({
        files: files.map((file) => (file.path === network ? { ...file, size: 1000, sha256 } : file)),
      }));
      const embedder = await embedderWith({ modelDir: dir });
      await assert.rejects(
        embedder.embedQuery('graph'),
        (error) => isAppError(error, 'model_invalid') && error.message.includes(dir),
      );
      await embedder.close();
    } finally {
      await remove();
    }
  });
});

describe('limits', () => {
  it('rejects an abort at once, before and during the wait, and leaves other calls alone', async () => {
    const embedder = await embedderWith();
    await assert.rejects(embedder.embedQuery('x', { signal: AbortSignal.abort() }), isOf('cancelled'));
    assert.equal(embedder.stats().workers, 0, 'nothing is loaded for a call that is over');
    const abort = new AbortController();
    const aborted = embedder.embedDocuments(numbered(500), { signal: abort.signal });
    const other = embedder.embedDocuments(numbered(3));
    abort.abort();
    await assert.rejects(aborted, isOf('cancelled'));
    assert.equal((await other).length, 3);
    assert.equal(embedder.stats().lanes.fresh.embedded, 3);
    await embedder.close();
  });

  it('refuses what the queue has no room for, and nothing of what it has taken', async () => {
    const embedder = await embedderWith();
    const calls = ['one', 'two'].map((prefix) =>
      embedder.embedDocuments(numbered(MAX_DOCUMENTS_PER_CALL, prefix)),
    );
    await assert.rejects(embedder.embedDocuments(numbered(1)), isOf('overloaded'));
    const query = embedder.embedQuery('queries have room of their own');
    assert.equal(embedder.stats().lanes.fresh.open, maxOpen.fresh);
    const backfill = embedder.embedDocuments(numbered(1, 'backfill'), { lane: 'backfill' });
    await query;
    assert.ok(embedder.stats().lanes.fresh.waiting > 0, 'the query was answered before the documents');
    for (const vectors of await Promise.all(calls)) assert.equal(vectors.length, MAX_DOCUMENTS_PER_CALL);
    assert.equal((await backfill).length, 1);
    await embedder.embedDocuments(numbered(1));
    await embedder.close();
  });

  it('wants a possible number of workers', async () => {
    for (const workers of [0, 1.5, Number.NaN, 65]) {
      await assert.rejects(embedderWith({ workers }), isOf('invalid_config'));
    }
    const embedder = await embedderWith();
    assert.throws(() => embedder.resize(0), isOf('invalid_config'));
    await embedder.close();
  });
});

describe('close', () => {
  it('delivers what is under way, refuses the rest, and can be called again', async () => {
    const embedder = await embedderWith();
    await embedder.warm();
    const first = embedder.embedQuery('under way');
    const waiting = embedder.embedDocuments(numbered(300));
    const closing = embedder.close();
    await assert.rejects(waiting, isOf('shutting_down'));
    assert.equal((await first).length, 64);
    await Promise.all([closing, embedder.close()]);
    assert.equal(embedder.isWarm, false);
    await assert.rejects(embedder.embedQuery('late'), isOf('shutting_down'));
    await assert.rejects(embedder.warm(), isOf('shutting_down'));
  });

  it('of an embedder that never loaded, or is loading, ends too', async () => {
    const never = await embedderWith();
    await never.close();
    const loading = await embedderWith({ workers: 2 });
    const warm = assert.rejects(loading.warm(), isOf('shutting_down'));
    await loading.close();
    await warm;
  });
});
