import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '../../src/platform/errors.js';
import { createExactIndex } from '../../src/vectors/exact.js';
import { createHnswIndex } from '../../src/vectors/graph/hnsw.js';
import { MAX_LABEL } from '../../src/vectors/vector.js';
import { clusteredVectors, normalized, randomNumbers, randomVector } from './vectors-fixture.js';

test('recall against exact search is at least .95, with tombstones too', () => {
  const vectors = clusteredVectors({ count: 20_000, dimension: 32, clusters: 200, spread: 0.4, seed: 5 });
  const graph = createHnswIndex(32);
  const exact = createExactIndex(32);
  for (const [label, vector] of vectors.entries()) {
    graph.add(label, vector);
    exact.add(label, vector);
  }
  const random = randomNumbers(6);
  const queries = Array.from({ length: 200 }, () => vectors[Math.floor(random() * vectors.length)]!);
  const recall = (): number => {
    let found = 0;
    for (const query of queries) {
      const expected = new Set(exact.search(query, 10).map((hit) => hit.label));
      const hits = graph.search(query, 10);
      assert.equal(hits.length, 10);
      found += hits.filter((hit) => expected.has(hit.label)).length;
    }
    return found / (queries.length * 10);
  };
  assert.ok(recall() >= 0.95, `recall ${recall()}`);

  for (let label = 0; label < vectors.length; label += 5) {
    graph.retire(label);
    exact.remove(label);
  }
  assert.equal(graph.live, 16_000);
  assert.equal(graph.dead, 4_000);
  assert.ok(recall() >= 0.95, `recall with tombstones ${recall()}`);
  assert.ok(queries.every((query) => graph.search(query, 50).every((hit) => hit.label % 5 !== 0)));
});

test('scores are those of exact search, best first, ties by label', () => {
  const random = randomNumbers(11);
  const graph = createHnswIndex(16);
  const exact = createExactIndex(16);
  const twin = randomVector(16, random);
  for (let label = 0; label < 50; label++) {
    const vector = label % 10 === 0 ? twin : randomVector(16, random);
    graph.add(label, vector);
    exact.add(label, vector);
  }
  const hits = graph.search(twin, 50);
  const expected = exact.search(twin, 50);
  assert.deepEqual(hits.map((hit) => hit.label).slice(0, 5), [0, 10, 20, 30, 40]);
  assert.deepEqual(
    hits.map((hit) => hit.label),
    expected.map((hit) => hit.label),
  );
  for (const [i, hit] of hits.entries()) assert.ok(Math.abs(hit.score - expected[i]!.score) < 1e-6);
});

test('the graph grows beyond its first room, and k beyond its size gives what there is', () => {
  const random = randomNumbers(12);
  const graph = createHnswIndex(16);
  const vectors = Array.from({ length: 2_100 }, () => randomVector(16, random));
  for (const [label, vector] of vectors.entries()) graph.add(label * 1_000_003, vector);
  assert.equal(graph.live, 2_100);
  assert.equal(graph.search(vectors[2_099]!, 1)[0]?.label, 2_099 * 1_000_003);
  assert.equal(graph.search(vectors[0]!, 2_000).length, 2_000);
  assert.deepEqual(graph.vector(1_000_003), vectors[1]);
  assert.deepEqual([...graph.labels()].slice(0, 3), [0, 1_000_003, 2_000_006]);
});

test('an empty graph, and one of tombstones only, finds nothing', () => {
  const graph = createHnswIndex(16);
  const vector = randomVector(16, randomNumbers(1));
  assert.deepEqual(graph.search(vector, 10), []);
  graph.add(MAX_LABEL, vector);
  assert.deepEqual(
    graph.search(vector, 10).map((hit) => hit.label),
    [MAX_LABEL],
  );
  assert.equal(graph.retire(MAX_LABEL), true);
  assert.equal(graph.retire(MAX_LABEL), false);
  assert.equal(graph.retire(5), false);
  assert.equal(graph.has(MAX_LABEL), false);
  assert.equal(graph.vector(MAX_LABEL), undefined);
  assert.deepEqual(graph.search(vector, 10), []);
  assert.throws(() => graph.add(MAX_LABEL, vector), /was used before/);
});

test('what the addon would choke on never reaches it', () => {
  const graph = createHnswIndex(4);
  const good = normalized([1, 2, 3, 4]);
  graph.add(1, good);
  const holes = new Float32Array(4);
  const bad: [string, Float32Array][] = [
    ['NaN', Float32Array.of(Number.NaN, 0, 0, 1)],
    ['Infinity', Float32Array.of(Number.NEGATIVE_INFINITY, 0, 0, 1)],
    ['zero', holes],
    ['twice too long', Float32Array.of(2, 0, 0, 0)],
    ['too few numbers', normalized([1, 2, 3])],
    ['too many numbers', normalized([1, 2, 3, 4, 5])],
  ];
  for (const [name, vector] of bad) {
    assert.throws(
      () => graph.add(2, vector),
      (error) => isAppError(error, 'vector_invalid'),
      name,
    );
    assert.throws(
      () => graph.search(vector, 1),
      (error) => isAppError(error, 'vector_invalid'),
      name,
    );
  }
  for (const label of [-1, 1.5, 2 ** 32, Number.NaN, 1]) {
    assert.throws(
      () => graph.add(label, good),
      (error) => isAppError(error, 'vector_invalid'),
      `label ${label}`,
    );
  }
  for (const k of [0, -1, 0.5, 2_001, Number.NaN]) {
    assert.throws(
      () => graph.search(good, k),
      (error) => isAppError(error, 'invalid_input'),
      `k ${k}`,
    );
  }
  for (const dimension of [0, -1, 1.5, 5_000]) assert.throws(() => createHnswIndex(dimension), /dimension/);
  assert.deepEqual(
    graph.search(good, 3).map((hit) => hit.label),
    [1],
  );
});
