import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '../../src/platform/log.js';
import { byRank, createExactIndex } from '../../src/vectors/exact.js';
import { createLiveIndex, type LiveIndex } from '../../src/vectors/live-index.js';
import { createStoredSearch } from '../../src/vectors/stored-search.js';
import { dot } from '../../src/vectors/vector.js';
import { createVectorIndex } from '../../src/vectors/worker/client.js';
import {
  atEnd,
  clusteredVectors,
  createMemorySource,
  randomNumbers,
  randomVector,
  seeded,
  temporaryFolder,
  until,
} from './vectors-fixture.js';

const dimension = 16;
const random = randomNumbers(51);
const pool = Array.from({ length: 400 }, () => randomVector(dimension, random));

function expectedLabels(
  live: Iterable<[number, Float32Array]>,
  query: Float32Array,
  k: number,
  within: Uint32Array | undefined,
): number[] {
  const allowed = within === undefined ? null : new Set(within);
  return [...live]
    .filter(([label]) => allowed?.has(label) ?? true)
    .map(([label, vector]) => ({ label, score: dot(query, vector) }))
    .sort(byRank)
    .slice(0, k)
    .map(({ label }) => label);
}

function finishBuilding(index: LiveIndex): void {
  for (let steps = 0; index.isBuilding; steps++) {
    assert.ok(steps < 10_000, 'building ends');
    index.buildStep(1);
  }
}

// Labels that were never used, retired ones and repetitions are among those of the filters.
const filter = fc.array(fc.nat(499), { maxLength: 400 }).map((labels) => Uint32Array.from(labels));

for (const [name, exactLimit, steps] of [
  ['an exact index', 1_000, 0],
  ['an index whose graph is being built', 50, 3],
  ['a graph', 50, 10_000],
] as const) {
  test(`filtered search in ${name} is that of a plain list`, () => {
    const index = createLiveIndex({ dimension, exactLimit, searchSliceMs: 0 });
    for (const [label, vector] of pool.entries()) index.add(label, vector);
    for (let i = 0; i < steps && index.isBuilding; i++) index.buildStep(0);
    const live = new Map(pool.entries());
    for (let label = 0; label < 400; label += 9) {
      index.retire(label);
      live.delete(label);
    }
    assert.deepEqual([index.kind, index.isBuilding], [steps > 10 ? 'hnsw' : 'exact', steps === 3]);
    fc.assert(
      fc.property(filter, fc.nat(399), fc.constantFrom(1, 10, 100), (within, query, k) => {
        const before = within.slice();
        const hits = index.search(pool[query]!, k, within);
        assert.deepEqual(
          hits.map(({ label }) => label),
          expectedLabels(live, pool[query]!, k, within),
        );
        assert.deepEqual(within, before);
        for (const { label, score } of hits)
          assert.ok(Math.abs(score - dot(pool[query]!, live.get(label)!)) < 1e-6);
      }),
      { ...seeded, numRuns: 60 },
    );
  });
}

test('a search that pauses finds all that was live throughout, and nothing that was retired', () => {
  const change = fc.record({ isAddition: fc.boolean(), label: fc.integer({ min: 100, max: 399 }) });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 60, size: 'max' }),
      fc.constantFrom(20, 1_000),
      (changes, exactLimit) => {
        const index = createLiveIndex({ dimension, exactLimit, searchSliceMs: 0 });
        for (let label = 0; label < 300; label++) index.add(label, pool[label]!);
        if (exactLimit === 20) finishBuilding(index);
        const stable = new Set(Array(300).keys());
        // Half of the labels may be hits: some of those that come in are among them, others take freed rows.
        const within = Uint32Array.from({ length: 200 }, (_, i) => i * 2);
        const steps = index.searchSteps(pool[7]!, 40, within);
        const queue = [...changes];
        for (;;) {
          const step = steps.next();
          if (step.done === true) {
            const labels = step.value.map(({ label }) => label);
            assert.equal(new Set(labels).size, labels.length);
            assert.ok(labels.every((label) => label % 2 === 0 && index.has(label)));
            const found = labels.filter((label) => stable.has(label));
            const survivors = [...stable].map((label) => [label, pool[label]!] as [number, Float32Array]);
            assert.deepEqual(found, expectedLabels(survivors, pool[7]!, 40, within).slice(0, found.length));
            assert.ok(labels.length === 40);
            return;
          }
          for (const { isAddition, label } of queue.splice(0, 20)) {
            if (isAddition) index.add(label, pool[label]!);
            else if (index.retire(label)) stable.delete(label);
          }
          if (exactLimit === 20) index.buildStep(0);
        }
      },
    ),
    { ...seeded, numRuns: 60 },
  );
});

test('a row that another vector takes while a search pauses is no hit of that search', () => {
  const count = 9_000;
  const vectors = Array.from({ length: count }, () => randomVector(dimension, random));
  const index = createLiveIndex({ dimension, exactLimit: 2 * count, searchSliceMs: 0 });
  for (const [label, vector] of vectors.entries()) index.add(label, vector);
  const query = randomVector(dimension, random);
  const within = Uint32Array.from({ length: count }, (_, i) => count - 1 - i);
  const live = new Map(vectors.entries());
  const steps = index.searchSteps(query, 10, within);
  let pauses = 0;
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      const found = step.value.map(({ label }) => label);
      assert.deepEqual(found, expectedLabels(live, query, 10, within));
      break;
    }
    // The nearest there could be, in the row of one that may be a hit.
    const gone = count - 1 - pauses;
    index.retire(gone);
    live.delete(gone);
    index.add(count + pauses, query);
    pauses++;
  }
  assert.ok(pauses >= 6, `${pauses} pauses`);
});

test('recall against exact search is at least .99 at every selectivity', { timeout: 120_000 }, (t) => {
  const count = 30_000;
  const vectors = clusteredVectors({ count, dimension: 32, clusters: 300, spread: 0.4, seed: 15 });
  const index = createLiveIndex({ dimension: 32, exactLimit: 1_000 });
  const exact = createExactIndex(32);
  for (const [label, vector] of vectors.entries()) {
    index.add(label, vector);
    exact.add(label, vector);
  }
  finishBuilding(index);
  const order = [...vectors.keys()].sort((a, b) => ((a * 7_919) % count) - ((b * 7_919) % count));
  const queries = clusteredVectors({ count: 20, dimension: 32, clusters: 300, spread: 0.4, seed: 15 });
  for (const size of [count, 25_000, 15_000, 3_000, 300, 30, 1]) {
    const within = Uint32Array.from(order.slice(0, size));
    for (const k of [1, 10, 100]) {
      let found = 0;
      let wanted = 0;
      for (const query of queries) {
        const expected = new Set(exact.search(query, k, within).map(({ label }) => label));
        const hits = index.search(query, k, within);
        assert.equal(hits.length, Math.min(k, size));
        found += hits.filter(({ label }) => expected.has(label)).length;
        wanted += expected.size;
      }
      t.diagnostic(`${size} of ${count}, k ${k}: ${found / wanted}`);
      assert.ok(found / wanted >= 0.99, `${found / wanted} with ${size} labels and k ${k}`);
    }
  }
});

test('the thread, the stored vectors and the exact index filter alike', async (t) => {
  const database = createMemorySource({ dimension });
  const exact = createExactIndex(dimension);
  for (const [label, vector] of pool.entries()) {
    database.add(label, vector);
    exact.add(label, vector);
  }
  database.retire(30);
  exact.remove(30);
  const index = createVectorIndex({
    dimension,
    modelId: 'test@1',
    dir: await temporaryFolder(t),
    log: silentLogger,
    exactLimit: 50,
  });
  atEnd(t, () => index.close());
  await index.open();
  await index.apply(await database.source.changesSince(0n, 1_000), 401n);
  await until(() => index.stats().kind === 'hnsw' && !index.stats().building, 'the graph');
  const stored = createStoredSearch(database.source);
  for (const within of [
    Uint32Array.of(300, 20, 30, 10, 10, 4_000_000_000),
    new Uint32Array(),
    Uint32Array.from({ length: 400 }, (_, i) => i),
  ]) {
    const expected = exact.search(pool[30]!, 5, within);
    for (const searcher of [index, stored]) {
      const hits = await searcher.search(pool[30]!, 5, { within });
      assert.deepEqual(
        hits.map(({ label }) => label),
        expected.map(({ label }) => label),
      );
    }
  }
});
