import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backlog, createBacklog } from '../../src/embedding/backlog.js';
import type { DocumentText } from '../../src/embedding/embedder.js';
import { createEmbeddingStore } from '../../src/embedding/embedding-store.js';
import { createPendingStore } from '../../src/embedding/pending-store.js';
import { createEngineStore } from '../../src/engine/engine-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { systemClock } from '../../src/platform/clock.js';
import { type AdvisoryLock, tryAdvisoryLock } from '../../src/platform/db/advisory-lock.js';
import { AppError } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { inventedPaper } from '../support/papers.js';
import { withDatabase } from '../support/postgres.js';

const limitMs = 30_000;

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await sleep(10);
  }
}

type Result = { vector: Float32Array } | { refused: string };
type Embed = (
  documents: readonly DocumentText[],
  options?: { signal?: AbortSignal | undefined; lane?: string | undefined },
) => Promise<Result[]>;

describe('embedding backlog', () => {
  const database = withDatabase();
  const store = () => createEmbeddingStore(database.db, { id: 'tiny@1', dimension: 4 }, systemClock);
  before(() => createEngineStore(database.db).register({ id: 'tiny@1', ref: 'tiny', dimension: 4 }));
  const pending = () => createPendingStore(database.db, 'tiny@1');
  const running: Backlog[] = [];
  const locks: AdvisoryLock[] = [];
  let taken = 0;

  const takeIn = async (count: number) => {
    await createPaperStore(database.db).takeIn(Array.from({ length: count }, () => inventedPaper(taken++)));
  };

  function start(tryDocuments: Embed): Backlog {
    const backlog = createBacklog({
      pending: pending(),
      store: store(),
      embedder: { tryDocuments },
      lease: async () => {
        const lock = (await tryAdvisoryLock(database.db.pool, `test ${randomUUID()}`))!;
        locks.push(lock);
        return { owner: lock.key, signal: lock.signal, release: lock.release };
      },
      log: silentLogger,
      onStored: () => undefined,
    });
    running.push(backlog);
    backlog.start();
    return backlog;
  }

  const vectors: Embed = async (documents) => documents.map(() => ({ vector: Float32Array.of(1, 0, 0, 0) }));
  const waiting = async () => (await pending().count()).waiting;

  afterEach(async () => {
    for (const backlog of running.splice(0)) await backlog.close();
    locks.splice(0);
  });

  it('embeds what is pending, each text once, and what comes in later', async () => {
    await takeIn(150);
    const texts: string[] = [];
    const backlog = start(async (documents) => {
      texts.push(...documents.map(({ title }) => title));
      return vectors(documents);
    });
    await until('idle', async () => backlog.status().state === 'idle' && (await waiting()) === 0);
    await takeIn(20);
    backlog.hint();
    await until('all embedded', async () => (await waiting()) === 0);
    assert.equal(texts.length, taken);
    assert.equal(new Set(texts).size, taken);
    await until('counted', () => backlog.status().embedded === 170);
  });

  it('shares the work with other processes, each text once', async () => {
    await takeIn(300);
    const texts: string[] = [];
    const begun = new Set<number>();
    // Neither goes on before the other has something too, or the faster one might do it all.
    const together =
      (process: number): Embed =>
      async (documents) => {
        begun.add(process);
        texts.push(...documents.map(({ title }) => title));
        await until('both have begun', () => begun.size === 2);
        return vectors(documents);
      };
    const both = [start(together(1)), start(together(2))];
    await until('all embedded', async () => (await waiting()) === 0);
    assert.equal(texts.length, 300);
    assert.equal(new Set(texts).size, 300);
    await until('counted', () => both.reduce((sum, one) => sum + one.status().embedded, 0) === 300);
    for (const one of both) assert.ok(one.status().embedded > 0, 'both had a share');
  });

  it('takes over from a process that is gone', async () => {
    await takeIn(10);
    const hanging = start(async (_documents, { signal } = {}) => {
      await new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new AppError('cancelled', 'cancelled')));
      });
      return [];
    });
    await until('the first has it', () => hanging.status().state === 'embedding');
    const second = start(vectors);
    await until('the second waits', () => second.status().state === 'elsewhere');
    assert.equal(await waiting(), 10);
    await hanging.close();
    await until('the second took over', async () => (await waiting()) === 0);
    assert.equal(second.status().embedded, 10);
  });

  it('goes on with new claims after its connection was lost', async () => {
    await takeIn(5);
    const backlog = start(async (documents, { signal } = {}) => {
      if (locks.length > 1) return vectors(documents);
      await database.db.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name LIKE 'quire lock test%' AND datname = current_database()`,
      );
      if (!signal?.aborted) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      throw new AppError('cancelled', 'cancelled');
    });
    await until('all embedded', async () => (await waiting()) === 0);
    assert.equal(backlog.status().embedded, 5);
    assert.ok(locks.length > 1);
  });

  it('embeds a new paper while a long backfill is under way', async () => {
    await takeIn(400);
    await database.db.pool.query(
      `UPDATE papers SET created_at = now() - interval '2 hours' WHERE id NOT IN (SELECT paper_id FROM embeddings)`,
    );
    const order: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const backlog = start(async (documents, { lane } = {}) => {
      if (lane === 'backfill') await held;
      order.push(...documents.map(({ title }) => title));
      return vectors(documents);
    });
    await until('the backfill is under way', () => backlog.status().state === 'embedding');
    const fresh = inventedPaper(taken).title;
    await takeIn(1);
    backlog.hint();
    await until('the new one is embedded', () => order.includes(fresh));
    assert.deepEqual(order, [fresh]);
    release();
    await until('all embedded', async () => (await waiting()) === 0);
  });

  it('marks the one text that the model cannot take, with the reason', async () => {
    await takeIn(40);
    const poison = inventedPaper(taken - 17).title;
    let tries = 0;
    const backlog = start(async (documents) => {
      tries += documents.filter(({ title }) => title === poison).length;
      return documents.map(({ title }) =>
        title === poison ? { refused: 'it killed a worker twice' } : { vector: Float32Array.of(1, 0, 0, 0) },
      );
    });
    await until('idle', async () => backlog.status().state === 'idle' && (await waiting()) === 0);
    assert.deepEqual(await pending().count(), { waiting: 0, failed: 1 });
    const [failed] = await pending().listFailed(10);
    assert.deepEqual([failed?.title, failed?.reason], [poison, 'it killed a worker twice']);
    backlog.hint();
    await until('looked again', () => backlog.status().state === 'idle');
    assert.equal(tries, 1);
  });

  it('tries again when the database or the model fails as a whole', async () => {
    await takeIn(10);
    let calls = 0;
    const backlog = start(async (documents) => {
      calls += 1;
      if (calls <= 2) throw new AppError('model_unavailable', 'not now');
      return vectors(documents);
    });
    await until('an error that shows', () => backlog.status().state === 'retrying');
    assert.match(backlog.status().error ?? '', /not now/);
    await until('all embedded', async () => (await waiting()) === 0);
  });
});
