import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createByteCollector } from '../../src/platform/byte-collector.js';

test('parts of every size come out as they went in', () => {
  const collector = createByteCollector();
  const sizes = [0, 1, 65_535, 65_536, 1, 200_000, 3];
  const parts = sizes.map((size, at) => Buffer.alloc(size, at + 1));
  for (const part of parts) {
    const lent = Buffer.from(part);
    collector.push(lent);
    // Whoever owns it may use it again.
    lent.fill(0);
  }
  const whole = Buffer.concat(parts);
  assert.equal(collector.size, whole.length);
  assert.ok(collector.take().equals(whole));
});

test('parts of one byte need no object each', () => {
  const collector = createByteCollector();
  const parts = 2_000_000;
  const source = Buffer.alloc(parts, 0x20);
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < parts; at += 1) collector.push(source.subarray(at, at + 1));
  // What is not collected yet is a part of it; held, they were 180 MB.
  const grown = (process.memoryUsage().heapUsed - before) / 1_048_576;
  assert.ok(grown < 80, `${grown} MB`);
  assert.equal(collector.take().length, parts);
});
