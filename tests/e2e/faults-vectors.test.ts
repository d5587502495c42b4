import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type App, createApp } from '../../src/app.js';
import { silentLogger } from '../../src/platform/log.js';
import { createServices, type Services } from '../../src/services.js';
import { inventedPaper } from '../support/papers.js';
import { createTestDatabase } from '../support/postgres.js';
import { testConfig, untilReady } from '../support/service.js';

const PAPERS = 40;

/** What a broken model could have stored, by the paper that gets it; the tiny model has 64 numbers. */
const badVectors: readonly [n: number, what: RegExp, vector: Float32Array][] = [
  [3, /number 5 is NaN/, new Float32Array(64).fill(0.125).fill(Number.NaN, 5, 6)],
  [11, /its norm is 0/, new Float32Array(64)],
  [17, /it has 10 numbers, expected 64/, new Float32Array(10).fill(0.3)],
];

describe('vectors of a broken model', () => {
  const cleanup: (() => Promise<unknown>)[] = [];
  let services: Services;
  let app: App;

  before(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'quire-faults-'));
    cleanup.push(() => rm(dataDir, { recursive: true, force: true }));
    const database = await createTestDatabase('embedded');
    cleanup.push(database.drop);
    const config = testConfig(dataDir, { INDEX_EXACT_LIMIT: '20' });
    services = await createServices(config, silentLogger, { connection: database.connection });
    cleanup.push(services.close);
    app = await createApp(services, config);
    cleanup.push(() => app.close());
    await services.papers.takeIn(Array.from({ length: PAPERS }, (_, n) => inventedPaper(n)));
    for (const [n, , vector] of badVectors) {
      const { rowCount } = await database.db.pool.query(
        'INSERT INTO embeddings (paper_id, model, text_hash, vector) SELECT id, $1, text_hash, $2 FROM papers WHERE title = $3',
        [services.engines.serving.model.id, Buffer.from(vector.buffer), inventedPaper(n).title],
      );
      assert.equal(rowCount, 1);
    }
    services.start();
    await untilReady(services);
  });
  after(async () => {
    for (const close of cleanup.reverse()) await close();
  });

  it('are refused before they are stored', async () => {
    const { embeddings } = services.engines.serving.model;
    for (const [n, , vector] of badVectors) {
      const embedding = { paperKey: n + 1, textHash: new Uint8Array(32), vector };
      await assert.rejects(embeddings.add([embedding]), { code: 'vector_invalid' });
    }
  });

  it('are left out of the index, counted and named; every other paper is found', async () => {
    const ready = (await app.inject({ method: 'GET', url: '/readyz' })).json();
    assert.equal(ready.papers, PAPERS);
    assert.equal(ready.searchable, PAPERS - badVectors.length);
    assert.equal(ready.index.skipped, badVectors.length);
    assert.equal(ready.index.covered, true);
    const { error } = services.engines.serving.index.indexer.status();
    assert.match(error ?? '', /^3 of the vectors can't be indexed, the first with label \d+: /);
    assert.ok(badVectors.some(([, what]) => what.test(error ?? '')));

    const bad = new Set(badVectors.map(([n]) => n));
    for (let n = 0; n < PAPERS; n++) {
      const { title, abstract } = inventedPaper(n);
      const url = `/api/v1/search?${new URLSearchParams({ mode: 'semantic', q: `${title}. ${abstract}`, limit: String(PAPERS) })}`;
      const answer = (await app.inject({ method: 'GET', url })).json();
      const titles: string[] = answer.items.map((item: { paper: { title: string } }) => item.paper.title);
      assert.equal(titles.includes(title), !bad.has(n), title);
      assert.equal(titles.length, PAPERS - bad.size);
      for (const { score } of answer.items) assert.ok(Number.isFinite(score));
    }
  });

  it('are no reason to answer with nonsense when their own paper is asked about', async () => {
    for (const [n] of badVectors) {
      const paper = await services.db.prisma.paper.findFirstOrThrow({
        where: { title: inventedPaper(n).title },
      });
      const url = `/api/v1/papers/${encodeURIComponent(paper.publicId)}/related`;
      const answer = await app.inject({ method: 'GET', url });
      const { code, items } = answer.json();
      if (answer.statusCode === 200) assert.ok(items.length > 0);
      else assert.equal(code, 'vector_invalid');
    }
  });
});
