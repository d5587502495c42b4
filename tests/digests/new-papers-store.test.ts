import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createNewPapers } from '../../src/digests/new-papers.js';
import { createNewPapersStore, MAX_WAIT_H } from '../../src/digests/new-papers-store.js';
import { createPendingStore } from '../../src/embedding/pending-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { inventedPaper } from '../support/papers.js';
import { withDatabase } from '../support/postgres.js';

const model = 'tiny@1';
const all = { modelId: model, words: 1_000_000n, vectors: 1_000_000n };

describe('papers that came in', () => {
  const database = withDatabase();
  const store = () => createNewPapersStore(database.db);
  const papers = () => createPaperStore(database.db);
  const takeIn = async (from: number, count: number): Promise<number[]> => {
    const records = Array.from({ length: count }, (_, at) => inventedPaper(from + at));
    return (await papers().takeIn(records)).outcomes.map(({ key }) => key);
  };
  const embed = (keys: readonly number[]) =>
    database.db.pool.query(
      `INSERT INTO embeddings (paper_id, model, text_hash, vector)
       SELECT id, $1, text_hash, decode(repeat('00', 8), 'hex') FROM papers WHERE id = ANY($2)`,
      [model, keys],
    );
  const addedOf = async (key: number): Promise<bigint> => {
    const { rows } = await database.db.pool.query<{ added: string }>(
      'SELECT added FROM papers WHERE id = $1',
      [key],
    );
    return BigInt(rows[0]!.added);
  };

  it('knows none at first', async () => {
    assert.deepEqual(await store().listAdded({ after: 0n, until: 99n }, 10), { rows: [], total: 0 });
    assert.equal(await store().readyUntil(all), 0n);
    assert.equal(await store().lastCameIn(new Date('2100-01-01')), null);
  });

  it('goes by the number of insertion: what is taken in again is no news', async () => {
    const first = await takeIn(0, 3);
    const mark = await addedOf(first[2]!);
    const next = await takeIn(3, 2);
    await papers().takeIn([{ ...inventedPaper(0), upvotes: 12 }]);
    const { rows, total } = await store().listAdded({ after: mark, until: 10_000n }, 10);
    assert.deepEqual([rows.map(({ key }) => key), total], [next, 2]);
    const last = await store().listAdded({ after: 0n, until: 10_000n }, 2);
    assert.deepEqual([last.rows.map(({ key }) => key), last.total], [next, 5]);
    assert.deepEqual(
      (await store().listAdded({ after: 0n, until: mark }, 10)).rows.map(({ key }) => key),
      first,
    );
  });

  it('is ready up to the first paper that no search finds', async () => {
    const { rows } = await store().listAdded({ after: 0n, until: 10_000n }, 10);
    const keys = rows.map(({ key }) => key);
    assert.equal(await store().readyUntil(all), rows[0]!.added - 1n, 'none has a vector');
    await embed([keys[0]!, keys[1]!, keys[3]!, keys[4]!]);
    assert.equal(await store().readyUntil(all), rows[2]!.added - 1n, 'the third waits');
    await createPendingStore(database.db, model).markFailed(
      { paperKey: keys[2]!, title: '', abstract: '', textHash: await hashOf(keys[2]!) },
      'too odd',
    );
    assert.equal(await store().readyUntil(all), rows[4]!.added, 'the model can not take it');
    assert.ok((await store().readyUntil({ ...all, modelId: 'other@1' })) < rows[0]!.added);
    assert.equal(await store().readyUntil({ ...all, words: rows[3]!.added }), rows[4]!.added - 1n);
    assert.ok((await store().readyUntil({ ...all, vectors: 0n })) < rows[0]!.added);
  });

  it('does not wait for ever', async () => {
    const [key] = await takeIn(10, 1);
    const added = await addedOf(key!);
    assert.ok((await store().readyUntil(all)) < added);
    await move(key!, `interval '${MAX_WAIT_H * 60 - 1} minutes'`);
    assert.ok((await store().readyUntil(all)) < added);
    await move(key!, `interval '2 minutes'`);
    assert.equal(await store().readyUntil(all), added);
  });

  it('counts by day, lists by time, and knows when the last came in', async () => {
    const { db } = database;
    await db.pool.query(
      `UPDATE papers SET created_at = '2024-03-01T10:00:00Z' WHERE id IN (SELECT id FROM papers ORDER BY id LIMIT 2)`,
    );
    await db.pool.query(
      `UPDATE papers SET created_at = '2024-03-02T23:59:59.999Z' WHERE id = (SELECT max(id) FROM papers)`,
    );
    const span = { after: new Date('2024-03-01T00:00:00Z'), until: new Date('2024-03-03T00:00:00Z') };
    assert.deepEqual(await store().countByDay(span), [
      { day: '2024-03-01', count: 2 },
      { day: '2024-03-02', count: 1 },
    ]);
    const reader = createNewPapers({ store: store(), papers: papers() });
    const news = await reader.between({ ...span, after: new Date('2024-03-01T10:00:00Z') });
    assert.equal(news.papers.length, 1, 'what came in at the instant of the last digest is not new');
    assert.equal(news.from!.toISOString(), '2024-03-02T23:59:59.999Z');
    assert.equal(news.lastBefore!.toISOString(), '2024-03-01T10:00:00.000Z');
    assert.equal(news.byKey.get(news.papers[0]!.paper.key), news.papers[0]);
    const none = await reader.between({
      after: new Date('2024-03-02T00:00Z'),
      until: new Date('2024-03-02T12:00Z'),
    });
    assert.deepEqual([none.papers, none.from, none.left], [[], null, 0]);
    assert.equal(none.lastBefore!.toISOString(), '2024-03-01T10:00:00.000Z');
    assert.equal((await reader.added({ after: 0n, until: 10_000n }, span.until)).papers.length, 6);
  });

  const move = (key: number, by: string) =>
    database.db.pool.query(`UPDATE papers SET created_at = created_at - ${by} WHERE id = $1`, [key]);
  async function hashOf(key: number): Promise<Uint8Array<ArrayBuffer>> {
    const { rows } = await database.db.pool.query<{ hash: Buffer<ArrayBuffer> }>(
      'SELECT text_hash AS hash FROM papers WHERE id = $1',
      [key],
    );
    return rows[0]!.hash;
  }
});
