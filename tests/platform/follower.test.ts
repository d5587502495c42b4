import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { createFollower } from '../../src/platform/follower.js';
import { silentLogger } from '../../src/platform/log.js';

/** A follower whose steps end when they are told to, by a clock that the test moves. */
function setUp(pollMs = 1_000) {
  let steps = 0;
  let running = 0;
  let end: { resolve(): void; reject(error: Error): void } | null = null;
  const follower = createFollower({
    failure: 'it could not follow',
    log: silentLogger,
    pollMs,
    step: async () => {
      steps++;
      assert.equal(++running, 1, 'never twice at once');
      await new Promise<void>((resolve, reject) => {
        end = { resolve, reject };
      }).finally(() => running--);
    },
  });
  /** Lets promises settle; the clock stands still. */
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 20; n++) await Promise.resolve();
  };
  return {
    follower,
    steps: () => steps,
    settle,
    finish: async (error?: Error): Promise<void> => {
      assert.ok(end !== null);
      if (error === undefined) end.resolve();
      else end.reject(error);
      end = null;
      await settle();
    },
    pass: async (ms: number): Promise<void> => {
      mock.timers.tick(ms);
      await settle();
    },
  };
}

function withClock(run: () => Promise<void>): () => Promise<void> {
  return async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      await run();
    } finally {
      mock.timers.reset();
    }
  };
}

describe('a follower', () => {
  it(
    'looks at once, and again by the clock',
    withClock(async () => {
      const { follower, steps, finish, pass } = setUp();
      assert.equal(steps(), 0);
      follower.start();
      follower.start();
      assert.equal(steps(), 1);
      await finish();
      await pass(999);
      assert.equal(steps(), 1);
      await pass(1);
      assert.equal(steps(), 2);
      await finish();
      await follower.close();
    }),
  );

  it(
    'looks at once at a hint, and once more for one that came during a step',
    withClock(async () => {
      const { follower, steps, finish, settle } = setUp();
      follower.start();
      await finish();
      follower.hint();
      await settle();
      assert.equal(steps(), 2);
      follower.hint();
      follower.hint();
      await finish();
      assert.equal(steps(), 3);
      await finish();
      assert.equal(steps(), 3);
      await follower.close();
    }),
  );

  it(
    'waits longer after each failure, up to ten seconds, and from the start after a success',
    withClock(async () => {
      const { follower, steps, finish, pass } = setUp();
      follower.start();
      let count = 1;
      for (const wait of [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
        // Of a step that fails the hints are forgotten: it would be tried without a break.
        follower.hint();
        await finish(new Error(`failure ${count}`));
        assert.equal(follower.error, `failure ${count}`);
        await pass(wait - 1);
        assert.equal(steps(), count);
        await pass(1);
        assert.equal(steps(), ++count);
      }
      await finish();
      assert.equal(follower.error, null);
      await pass(1_000);
      await finish(new Error('again'));
      await pass(250);
      assert.equal(steps(), count + 2);
      await finish();
      await follower.close();
    }),
  );

  it(
    'closes after the step under way, and takes no further one',
    withClock(async () => {
      const { follower, steps, finish, settle, pass } = setUp();
      follower.start();
      let isClosed = false;
      const closing = follower.close().then(() => {
        isClosed = true;
      });
      assert.equal(follower.isClosed, true);
      follower.hint();
      await settle();
      assert.equal(isClosed, false);
      await finish(new Error('cut off'));
      await closing;
      follower.hint();
      follower.start();
      await pass(20_000);
      assert.equal(steps(), 1);
    }),
  );

  it(
    'closes at once while it waits, or was never started',
    withClock(async () => {
      const { follower, finish, steps } = setUp();
      follower.start();
      await finish();
      await follower.close();
      assert.equal(steps(), 1);
      await setUp().follower.close();
    }),
  );
});
