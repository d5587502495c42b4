import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createEmbeddingStore } from '../../src/embedding/embedding-store.js';
import { createPendingStore } from '../../src/embedding/pending-store.js';
import { createEngineStore } from '../../src/engine/engine-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { systemClock } from '../../src/platform/clock.js';
import { inventedPaper } from '../support/papers.js';
import { databaseKinds, withDatabase } from '../support/postgres.js';

const unit = (at: number) => Float32Array.from({ length: 8 }, (_, i) => (i === at % 8 ? 1 : 0));

for (const kind of databaseKinds) {
  describe(`embedding store (${kind})`, () => {
    const database = withDatabase(kind);
    before(async () => {
      for (const id of ['tiny@1', 'tiny@2'])
        await createEngineStore(database.db).register({ id, ref: id, dimension: 8 });
    });
    const papers = () => createPaperStore(database.db);
    const store = (id = 'tiny@1') => createEmbeddingStore(database.db, { id, dimension: 8 }, systemClock);
    const pendingStore = (id = 'tiny@1') => createPendingStore(database.db, id);
    /** Nobody holds the owner's lock, so that every call gets everything that is pending. */
    const listPending = async (id = 'tiny@1') =>
      pendingStore(id).claim(await pendingStore(id).listAfter(0, 10), 1n);

    it('stores nothing of a model that was dropped', async () => {
      await papers().takeIn([inventedPaper(90)]);
      const [due] = await listPending('tiny@3');
      await assert.rejects(store('tiny@3').add([{ ...due!, vector: unit(0) }]), {
        code: 'model_unavailable',
      });
      assert.equal(await store('tiny@3').countLive(), 0);
      await database.db.pool.query('DELETE FROM papers');
    });

    it('asks the state what is pending, model by model', async () => {
      await papers().takeIn([inventedPaper(1), inventedPaper(2), inventedPaper(3)]);
      const pending = await listPending();
      assert.equal(pending.length, 3);
      const stored = await store().add(pending.slice(0, 2).map((one, at) => ({ ...one, vector: unit(at) })));
      assert.equal(stored, 2);
      assert.deepEqual(
        (await listPending()).map(({ title }) => title),
        [inventedPaper(3).title],
      );
      assert.deepEqual(await pendingStore().count(), { waiting: 1, failed: 0 });
      assert.deepEqual(await pendingStore('tiny@2').count(), { waiting: 3, failed: 0 });
      assert.equal(await store('tiny@2').countLive(), 0);
    });

    for (const [what, vector] of [
      ['NaN', Float32Array.of(Number.NaN, 0, 0, 0, 0, 0, 0, 1)],
      ['nothing but zeros', new Float32Array(8)],
      ['too few numbers', Float32Array.of(1, 0)],
    ] as const) {
      it(`refuses a vector with ${what}, and all that came with it`, async () => {
        const [pending] = await listPending();
        const { paperKey, textHash } = pending!;
        const both = [
          { paperKey, textHash, vector: unit(1) },
          { paperKey, textHash, vector },
        ];
        const live = await store().countLive();
        await assert.rejects(store().add(both), { code: 'vector_invalid' });
        assert.equal(await store().countLive(), live);
      });
    }

    it('gives vectors back bit for bit', async () => {
      const [pending] = await listPending();
      const vector = Float32Array.from({ length: 8 }, (_, i) => Math.fround(Math.sin(i) / 2));
      await store().add([{ ...pending!, vector }]);
      const found = await store().findVector(pending!.paperKey);
      assert.deepEqual(found?.vector, vector);
    });

    it('retires the vector of a changed text, once the new one is there', async () => {
      const record = inventedPaper(10, { arxivId: '2401.00010', arxivVersion: 1 });
      await papers().takeIn([record]);
      const { paperKey, textHash } = (await listPending()).at(-1)!;
      await store().add([{ paperKey, textHash, vector: unit(1) }]);
      const old = (await store().findVector(paperKey))!;
      const head = await store().head();
      await papers().takeIn([{ ...record, arxivVersion: 2, abstract: `${record.abstract} Revised.` }]);
      assert.equal((await store().findVector(paperKey))?.label, old.label, 'the old one serves until then');
      const [pending] = await listPending();
      assert.equal(pending?.paperKey, paperKey);
      assert.equal(
        await store().add([{ paperKey, textHash, vector: unit(2) }]),
        0,
        'a vector of the old text is refused',
      );
      await store().add([{ ...pending!, vector: unit(2) }]);
      const changes = await store().changesSince(head, 10);
      assert.deepEqual(
        changes.map(({ label, vector }) => [label === old.label, vector === null]),
        [
          [true, true],
          [false, false],
        ],
      );
    });

    it('retires the vector of a paper that went into another', async () => {
      const [a, b] = [
        inventedPaper(20, { arxivId: '2401.00020' }),
        inventedPaper(21, { doi: '10.1000/twenty' }),
      ];
      await papers().takeIn([a, b]);
      await store().add((await listPending()).map((one) => ({ ...one, vector: unit(3) })));
      const live = await store().countLive();
      const head = await store().head();
      await papers().takeIn([{ ...a, doi: '10.1000/twenty' }]);
      assert.equal(await store().countLive(), live - 1);
      const changes = await store().changesSince(head, 10);
      assert.equal(changes.filter(({ vector }) => vector === null).length, 1);
    });

    it('stores a vector once when two processes had computed it', async () => {
      await papers().takeIn([inventedPaper(30)]);
      const [pending] = await listPending();
      const live = await store().countLive();
      await Promise.all([1, 2, 3].map((at) => store().add([{ ...pending!, vector: unit(at) }])));
      assert.equal(await store().countLive(), live + 1);
    });
  });
}
