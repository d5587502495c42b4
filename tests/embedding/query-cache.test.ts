import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createQueryCache, normaliseQuery } from '../../src/embedding/query-cache.js';

const vector = (...values: number[]) => Float32Array.from(values);

it('takes white space and Unicode form for the same query, and nothing else', () => {
  assert.equal(normaliseQuery('  graph\n\tneural\u00a0 nets '), 'graph neural nets');
  assert.equal(normaliseQuery('re\u0301sume\u0301'), 'r\u00e9sum\u00e9');
  assert.notEqual(normaliseQuery('Graph'), normaliseQuery('graph'));
});

it('forgets what was not used for longest, and counts', () => {
  const cache = createQueryCache(2);
  cache.put('m', 'a', vector(1));
  cache.put('m', 'b', vector(2));
  assert.deepEqual(cache.get('m', 'a'), vector(1));
  cache.put('m', 'c', vector(3));
  assert.equal(cache.get('m', 'b'), null);
  assert.deepEqual([cache.get('m', 'a'), cache.get('m', 'c')], [vector(1), vector(3)]);
  cache.put('m', 'c', vector(4));
  assert.deepEqual(cache.get('m', 'c'), vector(4));
  assert.deepEqual(cache.stats(), { size: 2, hits: 4, misses: 1 });
});

it('keeps models apart', () => {
  const cache = createQueryCache();
  cache.put('m@1', 'a', vector(1));
  assert.equal(cache.get('m@2', 'a'), null);
});

it('hands out copies, and keeps one', () => {
  const cache = createQueryCache();
  const mine = vector(1, 2);
  cache.put('m', 'a', mine);
  mine[0] = 9;
  cache.get('m', 'a')!.fill(7);
  assert.deepEqual(cache.get('m', 'a'), vector(1, 2));
});
