import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import fc from 'fast-check';
import { DEATH_WINDOW_MS, MAX_ABANDONED, MAX_DEATHS } from '../../src/embedding/pool/death-toll.js';
import type { EmbedTask } from '../../src/embedding/pool/open-texts.js';
import { isAppError } from '../../src/platform/errors.js';
import { isOf } from '../support/errors.js';
import { type FakeWorker, vectorOf } from './fake-workers.js';
import { setUp } from './pool-set-up.js';

describe('death of a worker', () => {
  it('has what it had tried once more, each alone, and refuses only what kills again', async () => {
    const { submit, worker, ready, outcome } = setUp();
    await ready();
    submit('fresh', 'good', 'poison', 'fine', 'later');
    submit('query', 'q');
    worker(0).answer();
    worker(0).answer();
    assert.deepEqual(worker(0).open, ['poison', 'fine']);
    submit('query', 'r');
    worker(0).die('out of memory');
    await settled();
    worker(1).load();
    await settled();
    assert.deepEqual(worker(1).open, ['r'], 'the query has it for itself');
    worker(1).answer();
    assert.deepEqual(worker(1).open, ['poison']);
    worker(1).die('out of memory');
    await settled();
    const died = 'refused: the worker died on it 2 times, in the end because: out of memory';
    assert.equal(outcome('poison'), died);
    worker(2).load();
    await settled();
    assert.deepEqual(worker(2).open, ['fine']);
    worker(2).answer();
    worker(2).answer();
    for (const text of ['good', 'q', 'r', 'fine', 'later']) assert.deepEqual(outcome(text), vectorOf(text));
  });

  it('leaves a second worker its texts, and gives it none that must be alone before it is idle', async () => {
    const { submit, worker, ready, outcome } = setUp({ workers: 2 });
    await ready();
    submit('fresh', 'a', 'b', 'c', 'd', 'e');
    worker(0).die('crash');
    await settled();
    assert.deepEqual(worker(1).open, ['b', 'd']);
    worker(1).answer();
    assert.deepEqual(worker(1).open, ['d'], 'nothing is given behind it');
    worker(1).answer();
    assert.deepEqual(worker(1).open, ['a']);
    submit('query', 'q');
    assert.deepEqual(worker(1).open, ['a'], 'not even a query');
    worker(1).answer();
    assert.deepEqual(worker(1).open, ['q']);
    for (let answers = 0; answers < 3; answers++) worker(1).answer();
    for (const text of ['a', 'b', 'c', 'd', 'e', 'q']) assert.deepEqual(outcome(text), vectorOf(text));
  });

  it('replaces a worker that dies with nothing to do', async () => {
    const { fakes, worker, ready, pool } = setUp();
    await ready();
    worker(0).die('it ended by itself');
    await settled();
    assert.equal(pool.isWarm, false);
    assert.equal(fakes.all.length, 2);
    worker(1).load();
    await settled();
    assert.equal(pool.isWarm, true);
  });

  it('stops after too many deaths, says for how long, and starts again when they are past', async () => {
    const { pool, fakes, clock, submit, worker, ready, outcome } = setUp();
    await ready();
    for (let deaths = 0; deaths <= MAX_DEATHS; deaths++) {
      submit('fresh', `d${deaths}`);
      clock.now += 1000;
      worker(deaths).die('crash');
      await settled();
      if (deaths < MAX_DEATHS) worker(deaths + 1).load();
      await settled();
    }
    assert.equal(fakes.all.length, MAX_DEATHS + 1);
    assert.equal(outcome(`d${MAX_DEATHS}`), 'model_unavailable');
    const tooOften = (error: unknown) =>
      isAppError(error, 'model_unavailable') && error.retryAfter === 600 - MAX_DEATHS;
    assert.throws(() => submit('query', 'q'), tooOften);
    await assert.rejects(pool.warm(), tooOften);
    clock.now += DEATH_WINDOW_MS - MAX_DEATHS * 1000;
    submit('query', 'r');
    await settled();
    worker(MAX_DEATHS + 1).load();
    await settled();
    worker(MAX_DEATHS + 1).answer();
    assert.deepEqual(outcome('r'), vectorOf('r'));
    assert.equal(outcome('q'), undefined, 'a text that was refused is not kept');
  });

  it('does not stop for poisonous texts as long as others are embedded between them', async () => {
    const { pool, submit, worker, ready, outcome } = setUp();
    await ready();
    let at = 0;
    const dieAndLoad = async () => {
      worker(at).die('poison');
      at += 1;
      await settled();
      worker(at).load();
      await settled();
    };
    for (let round = 0; round < MAX_DEATHS; round++) {
      submit('fresh', `poison ${round}`);
      await dieAndLoad();
      await dieAndLoad();
      submit('fresh', `good ${round}`);
      worker(at).answer();
      assert.match(String(outcome(`poison ${round}`)), /^refused/);
      assert.deepEqual(outcome(`good ${round}`), vectorOf(`good ${round}`));
    }
    assert.equal(pool.stats().deaths, 2 * MAX_DEATHS);
  });
});

describe('a worker that does not come back', () => {
  /** Until `isSo`, for as long as the test's own limit allows. */
  it('is given up, replaced, and what it had tried once more', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { pool, submit, worker, fakes, ready, outcome } = setUp({ runTimeoutMs: 20 });
    await ready();
    submit('fresh', 'hang', 'good');
    t.mock.timers.tick(20);
    await settled();
    assert.ok(worker(0).abandoned);
    assert.equal(fakes.all.length, 2);
    worker(1).load();
    await settled();
    assert.deepEqual(worker(1).open, ['hang']);
    worker(0).answer();
    assert.equal(outcome('hang'), undefined, 'what comes too late is dropped');
    t.mock.timers.tick(20);
    await settled();
    assert.ok(worker(1).abandoned);
    assert.equal(
      outcome('hang'),
      'refused: the worker died on it 2 times, in the end because: it did not come back within 0.02 s',
    );
    worker(2).load();
    await settled();
    worker(2).answer();
    assert.deepEqual(outcome('good'), vectorOf('good'));
    const { deaths, timeouts } = pool.stats();
    assert.deepEqual([deaths, timeouts], [2, 2]);
    const closing = pool.close();
    worker(2).die('stopped');
    await closing;
  });

  it('has the whole time for each run', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { submit, worker, ready } = setUp({ runTimeoutMs: 1000 });
    await ready();
    t.mock.timers.tick(1001);
    submit('fresh', 'a', 'b');
    t.mock.timers.tick(999);
    worker(0).answer();
    t.mock.timers.tick(999);
    worker(0).answer();
    t.mock.timers.tick(1001);
    submit('fresh', 'c');
    t.mock.timers.tick(999);
    assert.equal(worker(0).abandoned, false);
    t.mock.timers.tick(1);
    assert.equal(worker(0).abandoned, true);
  });

  it('at its first load is an error, and later ones are as deaths', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { pool, worker, fakes } = setUp({ runTimeoutMs: 1000, workers: 2 });
    const warm = pool.warm();
    await settled();
    t.mock.timers.tick(1000);
    await assert.rejects(warm, isOf('model_unavailable'));
    assert.equal(worker(0).abandoned, true);
    const again = pool.warm();
    await settled();
    worker(1).load();
    await again;
    assert.equal(fakes.all.length, 3);
    worker(0).load();
    await settled();
    assert.equal(pool.stats().workers, 1, 'a load that comes too late is dropped');
    t.mock.timers.tick(1000);
    assert.equal(worker(2).abandoned, true);
    assert.equal(fakes.all.length, 4);
    assert.equal(pool.stats().timeouts, 2);
  });

  it('holds a model, so there may only be a few', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { pool, fakes, worker } = setUp({ runTimeoutMs: 1000 });
    for (let hanging = 0; hanging < MAX_ABANDONED; hanging++) {
      const warm = pool.warm();
      await settled();
      t.mock.timers.tick(1000);
      await assert.rejects(warm, /did not load within 1 s/);
    }
    await assert.rejects(pool.warm(), /4 embedding workers hang.*Restart/);
    assert.equal(fakes.all.length, MAX_ABANDONED);
    worker(0).die('it came back');
    await settled();
    pool.warm().catch(() => {});
    await settled();
    assert.equal(fakes.all.length, MAX_ABANDONED + 1);
  });

  it('does not hold a close for longer than its time, and its callers learn that', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { pool, submit, worker, ready, outcome } = setUp({ closeTimeoutMs: 500, workers: 2 });
    await ready();
    submit('fresh', 'a', 'b', 'c');
    const closing = pool.close();
    worker(1).answer();
    worker(1).die('stopped');
    await settled();
    t.mock.timers.tick(500);
    await closing;
    assert.deepEqual(
      [outcome('a'), outcome('b'), outcome('c')],
      ['shutting_down', vectorOf('b'), 'shutting_down'],
    );
    assert.equal(worker(0).abandoned, true);
  });
});

const events = fc.array(
  fc.tuple(
    fc.constantFrom(
      'fresh',
      'backfill',
      'query',
      'load',
      'answer',
      'answer',
      'fail',
      'die',
      'failLoad',
      'cancel',
      'later',
      'resize',
    ),
    fc.nat(5),
  ),
  { maxLength: 100 },
);

it('settles every text exactly once, whatever workers do', async () => {
  const run = fc.asyncProperty(events, fc.integer({ min: 1, max: 3 }), async (steps, workers) => {
    const { pool, fakes, clock, submit, outcomes } = setUp({ workers });
    const submitted: EmbedTask[] = [];
    const cancelled = new Set<EmbedTask>();
    const pick = (at: number, which: (worker: FakeWorker) => boolean) => {
      const some = fakes.all.filter(which);
      return some[at % Math.max(1, some.length)];
    };
    for (const [what, at] of steps) {
      if (what === 'fresh' || what === 'backfill' || what === 'query') {
        // Few texts, so that many are the same.
        const texts = Array.from({ length: what === 'query' ? 1 : at + 1 }, (_, n) => `${(at * 7 + n) % 9}`);
        try {
          submitted.push(...submit(what, ...texts));
        } catch (error) {
          assert.ok(isAppError(error, 'overloaded') || isAppError(error, 'model_unavailable'));
        }
      } else if (what === 'load') pick(at, (worker) => worker.loading && worker.alive)?.load();
      else if (what === 'failLoad') pick(at, (worker) => worker.loading && worker.alive)?.failLoad('no');
      else if (what === 'die') pick(at, (worker) => worker.alive)?.die('crash');
      else if (what === 'later') clock.now += DEATH_WINDOW_MS / 3;
      else if (what === 'resize') pool.resize(at + 1);
      else if (what === 'cancel') {
        const task = submitted[at];
        if (task !== undefined && !outcomes.has(task)) {
          pool.cancel([task]);
          cancelled.add(task);
        }
      } else {
        const busy = pick(at, (worker) => worker.alive && worker.open.length > 0);
        busy?.answer(what === 'fail' ? 'bad' : undefined);
      }
      await settled();
    }
    const closing = pool.close();
    for (const worker of fakes.all) {
      while (worker.alive && worker.open.length > 0) worker.answer();
      if (worker.alive) worker.die('stopped');
    }
    await closing;
    for (const task of submitted) assert.equal(outcomes.has(task), !cancelled.has(task), `text ${task.text}`);
    const { lanes } = pool.stats();
    for (const { open, waiting } of Object.values(lanes)) assert.deepEqual([open, waiting], [0, 0]);
  });
  await fc.assert(run, { numRuns: 200 });
});
