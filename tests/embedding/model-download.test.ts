import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyModelFiles } from '../../src/embedding/model/manifest.js';
import {
  type ModelSourceOptions,
  type ResolvedModel,
  resolveModel,
} from '../../src/embedding/model/source.js';
import { loadModelRunner } from '../../src/embedding/pool/runner.js';
import { type ErrorCode, isAppError } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { tinyModelDir } from '../support/models.js';
import { FAKE_COMMIT, FAKE_ID, type FakeHub, startFakeHub } from './fake-hub.js';

const NETWORK = 'onnx/model_quantized.onnx';
const fails =
  (code: ErrorCode, ...parts: RegExp[]) =>
  (error: unknown) => {
    assert.ok(isAppError(error, code), `${error}`);
    for (const part of parts) assert.match(error.message, part);
    return true;
  };

let dataDir: string;
let hub: FakeHub;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'quire-hub-'));
  hub = await startFakeHub();
});
afterEach(async () => {
  await hub.close();
  await rm(dataDir, { recursive: true, force: true });
});

const work = () => join(dataDir, 'models', '.downloading-test-owner--tiny-64d');
const asked = (path: string) =>
  hub.requests.filter((request) => request.path === path).map(({ range }) => range);

function resolveTiny(options: Partial<ModelSourceOptions> = {}, ref = FAKE_ID): Promise<ResolvedModel> {
  return resolveModel(ref, {
    modelsDir: join(dataDir, 'none'),
    dataDir,
    hub: hub.url,
    log: silentLogger,
    timing: { stallMs: 5_000, retryMs: 1 },
    ...options,
  });
}

/** Resolves when this much of the network has reached the disk. */
async function partHas(bytes: number): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    const found = await stat(join(work(), 'model', `${NETWORK}.part`)).catch(() => null);
    if (found?.size === bytes) return;
    await sleep(5);
  }
  throw new Error(`${bytes} bytes never came`);
}

async function assertNothingHalf(): Promise<void> {
  await assert.rejects(resolveTiny({ hub: null }), fails('model_unavailable', /not at hand/));
}

describe('a download', () => {
  it('gives a whole model with a manifest, and is needed once', async () => {
    const { modelDir, manifest } = await resolveTiny();
    assert.equal(modelDir, join(dataDir, 'models', 'test-owner', 'tiny-64d'));
    await verifyModelFiles(modelDir, manifest);
    const { name, revision, license, source, maxTokens, pooling } = manifest;
    assert.deepEqual(
      { name, revision, license, source, maxTokens, pooling },
      {
        name: FAKE_ID,
        revision: FAKE_COMMIT,
        license: 'apache-2.0',
        source: `${hub.url}/${FAKE_ID}`,
        maxTokens: 256,
        pooling: 'mean',
      },
    );
    for (const path of ['tokenizer.json', NETWORK]) {
      assert.deepEqual(await readFile(join(modelDir, path)), await readFile(join(tinyModelDir(), path)));
    }
    assert.deepEqual(await readdir(join(dataDir, 'models')), ['test-owner']);
    assert.deepEqual(asked('README.md'), []);
    assert.ok(hub.requests.every(({ encoding }) => encoding === 'identity'));
    const before = hub.requests.length;
    assert.deepEqual(await resolveTiny({ hub: null }), { modelDir, manifest });
    assert.equal(hub.requests.length, before);
    const runner = await loadModelRunner(modelDir, manifest);
    await runner.dispose();
  });

  it('of a revision lies beside, and is found by it', async () => {
    const { modelDir } = await resolveTiny({}, `${FAKE_ID}@v1.0`);
    assert.equal(modelDir, join(dataDir, 'models', 'test-owner', 'tiny-64d@v1.0'));
    await assertNothingHalf();
    await resolveTiny();
    const short = await resolveTiny({ hub: null }, `${FAKE_ID}@${FAKE_COMMIT.slice(0, 10)}`);
    assert.equal(short.modelDir, join(dataDir, 'models', 'test-owner', 'tiny-64d'));
    await assert.rejects(
      resolveTiny({ hub: null }, `${FAKE_ID}@deadbeef00`),
      fails('model_unavailable', /\(revision c0ffee/),
    );
  });

  it('shows its bytes', async () => {
    const lines: string[] = [];
    await resolveTiny({ progress: { isTTY: true, write: (text) => lines.push(text) } });
    assert.match(lines.join(''), /downloading test-owner\/tiny-64d, bytes: [\d,]+ of 1,124,\d{3}/);
  });

  it('goes on where the line broke, again and again', async () => {
    const breakAt = (after: number, whole: number) =>
      ({ kind: 'break', after, sent: () => partHas(whole) }) as const;
    hub.fail(NETWORK, breakAt(300_000, 300_000), breakAt(100_000, 400_000), breakAt(1, 400_001));
    await resolveTiny();
    const ranges = asked(NETWORK);
    assert.equal(ranges.length, 4);
    const starts = ranges.map((range) => Number(/\d+/.exec(range ?? '0')![0]));
    assert.deepEqual(starts, [0, 300_000, 400_000, 400_001]);
  });

  it('starts over where the hub ignores the range', async () => {
    hub.fail(NETWORK, { kind: 'break', after: 300_000, sent: () => partHas(300_000) }, { kind: 'no-range' });
    const { modelDir, manifest } = await resolveTiny();
    await verifyModelFiles(modelDir, manifest);
    assert.deepEqual(asked(NETWORK), [null, 'bytes=300000-']);
  });

  it('tries again after a passing fault, and not after another', async () => {
    hub.fail(NETWORK, { kind: 'status', status: 503 }, { kind: 'status', status: 429 });
    await resolveTiny();
    hub.fail(NETWORK, { kind: 'status', status: 403 });
    hub.fail(
      'tokenizer.json',
      ...Array.from({ length: 9 }, () => ({ kind: 'status', status: 500 }) as const),
    );
    await assert.rejects(
      resolveTiny({}, `${FAKE_ID}@a`),
      fails('model_unavailable', /tokenizer\.json answered 500/),
    );
    hub.fail('tokenizer.json');
    await assert.rejects(resolveTiny({}, `${FAKE_ID}@a`), fails('model_unavailable', /answered 403.*gated/));
    await resolveTiny({}, `${FAKE_ID}@a`);
    assert.equal(asked('tokenizer.json').length, 1 + 4 + 1);
  });

  it('gives up a line on which nothing comes', async () => {
    hub.fail(NETWORK, ...Array.from({ length: 9 }, () => ({ kind: 'stall', after: 0 }) as const));
    await assert.rejects(
      resolveTiny({ timing: { stallMs: 40, retryMs: 1 } }),
      fails('model_unavailable', /model_quantized\.onnx could not be downloaded: no byte came for 0\.04 s/),
    );
    await assertNothingHalf();
  });
});

describe('a download that is cut off', () => {
  it('is no model, and the next one goes on with it', async () => {
    const abort = new AbortController();
    const sent = () => partHas(500_000).then(() => abort.abort());
    hub.fail(NETWORK, { kind: 'stall', after: 500_000, sent });
    await assert.rejects(resolveTiny({ signal: abort.signal }), fails('cancelled', /cancelled/));
    assert.ok(!existsSync(join(work(), 'model', NETWORK)));
    await assertNothingHalf();
    const { modelDir, manifest } = await resolveTiny();
    await verifyModelFiles(modelDir, manifest);
    assert.deepEqual(asked(NETWORK), [null, 'bytes=500000-']);
    assert.deepEqual(asked('tokenizer.json'), [null]);
  });

  it('and was of another commit, or is damaged, counts for nothing', async () => {
    const part = join(work(), 'model', `${NETWORK}.part`);
    await mkdir(join(work(), 'model', 'onnx'), { recursive: true });
    await writeFile(part, 'rubbish');
    await writeFile(join(work(), 'commit'), 'f'.repeat(40));
    await resolveTiny();
    assert.deepEqual(asked(NETWORK), [null]);
    await rm(join(dataDir, 'models'), { recursive: true });
    await mkdir(join(work(), 'model', 'onnx'), { recursive: true });
    await writeFile(part, 'rubbish');
    await writeFile(join(work(), 'commit'), FAKE_COMMIT);
    const { modelDir, manifest } = await resolveTiny();
    await verifyModelFiles(modelDir, manifest);
    assert.deepEqual(asked(NETWORK), [null, 'bytes=7-', null]);
  });
});

describe('what is refused', () => {
  for (const path of [NETWORK, 'config.json']) {
    it(`a wrong byte in ${path}, by name`, async () => {
      hub.fail(path, { kind: 'wrong-byte' });
      await assert.rejects(resolveTiny(), fails('model_invalid', new RegExp(`${path} is damaged`)));
      await assertNothingHalf();
      assert.ok(!existsSync(join(work(), 'model')));
      await resolveTiny();
    });
  }

  it('more bytes than were announced', async () => {
    hub.fail(NETWORK, { kind: 'too-long' });
    await assert.rejects(
      resolveTiny(),
      fails('model_invalid', /model_quantized\.onnx has more than the 1052139 bytes/),
    );
  });

  it('a model whose pooling nobody knows, before its network is fetched', async () => {
    hub.files.delete('1_Pooling/config.json');
    await assert.rejects(resolveTiny(), fails('model_invalid', /its pooling.*quire-model\.json/));
    assert.deepEqual(asked(NETWORK), []);
  });

  it('a model in another layout, and a file that is too large', async () => {
    hub.files.set('config.json', Buffer.alloc(65 * 2 ** 20));
    await assert.rejects(resolveTiny(), fails('model_invalid', /config\.json has 68157440 bytes/));
    hub.files.delete(NETWORK);
    await assert.rejects(
      resolveTiny(),
      fails('model_invalid', /no onnx\/model_quantized\.onnx or onnx\/model\.onnx/),
    );
    assert.equal(hub.requests.length, 0);
  });

  it('what the hub does not have or does not give', async () => {
    await assert.rejects(resolveTiny({}, 'no/such'), fails('model_unavailable', /no\/such.* answered 404/));
    await assert.rejects(
      resolveTiny({}, 'gated/model'),
      fails('model_unavailable', /answered 401.*gated.*folder/),
    );
    hub.answerListingsWith(503);
    await assert.rejects(resolveTiny(), fails('model_unavailable', /answered 503: try again later/));
  });

  it('a hub that is not there, naming both', async () => {
    await assert.rejects(
      resolveTiny({ hub: 'http://127.0.0.1:1' }),
      fails(
        'model_unavailable',
        /test-owner\/tiny-64d could not be looked up at http:\/\/127\.0\.0\.1:1.*(ECONNREFUSED|bad port)/,
      ),
    );
  });

  it('a full disk', { skip: !existsSync('/dev/full') && 'there is no /dev/full here' }, async () => {
    await mkdir(join(work(), 'model', 'onnx'), { recursive: true });
    await writeFile(join(work(), 'commit'), FAKE_COMMIT);
    await symlink('/dev/full', join(work(), 'model', `${NETWORK}.part`));
    await assert.rejects(
      resolveTiny(),
      fails('model_unavailable', /model_quantized\.onnx can't be written: ENOSPC/),
    );
    await assertNothingHalf();
  });

  it('a place that is no folder', async () => {
    await writeFile(join(dataDir, 'models'), '');
    await assert.rejects(resolveTiny(), fails('data_dir_unwritable', /models/));
  });
});

describe('two processes', () => {
  const lockedBy = async (owner: object) => {
    await mkdir(work(), { recursive: true });
    await writeFile(join(work(), 'lock'), JSON.stringify(owner));
  };

  it('do not download one model at a time', async () => {
    await lockedBy({ host: hostname(), pid: process.ppid });
    await assert.rejects(resolveTiny(), fails('model_unavailable', /by another process/));
    await lockedBy({ host: 'elsewhere', pid: 1 });
    await assert.rejects(resolveTiny(), fails('model_unavailable', /by another process/));
    await rm(join(work(), 'lock'));
    const both = await Promise.allSettled([resolveTiny(), resolveTiny()]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const refused = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    assert.ok(fails('model_unavailable', /by another process/)(refused.reason));
  });

  it('may follow one another where the first died', async () => {
    await lockedBy({ host: hostname(), pid: process.pid });
    await resolveTiny();
    await lockedBy({ host: 'elsewhere', pid: 1 });
    await utimes(join(work(), 'lock'), 1, 1);
    await rm(join(dataDir, 'models', 'test-owner'), { recursive: true });
    await resolveTiny();
  });
});
