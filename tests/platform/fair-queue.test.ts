import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as others } from 'node:timers/promises';
import { createFairQueue } from '../../src/platform/fair-queue.js';

/** A queue with work that ends when it is told, and who has begun. */
function setUp(maxWaitMs = 60_000) {
  const limits = { atOnce: 2, maxWaiting: 4, maxOfOne: 2, maxWaitMs };
  const queue = createFairQueue({ ...limits, busy: 'Others are at it' });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (name: string, signal?: AbortSignal) => {
    const work = () =>
      new Promise<string>((resolve) => {
        begun.push(name);
        ends.set(name, () => resolve(name));
      });
    // a1 and a2 are of a.
    const asked = queue.run(name.slice(0, 1), work, signal);
    asked.catch(() => undefined);
    return asked;
  };
  const end = async (asked: Promise<string>, name: string) => {
    ends.get(name)!();
    await asked;
    await others();
  };
  return { ask, end, begun };
}

describe('a fair queue', () => {
  it('has one of a visitor under way, and the others in the order of coming', async () => {
    const { ask, end, begun } = setUp();
    const [a1, , b1, c1] = [ask('a1'), ask('a2'), ask('b1'), ask('c1')];
    await others();
    assert.deepEqual(begun, ['a1', 'b1']);
    await end(b1, 'b1');
    assert.deepEqual(begun, ['a1', 'b1', 'c1'], 'a2 waits for a1 and lets c1 pass');
    ask('b2');
    await end(a1, 'a1');
    assert.deepEqual(begun.slice(3), ['a2']);
    await end(c1, 'c1');
    assert.deepEqual(begun.slice(4), ['b2']);
  });

  it('refuses who is too many, of one visitor and of all', async () => {
    const { ask } = setUp();
    for (const name of ['a1', 'b1', 'a2', 'a3']) ask(name);
    await assert.rejects(ask('a4'), { code: 'overloaded', message: 'Others are at it: try again soon.' });
    for (const name of ['c1', 'd1']) ask(name);
    await assert.rejects(ask('e1'), { code: 'overloaded' });
  });

  it('refuses who has waited too long, and forgets who has gone away', async () => {
    const { ask, end, begun } = setUp(30);
    const [a1] = [ask('a1'), ask('b1')];
    await others();
    const stop = new AbortController();
    const gone = ask('c1', stop.signal);
    stop.abort();
    await assert.rejects(gone, { code: 'cancelled' });
    await assert.rejects(ask('d1', stop.signal), { code: 'cancelled' });
    await assert.rejects(ask('e1'), { code: 'overloaded' });
    await end(a1, 'a1');
    ask('f1');
    await others();
    assert.deepEqual(begun, ['a1', 'b1', 'f1']);
  });

  it('gives a place back whatever becomes of the work', async () => {
    const queue = createFairQueue({ atOnce: 1, maxWaiting: 0, maxOfOne: 0, maxWaitMs: 1, busy: 'x' });
    await assert.rejects(
      queue.run('a', () => Promise.reject(new Error('broken'))),
      /broken/,
    );
    assert.equal(await queue.run('b', async () => 1), 1);
  });
});
