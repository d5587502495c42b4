import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { byRank } from '../../src/vectors/exact.js';
import { findStrays } from '../../src/vectors/graph/audit.js';
import { inspectGraphFile } from '../../src/vectors/graph/graph-file.js';
import { createLiveIndex, type LiveIndex } from '../../src/vectors/live-index.js';
import { dot } from '../../src/vectors/vector.js';
import {
  clusteredVectors,
  normalized,
  randomNumbers,
  randomVector,
  seeded,
  temporaryFolder,
} from './vectors-fixture.js';

const dimension = 16;
const random = randomNumbers(21);
const pool = Array.from({ length: 400 }, () => randomVector(dimension, random));

function finishBuilding(index: LiveIndex): void {
  for (let steps = 0; index.isBuilding; steps++) {
    assert.ok(steps < 10_000, 'building ends');
    index.buildStep(1);
  }
}

function assertFindsEvery(index: LiveIndex, live: ReadonlyMap<number, Float32Array>): void {
  assert.equal(index.live, live.size);
  for (const [label, vector] of live) {
    const hits = index.search(vector, 10);
    assert.ok(
      hits.some((hit) => hit.label === label),
      `label ${label} finds itself`,
    );
    assert.ok(
      hits.every((hit) => live.has(hit.label)),
      `label ${label} finds live labels only`,
    );
  }
}

test('exact up to the limit, a graph beyond, complete at every moment between', () => {
  const index = createLiveIndex({ dimension, exactLimit: 50 });
  const live = new Map<number, Float32Array>();
  const add = (label: number): void => {
    assert.equal(index.add(label, pool[label]!), true);
    live.set(label, pool[label]!);
  };
  for (let label = 0; label < 50; label++) add(label);
  assert.equal(index.isBuilding, false);
  add(50);
  assert.equal(index.isBuilding, true);
  for (let label = 51; index.isBuilding; label++) {
    assert.equal(index.kind, 'exact');
    assert.equal(index.completeGraph, null);
    if (label < 80) add(label);
    if (label === 60) for (const gone of [3, 55, 59]) assert.ok(index.retire(gone) && live.delete(gone));
    index.buildStep(0);
    if (label % 7 === 0) assertFindsEvery(index, live);
  }
  assert.equal(index.kind, 'hnsw');
  assert.notEqual(index.completeGraph, null);
  assertFindsEvery(index, live);
  add(100);
  assertFindsEvery(index, live);
});

test('a live label is not added twice, and a retired one never comes back', () => {
  const index = createLiveIndex({ dimension, exactLimit: 3 });
  assert.equal(index.add(1, pool[1]!), true);
  assert.equal(index.add(1, pool[2]!), false);
  assert.equal(index.retire(9), false);
  assert.equal(index.add(9, pool[9]!), false);
  assert.equal(index.retire(1), true);
  assert.equal(index.retire(1), false);
  for (let label = 10; label < 20; label++) index.add(label, pool[label]!);
  finishBuilding(index);
  assert.equal(index.kind, 'hnsw');
  assert.equal(index.add(1, pool[1]!), false);
  assert.equal(index.add(12, pool[12]!), false);
  assert.equal(index.retire(12), true);
  assert.equal(index.add(12, pool[12]!), false);
  assert.equal(index.live, 9);
});

test('more tombstones than live nodes start a rebuild, which leaves them out', () => {
  const index = createLiveIndex({ dimension, exactLimit: 20 });
  const live = new Map<number, Float32Array>();
  for (let label = 0; label < 100; label++) {
    index.add(label, pool[label]!);
    live.set(label, pool[label]!);
  }
  finishBuilding(index);
  for (let label = 0; label < 51; label++) {
    index.retire(label);
    live.delete(label);
  }
  assert.equal(index.dead, 51);
  assert.equal(index.isBuilding, true);
  // During the rebuild: additions, retirements of old and new, and searches that see all of it.
  for (let label = 200; label < 220; label++) {
    index.add(label, pool[label]!);
    live.set(label, pool[label]!);
  }
  index.buildStep(0);
  for (const label of [60, 61, 205]) {
    index.retire(label);
    live.delete(label);
  }
  assertFindsEvery(index, live);
  finishBuilding(index);
  assert.ok(index.dead <= 3, `${index.dead} tombstones are left`);
  assertFindsEvery(index, live);
  assert.equal(index.add(5, pool[5]!), false, 'left out by the rebuild, and retired all the same');
});

test('everything may be retired, in the middle of a build too', () => {
  const index = createLiveIndex({ dimension, exactLimit: 5 });
  for (let label = 0; label < 40; label++) index.add(label, pool[label]!);
  index.buildStep(0);
  for (let label = 0; label < 40; label++) index.retire(label);
  finishBuilding(index);
  assert.equal(index.live, 0);
  assert.deepEqual(index.search(pool[0]!, 10), []);
  for (let label = 100; label < 140; label++) index.add(label, pool[label]!);
  finishBuilding(index);
  for (let label = 100; label < 140; label++) index.retire(label);
  finishBuilding(index);
  assert.deepEqual([index.kind, index.live, index.dead], ['hnsw', 0, 0]);
  index.add(200, pool[200]!);
  assertFindsEvery(index, new Map([[200, pool[200]!]]));
});

test('additions wait at the ceiling while a graph is built', () => {
  const index = createLiveIndex({ dimension, exactLimit: 5, exactCeiling: 10 });
  for (let label = 0; label < 10; label++) {
    assert.equal(index.isFull, false);
    index.add(label, pool[label]!);
  }
  assert.equal(index.isFull, true);
  finishBuilding(index);
  assert.equal(index.isFull, false);
});

test('any order of changes, searches and building agrees with a plain list', () => {
  const label = fc.nat(60);
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ op: fc.constant('add' as const), label }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('retire' as const), label }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('search' as const), label }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('build' as const), label }) },
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200, size: 'max' }),
      fc.constantFrom(3, 10, 1_000),
      (steps, exactLimit) => {
        const index = createLiveIndex({ dimension, exactLimit });
        const live = new Map<number, Float32Array>();
        const retired = new Set<number>();
        for (const { op, label: one } of steps) {
          const vector = pool[one]!;
          if (op === 'add') {
            const isNew = !live.has(one) && !retired.has(one);
            assert.equal(index.add(one, vector), isNew);
            if (isNew) live.set(one, vector);
          } else if (op === 'retire') {
            assert.equal(index.retire(one), live.delete(one));
            retired.add(one);
          } else if (op === 'build') {
            index.buildStep(0);
          } else {
            // So few nodes are all within the beam: the graph must be exact as well.
            const expected = [...live]
              .map(([key, row]) => ({ label: key, score: dot(vector, row) }))
              .sort(byRank);
            const found = index.search(vector, 8).map((hit) => hit.label);
            assert.deepEqual(
              found,
              expected.slice(0, 8).map((hit) => hit.label),
            );
          }
          assert.equal(index.live, live.size);
          assert.equal(index.has(one), live.has(one));
        }
        finishBuilding(index);
        assertFindsEvery(index, live);
      },
    ),
    { ...seeded, numRuns: 150 },
  );
});

test('what the graph loses is found beside it: orphans, and islands of equal vectors', async (t) => {
  const folder = await temporaryFolder(t);
  const vectors = clusteredVectors({ count: 6_000, dimension: 32, clusters: 5, spread: 0.02, seed: 12 });
  // Sixty copies each of fifty vectors: more than a node has links.
  for (let i = 0; i < 3_000; i++) vectors[i * 2] = vectors[(i % 50) * 2 + 1]!;
  const index = createLiveIndex({ dimension: 32, exactLimit: 100 });
  for (const [label, vector] of vectors.entries()) index.add(label, vector);
  finishBuilding(index);
  const graph = index.completeGraph;
  assert.ok(graph !== null);

  const isLost = (label: number): boolean => {
    const vector = vectors[label]!;
    const best = index.search(vector, 10)[0];
    return best === undefined || best.score < dot(vector, vector) - 1e-6;
  };
  const lost = [...vectors.keys()].filter(isLost);
  assert.ok(lost.length > 0, 'the data is as nasty as it is meant to be');

  await graph.writeTo(join(folder, 'graph'));
  const report = await inspectGraphFile(join(folder, 'graph'), 32);
  assert.equal(await findStrays(graph, report, () => true), null);
  const strays = await findStrays(graph, report, () => false);
  assert.ok(strays !== null);
  index.setStrays(strays);
  t.diagnostic(
    `${lost.length} of ${vectors.length} were lost by the graph alone, ${index.strays} are kept beside it`,
  );
  assert.deepEqual([...vectors.keys()].filter(isLost), []);

  // A stray that is retired is gone, too.
  const gone = lost[0]!;
  index.retire(gone);
  assert.ok(index.search(vectors[gone]!, 2_000).every((hit) => hit.label !== gone));
  assert.equal(index.live, vectors.length - 1);
  assert.deepEqual(index.search(normalized(vectors[gone]!), 3).length, 3);
});
