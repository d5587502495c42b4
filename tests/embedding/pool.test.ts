import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { MAX_DEATHS } from '../../src/embedding/pool/death-toll.js';
import { AppError, isAppError } from '../../src/platform/errors.js';
import { isOf } from '../support/errors.js';
import { vectorOf } from './fake-workers.js';
import { setUp } from './pool-set-up.js';

describe('loading', () => {
  it('starts one worker, the others when it is ready, and answers warm at the first', async () => {
    const { pool, fakes, worker } = setUp({ workers: 3 });
    assert.equal(pool.isWarm, false);
    const both = Promise.all([pool.warm(), pool.warm()]);
    await settled();
    assert.equal(fakes.all.length, 1);
    worker(0).load();
    await both;
    assert.equal(pool.isWarm, true);
    assert.equal(fakes.all.length, 3);
    await pool.warm();
    assert.equal(pool.stats().workers, 1);
  });

  it('is started by a text, and rejects what waits when it fails; the next try starts afresh', async () => {
    const { pool, fakes, submit, worker, outcome } = setUp({ workers: 2 });
    submit('fresh', 'a');
    submit('query', 'b');
    const warm = pool.warm();
    await settled();
    worker(0).failLoad('no such operator');
    await assert.rejects(warm, isOf('model_invalid'));
    assert.deepEqual([outcome('a'), outcome('b')], ['model_invalid', 'model_invalid']);
    assert.equal(fakes.all.length, 1, 'a load that failed is not tried again by itself');
    submit('query', 'c');
    await settled();
    worker(1).load();
    await settled();
    worker(1).answer();
    assert.deepEqual(outcome('c'), vectorOf('c'));
  });

  it('checks the files before every first worker', async () => {
    let damaged = true;
    const { pool, fakes, worker } = setUp({
      prepare: async () => {
        if (damaged) throw new AppError('model_invalid', 'damaged');
      },
    });
    await assert.rejects(pool.warm(), isOf('model_invalid'));
    assert.equal(fakes.all.length, 0);
    damaged = false;
    const warm = pool.warm();
    await settled();
    worker(0).load();
    await warm;
  });

  it('goes on with one worker where the other cannot be loaded', async () => {
    const { submit, fakes, worker, pool, outcome } = setUp({ workers: 2 });
    const warm = pool.warm();
    await settled();
    worker(0).load();
    await warm;
    for (let at = 1; at <= MAX_DEATHS + 1; at++) {
      worker(at).failLoad('out of memory');
      await settled();
    }
    assert.equal(fakes.all.length, MAX_DEATHS + 2, 'it gives up on the second worker');
    submit('query', 'q');
    worker(0).answer();
    assert.deepEqual(outcome('q'), vectorOf('q'));
  });
});

describe('order', () => {
  it('gives each worker one text and one more for after it, spread before stacked', async () => {
    const { submit, worker, ready } = setUp({ workers: 2 });
    await ready();
    submit('fresh', 'a', 'b', 'c', 'd', 'e');
    assert.deepEqual(
      [worker(0).given, worker(1).given],
      [
        ['a', 'c'],
        ['b', 'd'],
      ],
    );
    worker(1).answer();
    assert.deepEqual(worker(1).open, ['d', 'e']);
  });

  it('has a query wait for the run under way and for nothing else', async () => {
    const { submit, worker, ready } = setUp();
    await ready();
    submit('backfill', 'a', 'b', 'c');
    submit('fresh', 'd', 'e');
    submit('query', 'q');
    submit('query', 'r');
    submit('query', 's');
    assert.deepEqual(worker(0).open, ['a', 'q', 'r', 'b']);
    worker(0).answer();
    worker(0).answer();
    assert.deepEqual(
      worker(0).open,
      ['r', 's', 'b', 'd'],
      'the third query is there before the second is done',
    );
    worker(0).answer();
    worker(0).answer();
    worker(0).answer();
    assert.deepEqual(worker(0).open, ['d', 'e'], 'fresh documents go before the backfill');
    assert.deepEqual(worker(0).given, ['a', 'b', 'q!', 'r!', 's!', 'd', 'e']);
  });

  it('gives a query to an idle worker, else to one with fewer queries, else to the longest at its run', async () => {
    const { submit, worker, ready, clock } = setUp({ workers: 2 });
    await ready();
    submit('fresh', 'a');
    submit('query', 'q');
    assert.deepEqual(worker(1).open, ['q']);
    worker(1).answer();
    clock.now += 5;
    submit('fresh', 'b');
    clock.now += 5;
    submit('query', 'r');
    submit('query', 's');
    assert.deepEqual(
      [worker(0).open, worker(1).open],
      [
        ['a', 'r'],
        ['b', 's'],
      ],
    );
  });

  it('counts what was waited for, run and embedded, by lane', async () => {
    const { pool, submit, worker, ready, clock, reports } = setUp();
    await ready();
    submit('backfill', 'a', 'b', 'c');
    clock.now += 12;
    worker(0).answer();
    submit('query', 'q');
    clock.now += 10;
    worker(0).answer();
    const { lanes, runs, tokens } = pool.stats();
    assert.deepEqual(lanes.backfill, {
      waiting: 0,
      open: 1,
      embedded: 2,
      refused: 0,
      overloaded: 0,
      waitMs: { total: 30, max: 20 },
    });
    assert.deepEqual([lanes.query.embedded, lanes.query.open], [0, 1]);
    assert.deepEqual([runs, tokens], [{ count: 2, ms: { total: 4, max: 2 } }, 6]);
    assert.deepEqual(reports, [
      { lane: 'backfill', waitMs: 10, runMs: 2, tokens: 3 },
      { lane: 'backfill', waitMs: 20, runMs: 2, tokens: 3 },
    ]);
  });
});

describe('identical texts', () => {
  it('share one run, and each caller has a vector of its own', async () => {
    const { pool, submit, worker, ready, vectors } = setUp();
    await ready();
    submit('fresh', 'a', 'a');
    submit('backfill', 'a');
    assert.deepEqual(worker(0).given, ['a']);
    worker(0).answer();
    const all = vectors('a');
    assert.equal(all.length, 3);
    assert.equal(new Set(all.map(({ buffer }) => buffer)).size, 3);
    for (const vector of all) assert.deepEqual([...vector], vectorOf('a'));
    assert.equal(pool.stats().shared, 2);
    submit('fresh', 'a');
    assert.deepEqual(worker(0).given, ['a', 'a'], 'what is done is not kept');
  });

  it('take the class of the most urgent, waiting or given already', async () => {
    const { submit, worker, ready } = setUp();
    await ready();
    submit('backfill', 'a', 'b', 'c', 'd');
    submit('query', 'q');
    submit('query', 'b');
    assert.deepEqual(worker(0).open.slice(0, 3), ['a', 'q', 'b'], 'the one that was given hurries');
    submit('query', 'd');
    for (let answers = 0; answers < 3; answers++) worker(0).answer();
    assert.deepEqual(worker(0).open.slice(0, 2), ['d', 'c']);
  });

  it('are kept for the others when one caller goes', async () => {
    const { pool, submit, worker, ready, outcome } = setUp();
    await ready();
    submit('fresh', 'a', 'b');
    const gone = submit('fresh', 'c', 'd');
    submit('backfill', 'c');
    pool.cancel(gone);
    for (let answers = 0; answers < 3; answers++) worker(0).answer();
    assert.deepEqual(worker(0).given, ['a', 'b', 'c']);
    assert.deepEqual(outcome('c'), vectorOf('c'));
    assert.equal(outcome('d'), undefined);
  });

  it('count each against the limit', async () => {
    const { pool, submit, ready } = setUp();
    await ready();
    for (let at = 0; at < 4; at++) submit('query', 'q');
    assert.throws(() => submit('query', 'q'), isOf('overloaded'));
    assert.deepEqual([pool.stats().lanes.query.open, pool.stats().lanes.query.overloaded], [4, 1]);
  });
});

describe('limits', () => {
  it('takes all texts of a call or none, and says when to come back', async () => {
    const { pool, submit, ready } = setUp();
    await ready();
    submit('fresh', ...Array.from({ length: 19 }, (_, at) => `d${at}`));
    assert.throws(
      () => submit('fresh', 'one more', 'and another'),
      (error) =>
        isAppError(error, 'overloaded') && error.retryAfter === 10 && /limit of 20/.test(error.message),
    );
    assert.equal(pool.stats().lanes.fresh.open, 19);
    submit('fresh', 'just one');
    submit('backfill', 'a lane of its own');
    submit('query', 'q');
  });

  it('forgets what is cancelled, waiting or under way, and has room again', async () => {
    const { pool, submit, worker, ready, outcome } = setUp();
    await ready();
    const first = submit('fresh', 'a', 'b');
    const second = submit('fresh', 'c');
    submit('fresh', 'd');
    pool.cancel(first);
    pool.cancel(second);
    assert.equal(pool.stats().lanes.fresh.open, 1);
    for (let answers = 0; answers < 3; answers++) worker(0).answer();
    assert.deepEqual(worker(0).given, ['a', 'b', 'd']);
    assert.deepEqual([outcome('a'), outcome('c'), outcome('d')], [undefined, undefined, vectorOf('d')]);
  });
});

describe('vectors of a broken model', () => {
  const broken = [
    Float32Array.of(Number.NaN, 1),
    Float32Array.of(0, 0),
    Float32Array.of(1),
    Float32Array.of(3, 4),
  ];

  for (const vector of broken) {
    it(`are refused: ${vector}`, async () => {
      const { pool, submit, worker, ready, outcome } = setUp();
      await ready();
      submit('fresh', 'a', 'b');
      worker(0).answer(vector);
      worker(0).answer();
      assert.match(String(outcome('a')), /^refused: the model gave a vector /);
      assert.deepEqual(outcome('b'), vectorOf('b'));
      const { refused, embedded } = pool.stats().lanes.fresh;
      assert.deepEqual([refused, embedded], [1, 1]);
    });
  }

  it('and other failures are not tried again', async () => {
    const { submit, worker, ready, outcome } = setUp();
    await ready();
    submit('fresh', 'a', 'b');
    worker(0).answer('no token for this');
    worker(0).answer();
    assert.equal(outcome('a'), 'refused: no token for this');
    assert.deepEqual(worker(0).given, ['a', 'b']);
  });
});

describe('size', () => {
  it('grows at once, and shrinks by letting the least busy finish', async () => {
    const { pool, fakes, submit, worker, ready, outcome } = setUp();
    await ready();
    submit('fresh', 'a', 'b', 'c', 'd', 'e');
    pool.resize(3);
    assert.equal(fakes.all.length, 3);
    worker(1).load();
    worker(2).load();
    await settled();
    assert.equal(pool.stats().workers, 3);
    pool.resize(1);
    assert.deepEqual(
      fakes.all.map(({ stopped }) => stopped),
      [false, true, true],
    );
    assert.equal(pool.stats().workers, 1);
    assert.deepEqual([worker(1).open, worker(2).open], [['c', 'd'], ['e']]);
    worker(1).answer();
    worker(1).answer();
    worker(1).die('stopped');
    worker(2).answer();
    worker(2).die('stopped');
    await settled();
    assert.equal(fakes.all.length, 3);
    assert.equal(pool.stats().deaths, 0);
    worker(0).answer();
    worker(0).answer();
    for (const text of ['a', 'b', 'c', 'd', 'e']) assert.deepEqual(outcome(text), vectorOf(text));
  });

  it('changes while loading too, and a shrinking pool tries again what a leaving worker dies on', async () => {
    const { pool, fakes, submit, worker, outcome } = setUp({ workers: 2 });
    submit('fresh', 'a', 'b');
    pool.resize(3);
    await settled();
    assert.equal(fakes.all.length, 1);
    worker(0).load();
    await settled();
    assert.equal(fakes.all.length, 3);
    worker(1).load();
    await settled();
    submit('fresh', 'c');
    pool.resize(1);
    assert.deepEqual(
      fakes.all.map(({ stopped }) => stopped),
      [false, true, true],
    );
    assert.deepEqual(worker(1).open, ['c']);
    worker(2).load();
    worker(1).die('crash');
    await settled();
    assert.equal(fakes.all.length, 3);
    worker(0).answer();
    worker(0).answer();
    worker(0).answer();
    assert.deepEqual(outcome('c'), vectorOf('c'));
    assert.equal(pool.stats().deaths, 1);
  });
});

describe('close', () => {
  it('finishes what is under way, refuses the rest, and ends when the workers have', async () => {
    const { pool, submit, worker, ready, outcome } = setUp();
    await ready();
    submit('fresh', 'a', 'b', 'c', 'd');
    let closed = false;
    const closing = pool.close().then(() => {
      closed = true;
    });
    assert.equal(outcome('d'), 'shutting_down');
    assert.equal(pool.isWarm, false);
    assert.throws(() => submit('query', 'q'), isOf('shutting_down'));
    await assert.rejects(pool.warm(), isOf('shutting_down'));
    assert.equal(worker(0).stopped, true);
    worker(0).answer();
    worker(0).answer();
    assert.deepEqual([outcome('a'), outcome('b')], [vectorOf('a'), vectorOf('b')]);
    await settled();
    assert.equal(closed, false);
    worker(0).die('stopped');
    await closing;
    await pool.close();
    assert.equal(pool.stats().deaths, 0);
  });

  it('waits for a load under way and starts nothing after it', async () => {
    const { pool, fakes, submit, worker, outcome } = setUp({ workers: 2 });
    submit('fresh', 'a');
    await settled();
    const closing = pool.close();
    assert.equal(outcome('a'), 'shutting_down');
    worker(0).load();
    await settled();
    worker(0).die('stopped');
    await closing;
    assert.equal(fakes.all.length, 1);
  });

  it('during the check of the files starts no worker', async () => {
    const { pool, fakes } = setUp();
    const warm = assert.rejects(pool.warm(), isOf('shutting_down'));
    await pool.close();
    await warm;
    await settled();
    assert.equal(fakes.all.length, 0);
  });

  it('rejects what a worker dies on meanwhile', async () => {
    const { pool, submit, worker, ready, outcome } = setUp();
    await ready();
    submit('fresh', 'a');
    const closing = pool.close();
    worker(0).die('crash');
    await closing;
    assert.equal(outcome('a'), 'shutting_down');
  });
});
