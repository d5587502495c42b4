import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backlog, createBacklog, type HeldLock } from '../../src/embedding/backlog.js';
import type { DocumentText } from '../../src/embedding/embedder.js';
import { createEmbeddingStore } from '../../src/embedding/embedding-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { systemClock } from '../../src/platform/clock.js';
import { tryAdvisoryLock } from '../../src/platform/db/advisory-lock.js';
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

describe('embedding backlog', () => {
  const database = withDatabase();
  const store = () => createEmbeddingStore(database.db, 'tiny@1', systemClock);
  const lock = () => tryAdvisoryLock(database.db.pool, 'backlog test');
  const running: Backlog[] = [];
  let taken = 0;

  const takeIn = async (count: number) => {
    await createPaperStore(database.db).takeIn(Array.from({ length: count }, () => inventedPaper(taken++)));
  };

  function start(
    embed: (documents: readonly DocumentText[]) => Promise<Float32Array[]>,
    takeLock: () => Promise<HeldLock | null> = lock,
  ): Backlog {
    const embedder = { embedDocuments: embed };
    const backlog = createBacklog({
      store: store(),
      embedder,
      lock: takeLock,
      log: silentLogger,
      onStored: () => undefined,
    });
    running.push(backlog);
    backlog.start();
    return backlog;
  }

  const vectors = async (documents: readonly DocumentText[]) =>
    documents.map(() => Float32Array.of(1, 0, 0, 0));

  afterEach(async () => {
    for (const backlog of running.splice(0)) await backlog.close();
  });

  it('embeds what is pending, each text once, and what comes in later', async () => {
    await takeIn(150);
    const texts: string[] = [];
    const backlog = start(async (documents) => {
      texts.push(...documents.map(({ title }) => title));
      return vectors(documents);
    });
    await until('idle', () => backlog.status().state === 'idle');
    assert.equal(await store().countPending(), 0);
    await takeIn(20);
    backlog.hint();
    await until('all embedded', async () => (await store().countPending()) === 0);
    assert.equal(texts.length, taken);
    assert.equal(new Set(texts).size, taken);
    assert.equal(backlog.status().embedded, 170);
  });

  it('lets one process embed at a time, and the other take over', async () => {
    await takeIn(10);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = start(async (documents) => {
      await held;
      return vectors(documents);
    });
    await until('the first has it', () => first.status().state === 'embedding');
    let called = 0;
    const second = start(async (documents) => {
      called += documents.length;
      return vectors(documents);
    });
    await until('the second waits', () => second.status().state === 'elsewhere');
    release();
    await until('the first is done', () => first.status().state === 'idle');
    assert.equal(called, 0);
    await first.close();
    await takeIn(5);
    await until('the second took over', async () => (await store().countPending()) === 0);
    assert.equal(called, 5);
  });

  it('leaves out the one text that the model cannot take', async () => {
    await takeIn(40);
    const poison = inventedPaper(taken - 17).title;
    const backlog = start(async (documents) => {
      if (documents.some(({ title }) => title === poison)) throw new AppError('model_unavailable', 'it died');
      return vectors(documents);
    });
    await until('idle', () => backlog.status().state === 'idle');
    assert.equal(await store().countPending(), 1);
    assert.equal(backlog.status().failed, 1);
    assert.deepEqual(
      (await store().listPending(0, 10)).map(({ title }) => title),
      [poison],
    );
  });

  it('tries again when the database or the model fails as a whole', async () => {
    await takeIn(10);
    let calls = 0;
    const backlog = start(async (documents) => {
      calls += 1;
      // The whole chunk and each of its texts alone, once over.
      if (calls <= 12) throw new AppError('model_unavailable', 'not now');
      return vectors(documents);
    });
    await until('an error that shows', () => backlog.status().state === 'retrying');
    assert.match(backlog.status().error ?? '', /not now/);
  });
});
