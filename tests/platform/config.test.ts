import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readConfig, settingsHelp } from '../../src/platform/config.js';
import { projectRoot } from '../../src/platform/paths.js';

describe('configuration', () => {
  it('has working defaults, and is frozen', () => {
    const config = readConfig({});
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 8080);
    assert.equal(config.databaseUrl, null);
    assert.equal(config.sample, true);
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.log));
  });

  it('downloads models from nowhere where it is told so', () => {
    assert.equal(readConfig({}).modelHub, 'https://huggingface.co');
    assert.equal(readConfig({ MODEL_HUB: 'https://hub.example/' }).modelHub, 'https://hub.example');
    assert.equal(readConfig({ MODEL_HUB: 'off' }).modelHub, null);
  });

  it('takes an empty variable for one that is not set', () => {
    assert.equal(readConfig({ PORT: '', API_KEY: '' }).port, 8080);
  });

  it('names every wrong setting at once, and never a secret', () => {
    const wrong = { PORT: '70000', SAMPLE: 'maybe', BODY_LIMIT_MB: '1.5', API_KEY: 'short-secret' };
    assert.throws(
      () => readConfig(wrong),
      ({ message, code }: { message: string; code: string }) => {
        for (const name of ['PORT', 'SAMPLE', 'BODY_LIMIT_MB'])
          assert.match(message, new RegExp(`${name}: expected`));
        assert.doesNotMatch(message, /short-secret/);
        return code === 'invalid_config';
      },
    );
    assert.throws(() => readConfig({ API_KEY: 'short-secret' }), /API_KEY: expected at least 24 characters/);
    assert.throws(() => readConfig({ DATABASE_URL: 'mysql://x' }), /DATABASE_URL: expected postgresql/);
    assert.throws(() => readConfig({ MODEL_HUB: 'hub.example' }), /MODEL_HUB: expected https/);
  });

  it('is told in full by the README, with the defaults that stand here', () => {
    const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
    const table = readme.split('\n').filter((line) => line.startsWith('| `'));
    for (const { name, fallback } of settingsHelp) {
      const row = table.find((line) => line.split('|')[1]!.includes(`\`${name}\``));
      assert.ok(row, `${name} is not in the README's table`);
      // The number of cores and the checkout's place differ from machine to machine.
      if (name === 'EMBED_WORKERS' || name === 'MODELS_DIR') continue;
      if (fallback !== '')
        assert.ok(row.split('|')[2]!.includes(`\`${fallback}\``), `${name}: ${fallback} in ${row}`);
    }
  });
});
