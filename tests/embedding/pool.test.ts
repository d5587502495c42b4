import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import fc from 'fast-check';
import type { Lane, QueueLimits } from '../../src/embedding/batch-queue.js';
import { DEATH_WINDOW_MS, type EmbedTask, MAX_DEATHS, WorkerPool } from '../../src/embedding/pool.js';
import { AppError, isAppError } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { createFakeWorkers, type FakeWorker, vectorOf } from './fake-workers.js';

const queue: QueueLimits = { maxWaiting: { query: 4, document: 20 }, maxBatchTexts: 3, maxBatchTokens: 100 };

/** What became of a text: its vector, the reason it was refused for, or an error's code. */
type Outcome = number[] | string;

function setUp({
  workers = 1,
  prepare = async () => {},
}: {
  workers?: number;
  prepare?: () => Promise<void>;
} = {}) {
  const fakes = createFakeWorkers();
  const clock = { now: 0 };
  const pool = new WorkerPool({
    spawn: fakes.spawn,
    prepare,
    workers,
    queue,
    log: silentLogger,
    now: () => clock.now,
  });
  const outcomes = new Map<string, Outcome>();
  const settle = (text: string, outcome: Outcome) => {
    assert.ok(!outcomes.has(text), `${text} was settled twice`);
    outcomes.set(text, outcome);
  };
  const task = (lane: Lane, text: string): EmbedTask => ({
    lane,
    text,
    tokens: 10,
    done: (vector) => settle(text, [...vector]),
    fail: (error) => settle(text, error.code),
    refuse: (reason) => settle(text, `refused: ${reason}`),
  });
  const submit = (lane: Lane, ...texts: string[]): EmbedTask[] => {
    const tasks = texts.map((text) => task(lane, text));
    pool.submit(lane, tasks);
    return tasks;
  };
  const worker = (at: number): FakeWorker => fakes.all[at] ?? assert.fail(`there is no worker ${at}`);
  const outcome = (text: string) => outcomes.get(text);
  /** Starts and loads all workers. */
  const ready = async () => {
    const warm = pool.warm();
    for (let at = 0; at < workers; at++) {
      await settled();
      worker(at).load();
    }
    await warm;
    await settled();
  };
  return { pool, fakes, clock, submit, worker, outcomes, outcome, ready };
}

const hasCode = (code: AppError['code']) => (error: unknown) => isAppError(error, code);

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
    submit('document', 'a');
    submit('query', 'b');
    const warm = pool.warm();
    await settled();
    worker(0).failLoad('no such operator');
    await assert.rejects(warm, hasCode('model_invalid'));
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
    await assert.rejects(pool.warm(), hasCode('model_invalid'));
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
  it('gives queries the next free worker, before every document', async () => {
    const { submit, worker, ready } = setUp();
    await ready();
    submit('document', 'a', 'b', 'c', 'd', 'e', 'f');
    submit('query', 'q');
    submit('query', 'r');
    for (let answers = 0; answers < 8; answers++) worker(0).answer();
    assert.deepEqual(worker(0).batches, [['a', 'b', 'c'], ['q'], ['r'], ['d', 'e', 'f']]);
  });

  it('uses all workers', async () => {
    const { submit, worker, ready } = setUp({ workers: 2 });
    await ready();
    submit('document', 'a', 'b', 'c', 'd');
    assert.deepEqual([worker(0).open, worker(1).open], [['a', 'b', 'c'], ['d']]);
  });
});

describe('limits', () => {
  it('takes all texts of a call or none, and says when to come back', async () => {
    const { pool, submit, ready } = setUp();
    await ready();
    submit('document', ...Array.from({ length: 20 }, (_, at) => `d${at}`));
    submit('document', 'x', 'y', 'z');
    assert.throws(
      () => submit('document', 'one more', 'and another'),
      (error) =>
        isAppError(error, 'overloaded') && error.retryAfter === 10 && /limit of 20/.test(error.message),
    );
    assert.equal(pool.stats().waiting.document, 20);
    submit('query', 'q');
  });

  it('forgets what is cancelled, waiting or under way', async () => {
    const { pool, submit, worker, ready, outcome } = setUp();
    await ready();
    const first = submit('document', 'a', 'b');
    const second = submit('document', 'c');
    submit('document', 'd');
    pool.cancel(first);
    pool.cancel(second);
    for (let answers = 0; answers < 3; answers++) worker(0).answer();
    assert.deepEqual(worker(0).batches, [['a', 'b'], ['d']]);
    assert.deepEqual([outcome('a'), outcome('c'), outcome('d')], [undefined, undefined, vectorOf('d')]);
  });
});

describe('death of a worker', () => {
  it('tries what was under way once more, each text alone, and rejects only what kills again', async () => {
    const { submit, worker, ready, outcome } = setUp();
    await ready();
    submit('document', 'good', 'poison', 'fine');
    submit('document', 'later');
    worker(0).answer();
    worker(0).die('out of memory');
    await settled();
    worker(1).load();
    await settled();
    assert.deepEqual(worker(1).open, ['poison']);
    worker(1).die('out of memory');
    await settled();
    assert.equal(
      outcome('poison'),
      'refused: the worker died on it 2 times, in the end because: out of memory',
    );
    worker(2).load();
    await settled();
    worker(2).answer();
    worker(2).answer();
    assert.deepEqual(worker(2).batches, [['fine'], ['later']]);
    for (const text of ['good', 'fine', 'later']) assert.deepEqual(outcome(text), vectorOf(text));
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

  it('does not retry what failed without a death', async () => {
    const { submit, worker, ready, outcome } = setUp();
    await ready();
    submit('document', 'a', 'b');
    worker(0).answer('the model gave a vector of length 0');
    worker(0).answer();
    assert.equal(outcome('a'), 'refused: the model gave a vector of length 0');
    assert.deepEqual(outcome('b'), vectorOf('b'));
  });

  it('stops after too many deaths, says for how long, and starts again when they are past', async () => {
    const { pool, fakes, clock, submit, worker, ready, outcome } = setUp();
    await ready();
    for (let deaths = 0; deaths <= MAX_DEATHS; deaths++) {
      submit('document', `d${deaths}`);
      clock.now += 1000;
      worker(deaths).die('crash');
      await settled();
      if (deaths < MAX_DEATHS) worker(deaths + 1).load();
      await settled();
    }
    assert.equal(fakes.all.length, MAX_DEATHS + 1);
    assert.equal(outcome(`d${MAX_DEATHS}`), 'model_unavailable');
    const tooOften = (error: unknown) => isAppError(error, 'model_unavailable') && error.retryAfter === 595;
    assert.throws(() => submit('query', 'q'), tooOften);
    await assert.rejects(pool.warm(), tooOften);
    clock.now += DEATH_WINDOW_MS - 5_000;
    submit('query', 'r');
    await settled();
    worker(MAX_DEATHS + 1).load();
    await settled();
    worker(MAX_DEATHS + 1).answer();
    assert.deepEqual(outcome('r'), vectorOf('r'));
    assert.equal(outcome('q'), undefined, 'a text that was refused is not kept');
  });
});

describe('close', () => {
  it('finishes what is under way, refuses the rest, and ends when the workers have', async () => {
    const { pool, submit, worker, ready, outcome } = setUp();
    await ready();
    submit('document', 'a', 'b', 'c', 'd');
    let closed = false;
    const closing = pool.close().then(() => {
      closed = true;
    });
    assert.equal(outcome('d'), 'shutting_down');
    assert.equal(pool.isWarm, false);
    assert.throws(() => submit('query', 'q'), hasCode('shutting_down'));
    await assert.rejects(pool.warm(), hasCode('shutting_down'));
    assert.equal(worker(0).stopped, true);
    for (let answers = 0; answers < 3; answers++) worker(0).answer();
    assert.deepEqual(outcome('c'), vectorOf('c'));
    await settled();
    assert.equal(closed, false);
    worker(0).die('stopped');
    await closing;
    await pool.close();
    assert.equal(pool.stats().deaths, 0);
  });

  it('waits for a load under way and starts nothing after it', async () => {
    const { pool, fakes, submit, worker, outcome } = setUp({ workers: 2 });
    submit('document', 'a');
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
    const warm = assert.rejects(pool.warm(), hasCode('shutting_down'));
    await pool.close();
    await warm;
    await settled();
    assert.equal(fakes.all.length, 0);
  });

  it('rejects what a worker dies on meanwhile', async () => {
    const { pool, submit, worker, ready, outcome } = setUp();
    await ready();
    submit('document', 'a');
    const closing = pool.close();
    worker(0).die('crash');
    await closing;
    assert.equal(outcome('a'), 'shutting_down');
  });
});

const events = fc.array(
  fc.tuple(
    fc.constantFrom('document', 'query', 'load', 'answer', 'fail', 'die', 'failLoad', 'cancel', 'later'),
    fc.nat(5),
  ),
  { maxLength: 80 },
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
      if (what === 'document' || what === 'query') {
        const texts = Array.from(
          { length: what === 'query' ? 1 : at + 1 },
          (_, n) => `${submitted.length + n}`,
        );
        try {
          submitted.push(...submit(what, ...texts));
        } catch (error) {
          assert.ok(isAppError(error, 'overloaded') || isAppError(error, 'model_unavailable'));
        }
      } else if (what === 'load') pick(at, (worker) => worker.loading && worker.alive)?.load();
      else if (what === 'failLoad') pick(at, (worker) => worker.loading && worker.alive)?.failLoad('no');
      else if (what === 'die') pick(at, (worker) => worker.alive)?.die('crash');
      else if (what === 'later') clock.now += DEATH_WINDOW_MS / 3;
      else if (what === 'cancel') {
        const task = submitted[at];
        if (task !== undefined && !outcomes.has(task.text)) {
          pool.cancel([task]);
          cancelled.add(task);
        }
      } else
        pick(at, (worker) => worker.alive && worker.open.length > 0)?.answer(
          what === 'fail' ? 'bad' : undefined,
        );
      await settled();
    }
    const closing = pool.close();
    for (const worker of fakes.all) {
      while (worker.alive && worker.open.length > 0) worker.answer();
      if (worker.alive) worker.die('stopped');
    }
    await closing;
    for (const task of submitted) {
      assert.equal(outcomes.has(task.text), !cancelled.has(task), `text ${task.text}`);
    }
  });
  await fc.assert(run, { numRuns: 150 });
});
