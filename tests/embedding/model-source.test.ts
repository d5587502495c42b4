import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseModelId } from '../../src/embedding/model/hub.js';
import { resolveModel } from '../../src/embedding/model/source.js';
import { isAppError } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { tinyModelDir } from '../support/models.js';

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quire-source-'));
  for (const place of ['models/own/tiny', 'models/plain', 'data/models/far/tiny', 'outside/tiny']) {
    await cp(tinyModelDir(), join(dir, place), { recursive: true });
  }
  await mkdir(join(dir, 'models', 'empty'));
});
after(() => rm(dir, { recursive: true, force: true }));

/** Anything that is not at hand asks for this. */
const unreachable = 'http://127.0.0.1:1';
const resolveHere = (ref: string, hub: string | null = unreachable) =>
  resolveModel(ref, { modelsDir: join(dir, 'models'), dataDir: join(dir, 'data'), hub, log: silentLogger });

const unavailable =
  (...parts: RegExp[]) =>
  (error: unknown) => {
    assert.ok(isAppError(error, 'model_unavailable'), `${error}`);
    for (const part of parts) assert.match(error.message, part);
    return true;
  };

describe('a model that is at hand', () => {
  it('is found by folder or id, without a hub', async () => {
    const places: [ref: () => string, place: string][] = [
      [() => join(dir, 'outside', 'tiny'), 'outside/tiny'],
      [() => relative(process.cwd(), join(dir, 'outside', 'tiny')), 'outside/tiny'],
      [() => 'plain', 'models/plain'],
      [() => 'own/tiny', 'models/own/tiny'],
      [() => './own/tiny', 'models/own/tiny'],
      [() => 'far/tiny', 'data/models/far/tiny'],
      [() => 'far/tiny@1', 'data/models/far/tiny'],
    ];
    for (const [ref, place] of places) {
      const { modelDir, manifest } = await resolveHere(ref());
      assert.equal(modelDir, join(dir, place), ref());
      assert.equal(manifest.dimension, 64);
    }
  });

  it('is not passed over for another one because it is damaged', async () => {
    await writeFile(join(dir, 'models', 'plain', 'config.json'), '{}');
    await assert.rejects(
      resolveHere('plain'),
      (error) => isAppError(error, 'model_invalid') && /plain\/config\.json has 2 bytes/.test(error.message),
    );
  });
});

describe('a model that is not', () => {
  it('is told with where it was looked for', async () => {
    await assert.rejects(
      resolveHere('./nowhere'),
      unavailable(/\.\/nowhere/, new RegExp(join(dir, 'models', 'nowhere')), /owner\/name/),
    );
    await assert.rejects(resolveHere('empty'), unavailable(/models\/empty/));
    await assert.rejects(
      resolveHere('far/away', null),
      unavailable(/models\/far\/away/, /data\/models\/far\/away/, /nothing may be downloaded/),
    );
  });

  it('is asked for at the hub only by a plain id', async () => {
    await assert.rejects(
      resolveHere('far/away'),
      unavailable(/could not be looked up at http:\/\/127\.0\.0\.1:1/),
    );
    for (const ref of [
      '../outside/tiny',
      'own/../../outside/tiny',
      'a/b/c',
      'own/..',
      '.hidden/x',
      'own/a..b',
      'own/tiny?x',
      'own/ti ny',
      'own/tiny@../x',
      'own/tiny@',
      'own/tiny\n',
      'ö/x',
      '-a/b',
      `own/${'x'.repeat(97)}`,
      '',
      '\0',
    ]) {
      assert.equal(parseModelId(ref), null, ref);
      await assert.rejects(resolveHere(ref), unavailable(/owner\/name/), ref);
    }
  });

  it('and a hub that is no address, are told apart', async () => {
    for (const hub of ['huggingface.co', 'ftp://hub', '']) {
      await assert.rejects(resolveHere('far/away', hub), (error) => isAppError(error, 'invalid_config'));
    }
  });
});
