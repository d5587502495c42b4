import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it, mock, type TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { type AppError, isAppError } from '../../../../src/platform/errors.js';
import {
  createLexicalClient,
  type LexicalClientOptions,
  MAX_WAITING,
  SEARCH_TIMEOUT_MS,
} from '../../../../src/search/lexical/worker/client.js';
import type { LexicalMessage, LexicalRequest } from '../../../../src/search/lexical/worker/protocol.js';
import { isOf } from '../../../support/errors.js';
import { paper, rankTerm, temporaryFolder } from '../lexical-fixture.js';

const query = { terms: [rankTerm('hive')], conditions: [], k: 10 };
const change = { put: [paper(1, 'A hive'), paper(2, 'Bees')], removed: [], watermark: 5n };

/** With a real thread. */
async function openClient(t: TestContext, options: Partial<LexicalClientOptions> = {}) {
  const client = createLexicalClient({ dir: await temporaryFolder(t), ...options });
  t.after(() => client.close());
  await client.open();
  return client;
}

/** A thread that answers what it is told to, when it is told to. */
class FakeThread extends EventEmitter {
  readonly asked: LexicalRequest[] = [];

  postMessage(request: LexicalRequest): void {
    this.asked.push(request);
    if (request.op === 'open') queueMicrotask(() => this.answer(request.id, { watermark: 0n, problems: [] }));
  }

  answer(id: number, value: unknown): void {
    const stats = { papers: id, dead: 0, segments: 1, bytes: 1, watermark: 0n, latest: 0 };
    this.emit('message', { id, value, ms: 1, stats } satisfies LexicalMessage);
  }

  async terminate(): Promise<number> {
    this.emit('exit', 1);
    return 1;
  }
}

async function openFake(options: Partial<LexicalClientOptions> = {}) {
  const threads: FakeThread[] = [];
  const startWorker = (): Worker => {
    threads.push(new FakeThread());
    return threads.at(-1) as unknown as Worker;
  };
  const client = createLexicalClient({ dir: '', startWorker, ...options });
  await client.open();
  return { client, threads, thread: threads[0]! };
}

describe('the word index on its thread', () => {
  it('answers as the engine does', async (t) => {
    const times: [number, number][] = [];
    const client = await openClient(t, { onSearch: (...time) => times.push(time) });
    assert.equal((await client.apply(change)).watermark, 5n);
    assert.deepEqual(
      (await client.search(query)).hits.map(({ key }) => key),
      [1],
    );
    assert.deepEqual([...(await client.subset([], 5)).keys!], [1, 2]);
    assert.equal((await client.ordered({ conditions: [], order: 'newest', after: null, k: 1 })).passing, 2);
    assert.equal((await client.explain(query.terms, [1, 2]))[0]![0]!.inTitle, 1);
    assert.deepEqual((await client.complete('hi', 3)).titles, [1]);
    assert.equal(await client.compare(change.put), 2);
    assert.equal(client.stats().papers, 2);
    assert.equal((await client.save()).file, 'words-000001.lex');
    await client.reset();
    assert.equal(client.stats().papers, 0);
    assert.equal(times.length, 5);
    assert.ok(times.every(([ms, wait]) => ms >= wait && wait >= 0));
  });

  it('hands its errors over with their codes', async (t) => {
    const client = await openClient(t);
    const conditions = [{ op: 'or' as const, conditions: null as never }];
    await client.apply(change);
    await assert.rejects(client.subset(conditions, 1), isOf('internal'));
    assert.equal((await client.subset([], 1)).count, 2, 'and goes on');
  });

  it('is unavailable before it is opened, when closed, and after its thread died', async (t) => {
    const client = createLexicalClient({ dir: await temporaryFolder(t) });
    await assert.rejects(client.search(query), isOf('index_unavailable'));
    await client.open();
    await client.close();
    assert.equal(client.isOpen, false);
    await assert.rejects(client.search(query), isOf('index_unavailable'));
    await client.close();
    await client.open();
    assert.equal((await client.search(query)).passing, 0);
    await client.close();
  });

  it('tells of a death once, fails what was under way, and starts again', async () => {
    const { client, threads, thread } = await openFake();
    const deaths: AppError[] = [];
    client.onDeath((error) => deaths.push(error));
    const waiting = [client.complete('deep', 3), client.apply(change)];
    thread.emit('error', new Error('out of hives'));
    thread.emit('exit', 1);
    for (const one of waiting) await assert.rejects(one, isOf('index_unavailable'));
    assert.deepEqual([deaths.length, client.isOpen, client.stats().papers], [1, false, 0]);
    assert.match(deaths[0]!.message, /stopped \(out of hives\)/);
    await client.open();
    assert.equal(threads.length, 2);
    const again = client.complete('deep', 3);
    threads[1]!.answer(threads[1]!.asked.at(-1)!.id, 'answer');
    assert.equal(await again, 'answer');
    await client.close();
    assert.equal(deaths.length, 1, 'closing is no death');
  });

  it('takes so many searches at once and no more; other work goes on', async () => {
    const { client, thread } = await openFake();
    const waiting = Array.from({ length: MAX_WAITING }, () => client.complete('deep', 3));
    for (const one of [client.complete('deep', 3), client.complete('a', 1), client.subset([], 1)])
      await assert.rejects(one, (error) => isAppError(error, 'overloaded') && error.retryAfter === 1);
    const work = client.apply(change);
    for (const { id, op } of [...thread.asked]) if (op !== 'open') thread.answer(id, op);
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['complete']));
    assert.equal(await work, 'apply');
    const after = client.complete('deep', 3);
    thread.answer(thread.asked.at(-1)!.id, 'free again');
    assert.equal(await after, 'free again');
    await client.close();
  });

  it('gives a search up after its time, and takes no notice of a late answer', async () => {
    const { client, thread } = await openFake();
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const given = Array.from({ length: MAX_WAITING }, () => client.complete('deep', 3));
      const work = client.apply(change);
      mock.timers.tick(SEARCH_TIMEOUT_MS - 1);
      assert.equal(await Promise.race([given[0], 'waiting']), 'waiting');
      mock.timers.tick(1);
      for (const one of given) await assert.rejects(one, isOf('timeout'));
      for (const { id, op } of [...thread.asked]) if (op !== 'open') thread.answer(id, op);
      assert.equal(await work, 'apply', 'taking papers in may take longer');
      const next = client.complete('deep', 3);
      thread.answer(thread.asked.at(-1)!.id, 'in time');
      assert.equal(await next, 'in time');
    } finally {
      mock.timers.reset();
    }
    await client.close();
  });

  it('fails what is under way when it is closed', async () => {
    const { client } = await openFake();
    const waiting = [client.complete('deep', 3), client.save()];
    const closed = client.close();
    for (const one of waiting) await assert.rejects(one, /the word index is closed/);
    await closed;
    assert.equal(client.isOpen, false);
  });
});
