import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createReadiness } from '../../src/search/readiness.js';

/** A service in a state of our choosing. */
function readinessOf({ pending = 0, failed = 0, head = 7n, watermark = 7n, covered = true, isWarm = true }) {
  return createReadiness({
    papers: { count: async () => 10 },
    embeddings: { countPending: async () => pending, head: async () => head },
    embedder: { model: { id: 'tiny@1', dimension: 8, maxTokens: 16 }, isWarm },
    backlog: { status: () => ({ state: 'idle', embedded: 0, failed, error: null }) },
    indexer: {
      status: () => ({
        state: 'live',
        kind: 'exact',
        live: 10,
        watermark: String(watermark),
        head: String(watermark),
        covered,
        skipped: 0,
      }),
    },
  });
}

describe('readiness', () => {
  it('is there when every paper has its vector and the index has every vector', async () => {
    const { ready, reasons } = await readinessOf({}).check();
    assert.deepEqual([ready, reasons], [true, []]);
  });

  const missing: [string, Parameters<typeof readinessOf>[0], RegExp][] = [
    ['papers wait', { pending: 3 }, /^3 of 10 papers wait to be embedded$/],
    ['the model is not loaded', { isWarm: false }, /model is being loaded/],
    ['the indexer says so', { covered: false }, /index is catching up/],
    ['a vector was stored since the indexer looked', { head: 8n }, /index is catching up/],
  ];
  for (const [what, state, reason] of missing) {
    it(`is not there while ${what}`, async () => {
      const { ready, reasons, index } = await readinessOf(state).check();
      assert.equal(ready, false);
      assert.equal(reasons.length, 1);
      assert.match(reasons[0]!, reason);
      if (reason.source.includes('index')) assert.equal(index.covered, false);
    });
  }

  it('does not wait for texts that the model can not take', async () => {
    assert.equal((await readinessOf({ pending: 2, failed: 2 }).check()).ready, true);
  });
});
