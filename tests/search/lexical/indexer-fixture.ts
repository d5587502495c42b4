import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createPaperFeedStore } from '../../../src/papers/paper-feed-store.js';
import { createPaperStore } from '../../../src/papers/paper-store.js';
import type { Database } from '../../../src/platform/db/database.js';
import { type Logger, silentLogger } from '../../../src/platform/log.js';
import {
  createLexicalIndexer,
  type LexicalIndexerDeps,
} from '../../../src/search/lexical/lexical-indexer.js';
import { createLexicalClient, type LexicalClient } from '../../../src/search/lexical/worker/client.js';
import { termOf } from '../../../src/search/text/terms.js';
import { until } from '../../vectors/vectors-fixture.js';
import { rankTerm } from './lexical-fixture.js';

/** A log that keeps what it is told, from warnings on. */
export function keepingLogger(): Logger & { said: string[] } {
  const said: string[] = [];
  const keep = (...args: unknown[]): void => {
    said.push(String(args.find((one) => typeof one === 'string')));
  };
  return Object.assign(Object.create(silentLogger), { said, warn: keep, error: keep });
}

/** A word index that follows a database, on a thread of its own. */
export async function setUpIndexer(
  t: TestContext,
  db: Database,
  options: Partial<LexicalIndexerDeps> & { dir?: string } = {},
) {
  const own = options.dir ?? (await mkdtemp(join(tmpdir(), 'quire-words-')));
  const workers: Worker[] = [];
  const index = createLexicalClient({
    dir: own,
    startWorker: (workerData) => {
      const url = new URL('../../../src/search/lexical/worker/worker.js', import.meta.url);
      workers.push(new Worker(url, { workerData }));
      return workers.at(-1)!;
    },
  });
  const log = keepingLogger();
  let time = Date.parse('2024-06-11T12:00:00Z');
  const clock = { now: () => new Date(time) };
  const feed = createPaperFeedStore(db);
  const countPapers = createPaperStore(db).count;
  const indexer = createLexicalIndexer({ feed, index, countPapers, log, clock, ...options });
  t.after(async () => {
    await indexer.close();
    await rm(own, { recursive: true, force: true });
  });
  return {
    index,
    indexer,
    workers,
    dir: own,
    said: log.said,
    /** Moves the indexer's clock. */
    passTime: (ms: number): void => {
      time += ms;
    },
    /** Starts it or hints, and waits until it has everything; answers how long that took. */
    async cover(): Promise<number> {
      const started = performance.now();
      indexer.start();
      indexer.hint();
      const head = await feed.head();
      await until(() => indexer.status().covered && BigInt(indexer.status().watermark) >= head, 'covering');
      return performance.now() - started;
    },
  };
}

/** Papers with this word, by key. */
export async function find(index: LexicalClient, word: string): Promise<number[]> {
  const { hits } = await index.search({ terms: [rankTerm(termOf(word))], conditions: [], k: 100 });
  return hits.map(({ key }) => key).sort((a, b) => a - b);
}

/** The index holds each paper of the database as it is, and none besides. */
export async function assertCovers(index: LexicalClient, db: Database): Promise<void> {
  const { rows } = await db.pool.query<{ id: number; upvotes: number | null; title: string }>(
    'SELECT id, upvotes, title FROM papers ORDER BY id',
  );
  const all = await index.ordered({ conditions: [], order: 'upvoted', after: null, k: 100_000 });
  assert.deepEqual(
    all.hits.sort((a, b) => a.key - b.key),
    rows.map(({ id, upvotes }) => ({ value: upvotes ?? -1, key: id })),
  );
  for (const { id, title } of rows.slice(0, 20)) {
    const word = title.split(' ').at(-1)!;
    assert.ok((await find(index, word)).includes(id), title);
  }
}
