import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '../../src/platform/log.js';
import { byRank } from '../../src/vectors/exact.js';
import type { VectorChange, VectorIndex } from '../../src/vectors/ports.js';
import { dot } from '../../src/vectors/vector.js';
import { createVectorIndex } from '../../src/vectors/worker/client.js';
import { randomNumbers, randomVector, seeded, temporaryFolder } from './vectors-fixture.js';

const dimension = 16;
const random = randomNumbers(31);
const pool = Array.from({ length: 41 }, () => randomVector(dimension, random));

test('any order of changes, searches, saves and restarts agrees with a plain list', {
  timeout: 120_000,
}, async (t) => {
  const label = fc.nat(40);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ op: fc.constant('add' as const), label }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('retire' as const), label }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('search' as const), label }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('save' as const), label }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('reopen' as const), label }) },
  );
  const run = async (steps: { op: string; label: number }[], exactLimit: number): Promise<void> => {
    const dir = await temporaryFolder(t);
    const open = async (): Promise<{ index: VectorIndex; watermark: bigint }> => {
      const index = createVectorIndex({ dimension, modelId: 'test@1', dir, log: silentLogger, exactLimit });
      return { index, watermark: (await index.open()).watermark };
    };
    // The database: one row a label, its last change.
    const rows = new Map<number, VectorChange>();
    let seq = 0n;
    let { index } = await open();
    try {
      for (const { op, label: one } of [...steps, { op: 'reopen', label: 0 }, { op: 'search', label: 0 }]) {
        const row = rows.get(one);
        if (op === 'add' || (op === 'retire' && row?.vector !== null)) {
          if (op === 'retire' || row === undefined) {
            rows.delete(one);
            rows.set(one, { seq: ++seq, label: one, vector: op === 'add' ? pool[one]! : null });
          }
          await index.apply([rows.get(one)!], seq);
        } else if (op === 'save') {
          await index.save();
        } else if (op === 'reopen') {
          await index.close({ save: one % 2 === 0 });
          const opened = await open();
          index = opened.index;
          await index.apply(
            [...rows.values()].filter((change) => change.seq > opened.watermark),
            seq,
          );
        } else {
          const live = [...rows.values()].flatMap((change) => (change.vector === null ? [] : [change]));
          const expected = live.map((change) => ({
            label: change.label,
            score: dot(pool[one]!, change.vector!),
          }));
          const found = await index.search(pool[one]!, 8);
          assert.deepEqual(
            found.map((hit) => hit.label),
            expected
              .sort(byRank)
              .slice(0, 8)
              .map((hit) => hit.label),
          );
          assert.equal(index.stats().live, live.length);
        }
      }
    } finally {
      await index.close();
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), fc.constantFrom(4, 1_000), run),
    { ...seeded, numRuns: 15 },
  );
});
