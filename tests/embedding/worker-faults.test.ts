/** What the embedder does with workers that die, hang or answer nonsense, and with texts that are the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError } from '../../src/platform/errors.js';
import { isOf } from '../support/errors.js';
import { embedderWith, numbered, titles } from './embedders.js';
import { norm } from './vector-math.js';

describe('a worker that dies', () => {
  it('costs only the text that kills it', async () => {
    const workerEntry = new URL('./dying-worker.js', import.meta.url);
    const embedder = await embedderWith({ workers: 2, workerEntry });
    const calls = await Promise.allSettled([
      embedder.embedDocuments(titles('graph', 'noise')),
      embedder.embedDocuments(titles('robot', 'a poison pill', 'planet')),
      embedder.embedDocuments(titles('protein', 'crystal')),
      embedder.embedQuery('galaxy'),
    ]);
    assert.deepEqual(
      calls.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    const [, rejected] = calls;
    assert.ok(rejected?.status === 'rejected' && isAppError(rejected.reason, 'model_unavailable'));
    assert.equal(rejected.reason.details['index'], 1);
    assert.match(rejected.reason.message, /Document 1 of 3.*died on it 2 times.*exit code 7/);
    assert.equal(embedder.stats().deaths, 2);
    assert.equal((await embedder.embedDocuments(titles('still alive'))).length, 1);
    await embedder.close();
  });

  it('costs a call that goes on nothing but the text, as often as it happens', async () => {
    const workerEntry = new URL('./dying-worker.js', import.meta.url);
    const embedder = await embedderWith({ workers: 2, workerEntry });
    const documents = Array.from({ length: 60 }, (_, at) => (at % 15 === 7 ? `poison ${at}` : `graph ${at}`));
    const outcomes = await embedder.tryDocuments(titles(...documents), { lane: 'backfill' });
    for (const [at, outcome] of outcomes.entries()) {
      assert.equal('refused' in outcome, at % 15 === 7, documents[at]);
      if ('refused' in outcome) assert.match(outcome.refused, /died on it 2 times.*exit code 7/);
      else assert.ok(Math.abs(norm(outcome.vector) - 1) < 1e-6);
    }
    const { embedded, refused } = embedder.stats().lanes.backfill;
    assert.deepEqual([embedded, refused], [56, 4]);
    await embedder.close();
  });
});

describe('a broken model', () => {
  it('has its vectors refused, one by one, with the reason', async () => {
    const workerEntry = new URL('./broken-worker.js', import.meta.url);
    const embedder = await embedderWith({ workerEntry });
    const documents = titles('good', 'nan', 'zero', 'short', 'unscaled', 'throw', 'as good');
    const outcomes = await embedder.tryDocuments(documents);
    const reasons = outcomes.map((outcome) =>
      'refused' in outcome ? outcome.refused : outcome.vector.length,
    );
    assert.deepEqual(reasons, [
      64,
      'the model gave a vector with NaN in it',
      'the model gave a vector of length 0 instead of 1',
      'the model gave a vector of 63 numbers instead of 64',
      'the model gave a vector of length 8 instead of 1',
      'no token for this',
      64,
    ]);
    await assert.rejects(
      embedder.embedDocuments(documents),
      (error) =>
        isAppError(error, 'model_unavailable') && [1, 2, 3, 4, 5].includes(Number(error.details['index'])),
    );
    for (const query of ['nan', 'nan']) {
      await assert.rejects(embedder.embedQuery(query), /The query could not be embedded: .*NaN/);
    }
    assert.equal(embedder.stats().cache.size, 0);
    await embedder.close();
  });
});

describe('identical texts', () => {
  it('of all callers share one run, and no vector', async () => {
    const embedder = await embedderWith();
    const [one, two] = titles('graph', 'graph');
    const [first, query] = await Promise.all([
      embedder.embedDocuments([one!, two!], { lane: 'backfill' }),
      embedder.embedQuery('graph'),
    ]);
    assert.deepEqual(first[0], query);
    assert.deepEqual(first[1], query);
    assert.notEqual(first[0]!.buffer, first[1]!.buffer);
    const { runs, shared, lanes } = embedder.stats();
    assert.deepEqual([runs.count, shared], [1, 2]);
    assert.equal(lanes.query.embedded, 1, 'in the class of the most urgent');
    await embedder.close();
  });
});

describe('the query cache', () => {
  it('answers what was asked before, in any spacing and Unicode form, with a vector to keep', async () => {
    const embedder = await embedderWith();
    const first = await embedder.embedQuery('graph \u00e9toile');
    const expected = first.slice();
    first.fill(0);
    const again = await embedder.embedQuery('  graph\n e\u0301toile ');
    assert.deepEqual(again, expected);
    again.fill(0);
    assert.deepEqual(await embedder.embedQuery('graph \u00e9toile'), expected);
    await embedder.embedQuery('graph');
    const { cache, runs } = embedder.stats();
    assert.deepEqual(cache, { size: 2, hits: 2, misses: 2 });
    assert.equal(runs.count, 2);
    await assert.rejects(embedder.embedQuery('graph', { signal: AbortSignal.abort() }), isOf('cancelled'));
    await embedder.close();
    await assert.rejects(embedder.embedQuery('graph'), isOf('shutting_down'));
  });
});

describe('resizing', () => {
  it('under load loses no text', async () => {
    const embedder = await embedderWith();
    const all = embedder.embedDocuments(numbered(800, 'first'));
    await embedder.embedQuery('loaded');
    embedder.resize(3);
    for (let tries = 0; embedder.stats().workers < 3 && tries < 1000; tries++) await sleep(10);
    assert.equal(embedder.stats().workers, 3);
    const more = embedder.embedDocuments(numbered(400, 'more'));
    embedder.resize(1);
    assert.equal(embedder.stats().workers, 1);
    assert.deepEqual([(await all).length, (await more).length], [800, 400]);
    assert.equal(embedder.stats().deaths, 0);
    await embedder.close();
  });
});
