import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createReadiness } from '../../src/search/readiness.js';

interface State {
  waiting?: number;
  failed?: number;
  head?: bigint;
  watermark?: bigint;
  covered?: boolean;
  isWarm?: boolean;
  loadError?: string;
  wordsCovered?: boolean;
  wordsHead?: bigint;
}

/** Parts of a service in a state of our choosing; only what readiness asks for is there. */
function readinessOf(state: State) {
  const { waiting = 0, failed = 0, head = 7n, watermark = 7n, covered = true, isWarm = true } = state;
  const { loadError = null, wordsCovered = true, wordsHead = 5n } = state;
  const model = {
    id: 'tiny@1',
    embedder: { isWarm },
    loadError,
    pending: { count: async () => ({ waiting, failed }) },
    embeddings: { head: async () => head },
    backlog: { status: () => ({ state: 'idle', embedded: 0, error: null }) },
  };
  const status = {
    state: 'live',
    kind: 'exact',
    live: 10,
    watermark: String(watermark),
    covered,
    skipped: 0,
  };
  const index = { indexer: { status: () => ({ ...status, head: String(watermark) }) } };
  const engines = { serving: { model, index, epoch: 3 }, progress: () => null };
  return createReadiness({
    papers: { count: async () => 10 },
    engines: engines as unknown as Parameters<typeof createReadiness>[0]['engines'],
    words: {
      status: () => ({
        state: wordsCovered ? 'live' : 'catching_up',
        papers: 10,
        watermark: '5',
        head: '5',
        covered: wordsCovered,
        error: null,
      }),
      readHead: async () => wordsHead,
    },
  });
}

describe('readiness', () => {
  it('is there when every paper has its vector and the index has every vector', async () => {
    const { ready, reasons } = await readinessOf({}).check();
    assert.deepEqual([ready, reasons], [true, []]);
  });

  const missing: [string, Parameters<typeof readinessOf>[0], RegExp][] = [
    ['papers wait', { waiting: 3 }, /^3 of 10 papers wait to be embedded$/],
    ['the model is not loaded', { isWarm: false }, /model is being loaded/],
    [
      'the model can not be loaded',
      { isWarm: false, loadError: 'a wrong sum' },
      /can't be loaded: a wrong sum/,
    ],
    ['the indexer says so', { covered: false }, /index is catching up/],
    ['a vector was stored since the indexer looked', { head: 8n }, /index is catching up/],
    ['the word index says so', { wordsCovered: false }, /^the word index is catching up \(10 papers\)$/],
    ['a paper came in since the word index looked', { wordsHead: 6n }, /^the word index is live/],
  ];
  for (const [what, state, reason] of missing) {
    it(`is not there while ${what}`, async () => {
      const { ready, reasons, index, words } = await readinessOf(state).check();
      assert.equal(ready, false);
      assert.equal(reasons.length, 1);
      assert.match(reasons[0]!, reason);
      if (reason.source.includes('word')) assert.equal(words.covered, false);
      else if (reason.source.includes('index')) assert.equal(index.covered, false);
    });
  }

  it('does not wait for texts that the model can not take', async () => {
    assert.equal((await readinessOf({ failed: 2 }).check()).ready, true);
  });
});
