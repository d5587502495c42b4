import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../src/platform/log.js';
import type { VectorChange, VectorIndex } from '../../src/vectors/ports.js';
import { createVectorIndex, type VectorIndexOptions } from '../../src/vectors/worker/client.js';
import { atEnd, randomNumbers, randomVector, temporaryFolder, until } from './vectors-fixture.js';

const dimension = 64;
const random = randomNumbers(61);
const pool = Array.from({ length: 6_000 }, () => randomVector(dimension, random));
const change = (label: number): VectorChange => ({
  seq: BigInt(label + 1),
  label,
  vector: pool[label % pool.length]!,
});

async function create(
  t: Parameters<typeof temporaryFolder>[0],
  overrides: Partial<VectorIndexOptions> = {},
): Promise<VectorIndex> {
  const dir = await temporaryFolder(t);
  const index = createVectorIndex({
    dimension,
    modelId: 'test@1',
    dir,
    log: silentLogger,
    exactLimit: 100,
    ...overrides,
  });
  atEnd(t, () => index.close());
  await index.open();
  return index;
}

const isSettled = (index: VectorIndex) => () => index.stats().kind === 'hnsw' && !index.stats().building;

test('what the index does is counted, and told to whoever listens', async (t) => {
  const searched: number[] = [];
  const saved: number[] = [];
  const index = await create(t, {
    onSearch: ({ ms }) => searched.push(ms),
    onSnapshot: ({ bytes }) => saved.push(bytes),
  });
  await index.apply(
    Array.from({ length: 1_000 }, (_, label) => change(label)),
    1_000n,
  );
  assert.equal(index.stats().live, 1_000);
  const { building, built, buildTotal } = index.stats();
  assert.ok(!building || (built < buildTotal && buildTotal === 1_000));
  await until(isSettled(index), 'the graph');
  const snapshot = await index.save();
  await Promise.all(pool.slice(0, 20).map((vector) => index.search(vector, 5)));
  await assert.rejects(index.search(pool[0]!, 1, { signal: AbortSignal.abort() }));

  const { activity, copyBytes } = index.stats();
  const { searches, applies, snapshots } = activity;
  assert.deepEqual([activity.builds, activity.rebuilds], [1, 0]);
  assert.deepEqual([applies.count, applies.changes], [1, 1_000]);
  assert.deepEqual([snapshots.count, snapshots.failed, snapshots.lastBytes], [1, 0, snapshot?.bytes]);
  assert.deepEqual(saved, [snapshot?.bytes]);
  assert.equal(searches.count, 20);
  assert.equal(searched.length, 20);
  const total = searched.reduce((sum, ms) => sum + ms, 0);
  assert.ok(Math.abs(total - searches.totalMs) < 1e-6);
  assert.equal(Math.max(...searched), searches.maxMs);
  assert.ok(searches.waitMs > 0 && searches.waitMs < searches.totalMs);
  assert.ok(searches.maxWaitMs <= searches.maxMs);
  assert.ok(copyBytes >= 1_000 * dimension);
});

test('compaction goes on under searches, additions, updates and retirements, and loses nothing', async (t) => {
  const index = await create(t);
  const live = new Map<number, Float32Array>();
  const apply = async (changes: VectorChange[]): Promise<void> => {
    for (const { label, vector } of changes) {
      if (vector === null) live.delete(label);
      else live.set(label, vector);
    }
    await index.apply(changes, changes.at(-1)!.seq);
  };
  await apply(Array.from({ length: 4_000 }, (_, label) => change(label)));
  await until(isSettled(index), 'the graph');
  await index.save();

  let done = false;
  const search = async (): Promise<void> => {
    // These stay: no moment may miss them.
    for (let i = 0; !done; i++) {
      const label = 3_000 + (i % 1_000);
      assert.equal((await index.search(pool[label]!, 1))[0]?.label, label);
    }
  };
  const searches = [search(), search()];
  const retired = (label: number): VectorChange => ({ seq: 10_000n, label, vector: null });
  for (let from = 0; from < 2_000; from += 100) {
    await apply(Array.from({ length: 100 }, (_, i) => retired(from + i)));
    await apply(Array.from({ length: 50 }, (_, i) => change(4_000 + from / 2 + i)));
    // An update: the old label goes, a new one comes with another vector.
    await apply([retired(2_000 + from / 20), change(5_000 + from / 20)]);
  }
  await until(isSettled(index), 'the compaction');
  done = true;
  await Promise.all(searches);
  assert.ok(index.stats().activity.rebuilds > 0);
  assert.equal(index.stats().live, live.size);
  for (const [label, vector] of live) assert.equal((await index.search(vector, 1))[0]?.label, label);
});

test('searches are answered while a snapshot is being written', async (t) => {
  const index = await create(t);
  await index.apply(
    Array.from({ length: 5_000 }, (_, label) => change(label)),
    5_000n,
  );
  await until(isSettled(index), 'the graph');
  await index.save();
  await index.apply([change(5_000)], 5_001n);
  let isSaved = false;
  const saving = index.save().then(() => {
    isSaved = true;
  });
  let answered = 0;
  for (let i = 0; !isSaved; i++) {
    await index.search(pool[i % 5_000]!, 1);
    answered++;
  }
  await saving;
  assert.ok(answered >= 5, `${answered} searches came through`);
});

test('a long list of changes lets the event loop turn, and what is asked after it comes after it', async (t) => {
  const index = await create(t, { exactLimit: 10_000 });
  let turns = 0;
  let isApplied = false;
  const turn = (): void => {
    turns++;
    if (!isApplied) setImmediate(turn);
  };
  setImmediate(turn);
  const all = Array.from({ length: 9_000 }, (_, label) => change(label));
  const applied = index.apply(all, 9_000n).then(() => {
    isApplied = true;
  });
  const second = index.apply([{ seq: 9_001n, label: 8_999, vector: null }], 9_001n);
  await second;
  assert.equal(isApplied, true);
  await applied;
  assert.equal(index.stats().live, 8_999);
  // 9,000 vectors of 256 bytes are three messages, checked and then packed one by one.
  assert.ok(turns >= 5, `${turns} turns`);
});
