import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { AppError } from '../../../src/platform/errors.js';
import { createLexicalIndexer } from '../../../src/search/lexical/lexical-indexer.js';
import type { LexicalClient } from '../../../src/search/lexical/worker/client.js';
import { until } from '../../vectors/vectors-fixture.js';
import { keepingLogger } from './indexer-fixture.js';

/** An indexer over an index that holds nothing and a feed of removals, by a clock that the test moves. */
function setUp(t: TestContext) {
  let head = 0n;
  let isOpen = false;
  let isFull = false;
  let time = 0;
  const saves: bigint[] = [];
  let watermark = 0n;
  const index = {
    get isOpen() {
      return isOpen;
    },
    stats: () => ({ papers: 0 }),
    onDeath: () => {},
    open: async () => {
      isOpen = true;
      return { watermark: 0n, problems: [] };
    },
    apply: async (changes: { watermark: bigint }) => {
      watermark = changes.watermark;
    },
    save: async () => {
      saves.push(watermark);
      if (isFull) throw new AppError('snapshot_failed', 'the disk is full');
      return { file: 'words', bytes: 1 };
    },
    close: async () => {
      isOpen = false;
    },
  };
  const feed = {
    head: async () => head,
    changesSince: async (after: bigint, limit: number) =>
      Array.from({ length: Math.min(limit, Number(head - after)) }, (_, n) => {
        const seq = after + BigInt(n + 1);
        return { seq, key: Number(seq), paper: null };
      }),
  };
  const indexer = createLexicalIndexer({
    feed,
    index: index as unknown as LexicalClient,
    countPapers: async () => 0,
    log: keepingLogger(),
    clock: { now: () => new Date(time) },
  });
  t.after(() => indexer.close());
  return {
    indexer,
    saves,
    passTime: (ms: number): void => {
      time += ms;
    },
    fill: (full: boolean): void => {
      isFull = full;
    },
    /** So many changes come in, and the indexer has caught up and ended its step. */
    async change(count: number): Promise<void> {
      head += BigInt(count);
      indexer.start();
      indexer.hint();
      await until(() => indexer.status().watermark === String(head), 'catching up');
      // A step of its own ends after what the one before had to save.
      for (let n = 0; n < 50; n++) await Promise.resolve();
    },
  };
}

const MINUTE = 60_000;

describe('when the word index is saved', () => {
  it('after 5,000 changes, but not twice a minute', async (t) => {
    const { indexer, saves, change, passTime } = setUp(t);
    await change(6_000);
    assert.deepEqual(saves, [], 'not in the first minute');
    passTime(MINUTE);
    await change(1);
    assert.deepEqual(saves, [6_001n]);
    await change(20_000);
    assert.equal(saves.length, 1);
    passTime(MINUTE);
    await change(1_000);
    assert.equal(saves.length, 2);
    passTime(5 * MINUTE);
    await change(4_000);
    assert.equal(saves.length, 2, 'fewer, and no ten minutes');
    passTime(5 * MINUTE);
    await change(1);
    assert.equal(saves.length, 3);
    passTime(60 * MINUTE);
    await change(0);
    assert.equal(saves.length, 3, 'nothing changed');
    await indexer.close();
    assert.equal(saves.length, 3);
  });

  it('a minute after a failure, however much comes in', async (t) => {
    const { indexer, saves, change, passTime, fill } = setUp(t);
    fill(true);
    await change(0);
    passTime(10 * MINUTE);
    await change(30_000);
    assert.equal(saves.length, 1);
    assert.equal(indexer.status().error, null, 'it goes on following');
    passTime(MINUTE);
    await change(1);
    assert.equal(saves.length, 2);
    passTime(MINUTE);
    fill(false);
    await change(1);
    assert.equal(saves.at(-1), 30_002n);
    await change(10);
    await indexer.close();
    assert.equal(saves.at(-1), 30_012n, 'and when it is closed');
  });
});
