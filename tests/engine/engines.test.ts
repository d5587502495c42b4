import assert from 'node:assert/strict';
import { appendFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { describeModel } from '../../src/engine/choose-model.js';
import { changeManifest, tinyModelDir } from '../support/models.js';
import { inventedPaper } from '../support/papers.js';
import { untilReady } from '../support/service.js';
import { createEngineFixture, type EngineFixture, until, writeOtherModel } from './engine-fixture.js';

const query = inventedPaper(3).title;

describe('engines', () => {
  let fixture: EngineFixture;
  let other: string;

  beforeEach(async () => {
    fixture = await createEngineFixture();
    other = await writeOtherModel(join(fixture.dataDir, 'other-model'));
  });
  afterEach(() => fixture.close());

  const countVectors = async (model: string): Promise<number> => {
    const { rows } = await fixture.db.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM embeddings WHERE model = $1',
      [model],
    );
    return rows[0]!.count;
  };

  it('answers with the old model until the new one is complete, then with the new one', async () => {
    const services = await fixture.start();
    await fixture.takeIn(services, 0, 60);
    const old = services.engines.serving.model.id;
    const before = await services.search.search({ query, limit: 5 });
    assert.deepEqual([before.model, before.epoch], [old, 1]);

    const id = await fixture.want(services, other);
    const seen = new Set<string>();
    await until('the switch', async () => {
      const { items, model, epoch } = await services.search.search({ query, limit: 5 });
      assert.equal(items.length, 5, 'every answer is whole');
      seen.add(`${model} ${epoch}`);
      return model === id;
    });
    assert.deepEqual([...seen], [`${old} 1`, `${id} 2`]);
    assert.equal(services.engines.progress(), null);
    assert.equal(await countVectors(id), 60);
    assert.equal(await countVectors(old), 60, 'the old vectors stay');
    await fixture.takeIn(services, 100, 5);
    assert.equal(await countVectors(id), 65);
    assert.equal(await countVectors(old), 60, 'the old model is left alone');
    const state = await services.engineStore.get();
    assert.deepEqual([state.activeModel, state.previousModel, state.targetModel], [id, old, null]);
  });

  it('goes back without embedding again what it has', async () => {
    const services = await fixture.start();
    await fixture.takeIn(services, 0, 30);
    const old = services.engines.serving.model.id;
    const id = await fixture.want(services, other);
    await until('the switch', () => services.engines.serving.model.id === id);
    await fixture.takeIn(services, 50, 2);
    await services.engineStore.want(old);
    await until('the way back', () => services.engines.serving.model.id === old);
    assert.equal(services.engines.serving.epoch, 3);
    assert.equal(services.engines.serving.model.backlog.status().embedded, 2, 'only what came in meanwhile');
    assert.equal((await services.readiness.check()).ready, true);
  });

  it('refuses the cursor of a page that another model has ranked', async () => {
    const services = await fixture.start();
    await fixture.takeIn(services, 0, 30);
    const { nextCursor } = await services.search.search({ query, limit: 5 });
    const id = await fixture.want(services, other);
    await until('the switch', () => services.engines.serving.model.id === id);
    await assert.rejects(services.search.search({ query, cursor: nextCursor! }), { code: 'invalid_cursor' });
  });

  it('does not let a model take over that refuses texts which the present one takes', async () => {
    const services = await fixture.start();
    await fixture.takeIn(services, 0, 30);
    const old = services.engines.serving.model.id;
    const found = await services.resolveModel(other);
    const { id } = await services.engineStore.register(describeModel(other, found));
    await fixture.db.pool.query(
      `INSERT INTO embedding_failures (paper_id, model, text_hash, reason)
       SELECT id, $1, text_hash, 'not a number' FROM papers ORDER BY id LIMIT 5`,
      [id],
    );
    await services.engineStore.want(id);
    await until('it says why', () => /refuses 5 of 30 texts/.test(services.engines.progress()?.error ?? ''));
    assert.equal(services.engines.serving.model.id, old);
    await fixture.db.pool.query('DELETE FROM embedding_failures');
    await until('the switch', () => services.engines.serving.model.id === id);
    assert.equal(await countVectors(id), 30);
  });

  it('says that a folder holds another model than it did, and goes on once it is restored', async () => {
    const services = await fixture.start();
    await fixture.takeIn(services, 0, 10);
    const found = await services.resolveModel(other);
    const { id } = await services.engineStore.register(describeModel(other, found));
    await changeManifest(other, () => ({ prefixes: { query: '', document: 'changed: ' } }));
    await services.engineStore.want(id);
    await until('it says why', () => /holds other@\w+ by now/.test(services.engines.progress()?.error ?? ''));
    await rm(other, { recursive: true });
    await writeOtherModel(other);
    services.hintPapers();
    await until('the switch', () => services.engines.serving.model.id === id);
  });

  it('starts from the settings where the active model is no longer at its place', async () => {
    const env = { MODEL: tinyModelDir() };
    const first = await fixture.start(env);
    await fixture.takeIn(first, 0, 10);
    const { id } = first.engines.serving.model;
    await fixture.stop(first);
    await fixture.db.pool.query(`UPDATE models SET ref = '/gone/tiny'`);
    const second = await fixture.start(env);
    assert.equal(second.engines.serving.model.id, id);
    assert.equal((await second.engineStore.findModel(id))?.ref, tinyModelDir());
  });

  it('goes on with a switch after a restart, and keeps what it was told over MODEL', async () => {
    const first = await fixture.start({ MODEL: tinyModelDir() });
    await fixture.takeIn(first, 0, 20);
    const id = await fixture.want(first, other);
    await fixture.stop(first);
    const second = await fixture.start({ MODEL: tinyModelDir() });
    await until('the switch', () => second.engines.serving.model.id === id);
    await fixture.stop(second);
    const third = await fixture.start({ MODEL: tinyModelDir() });
    assert.equal(third.engines.serving.model.id, id);
    assert.equal((await third.engineStore.get()).targetModel, null);
  });

  it('takes a changed MODEL for a wish', async () => {
    const first = await fixture.start({ MODEL: tinyModelDir() });
    await fixture.takeIn(first, 0, 20);
    const old = first.engines.serving.model.id;
    await fixture.stop(first);
    const second = await fixture.create({ MODEL: other });
    assert.equal(second.engines.serving.model.id, old, 'the old one answers first');
    second.start();
    await until('the switch', () => second.engines.serving.model.id !== old);
  });

  it('follows when another process has switched', async () => {
    const [a, b] = [
      await fixture.start(),
      await fixture.start({ DATA_DIR: join(fixture.dataDir, 'second') }),
    ];
    await fixture.takeIn(a, 0, 40);
    const id = await fixture.want(a, other);
    for (const services of [a, b]) {
      await until('the switch', () => services.engines.serving.model.id === id);
      assert.equal(services.engines.serving.epoch, 2);
      await untilReady(services);
    }
    assert.equal(await countVectors(id), 40);
  });

  it('builds the index anew when it is told to, and goes on answering', async () => {
    const services = await fixture.start({ INDEX_EXACT_LIMIT: '10' });
    await fixture.takeIn(services, 0, 50);
    const { items } = await services.search.search({ query, limit: 10 });
    await services.engineStore.reindex();
    services.hintPapers();
    await until('the new index', () => services.engines.serving.epoch === 2);
    assert.equal(services.engines.serving.index.generation, 2);
    const after = await services.search.search({ query, limit: 10 });
    assert.deepEqual([after.items, after.epoch], [items, 2]);
    assert.equal((await services.readiness.check()).ready, true);
  });

  it('says why a model can not be made ready, answers with the old one, and can be called off', async () => {
    const services = await fixture.start();
    await fixture.takeIn(services, 0, 10);
    const old = services.engines.serving.model.id;
    await fixture.want(services, other);
    await fixture.stop(services);
    await rename(other, `${other}-gone`);
    const again = await fixture.start();
    await until(
      'an error that shows',
      () => again.engines.progress()?.error?.includes('other-model') ?? false,
    );
    assert.equal((await again.search.search({ query, limit: 3 })).model, old);
    await again.engineStore.want(old);
    await until('called off', () => again.engines.progress() === null);
  });

  it('embeds everything anew where the files of the model have changed in place', async () => {
    const first = await fixture.start({ MODEL: other });
    await fixture.takeIn(first, 0, 15);
    const old = first.engines.serving.model.id;
    await fixture.stop(first);
    await rm(other, { recursive: true });
    await writeOtherModel(other, 'another prefix: ');
    const second = await fixture.start({ MODEL: other });
    assert.notEqual(second.engines.serving.model.id, old);
    await untilReady(second);
    assert.equal(second.engines.serving.model.backlog.status().embedded, 15);
  });

  it('does not start with a model whose files are damaged', async () => {
    await appendFile(join(other, 'tokenizer.json'), ' ');
    await assert.rejects(fixture.start({ MODEL: other }), {
      code: 'model_invalid',
      message: /tokenizer\.json/,
    });
  });
});
