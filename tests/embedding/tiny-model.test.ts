import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { writeTinyModel } from '../../scripts/model/make-tiny.js';
import { tinyModelDir } from '../support/models.js';

it('the committed tiny model is what the script makes, byte for byte', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'quire-tiny-'));
  try {
    await writeTinyModel({ modelDir: dir });
    const made = (await readdir(dir, { recursive: true })).filter((path) => path.includes('.')).sort();
    assert.equal(made.length, 5);
    for (const path of made) {
      assert.deepEqual(await readFile(join(dir, path)), await readFile(join(tinyModelDir(), path)), path);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
