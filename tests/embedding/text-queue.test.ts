import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createTextQueue,
  FRESH_BEFORE_BACKFILL,
  type Lane,
  WINDOW,
} from '../../src/embedding/pool/text-queue.js';

interface Item {
  name: string;
  tokens: number;
}

const item = (name: string, tokens = 10): Item => ({ name, tokens });

function queueOf(texts: Partial<Record<Lane, Item[]>>) {
  const queue = createTextQueue<Item>();
  for (const [lane, items] of Object.entries(texts)) for (const one of items) queue.add(lane as Lane, one);
  return queue;
}

/** The names of all documents, in the order in which they are taken. */
function documentsOf(queue: ReturnType<typeof queueOf>): string {
  let names = '';
  for (let next = queue.takeDocument(); next !== undefined; next = queue.takeDocument()) names += next.name;
  return names;
}

describe('text queue', () => {
  it('gives queries first in, first out, and apart from documents', () => {
    const queue = queueOf({ fresh: [item('a')], query: [item('x', 5), item('y', 50)] });
    assert.deepEqual(
      [queue.takeQuery()?.name, queue.takeQuery()?.name, queue.takeQuery()],
      ['x', 'y', undefined],
    );
    assert.equal(documentsOf(queue), 'a');
    assert.equal(queue.takeDocument(), undefined);
  });

  it('gives the longest document of the window first, of equal ones the longest-waiting', () => {
    const queue = queueOf({
      fresh: [item('a', 5), item('b', 30), item('c', 5), item('d', 99), item('e', 30)],
    });
    assert.equal(documentsOf(queue), 'dbeac');
  });

  it('hands a window out before it looks at what came later, so that nobody is passed over for ever', () => {
    const queue = queueOf({ fresh: Array.from({ length: WINDOW }, () => item('.', 20)) });
    queue.add('fresh', item('L', 500));
    queue.takeDocument();
    for (let at = 0; at < 3; at++) queue.add('fresh', item('L', 500));
    assert.equal(documentsOf(queue), `${'.'.repeat(WINDOW - 1)}LLLL`);
  });

  it('gives every fifth run to a waiting backfill, all where nothing fresh waits, and none where it is empty', () => {
    const fresh = Array.from({ length: 12 }, () => item('f'));
    const queue = queueOf({ fresh, backfill: Array.from({ length: 4 }, () => item('b')) });
    assert.equal(FRESH_BEFORE_BACKFILL, 4);
    assert.equal(documentsOf(queue), 'ffffbffffbffffbb');
    assert.equal(documentsOf(queueOf({ fresh: fresh.slice(0, 7) })), 'fffffff');
  });

  it('lets nobody pass an item that its taker does not accept', () => {
    const queue = queueOf({ query: [item('x'), item('y')], fresh: [item('a', 9), item('b', 8)] });
    assert.equal(
      queue.takeQuery(({ name }) => name !== 'x'),
      undefined,
    );
    assert.equal(
      queue.takeDocument(({ name }) => name !== 'a'),
      undefined,
    );
    assert.deepEqual([queue.takeQuery()?.name, documentsOf(queue)], ['x', 'ab']);
  });

  it('puts back before all others of the lane', () => {
    const queue = queueOf({ fresh: [item('a', 9), item('b', 8)], query: [item('x')] });
    const [long, query] = [queue.takeDocument()!, queue.takeQuery()!];
    queue.add('fresh', item('c', 99));
    queue.add('query', item('y'));
    queue.putBack('fresh', long);
    queue.putBack('query', query);
    assert.equal(queue.waiting('fresh'), 3);
    assert.deepEqual([queue.takeQuery()?.name, queue.takeQuery()?.name], ['x', 'y']);
    assert.equal(documentsOf(queue), 'abc');
  });

  it('removes what waits, in a window or not, says so, and drains the rest', () => {
    const [a, b, c] = [item('a'), item('b'), item('c')];
    const queue = queueOf({ backfill: [a, b], query: [c] });
    const [again] = [queue.takeDocument()!];
    assert.equal(queue.remove(again), false);
    assert.equal(queue.remove(b), true);
    assert.equal(queue.remove(b), false);
    queue.putBack('backfill', a);
    assert.deepEqual(queue.drain(), [c, a]);
    assert.equal(queue.waiting('query') + queue.waiting('backfill'), 0);
  });
});

const lane = fc.constantFrom<Lane>('query', 'fresh', 'backfill');
const step = fc.oneof(
  fc.record({ op: fc.constant('add' as const), lane, tokens: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ op: fc.constant('take' as const), lane }),
  fc.record({ op: fc.constant('putBack' as const), lane }),
  fc.record({ op: fc.constant('remove' as const), lane, at: fc.nat(20) }),
);

it('loses and doubles nothing, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const queue = createTextQueue<Item>();
      const model: Record<Lane, Set<Item>> = { query: new Set(), fresh: new Set(), backfill: new Set() };
      let count = 0;
      let taken: Item | undefined;
      for (const next of steps) {
        if (next.op === 'add') {
          const added = item(String(count++), next.tokens);
          queue.add(next.lane, added);
          model[next.lane].add(added);
        } else if (next.op === 'take') {
          const isQuery = next.lane === 'query';
          taken = isQuery ? queue.takeQuery() : queue.takeDocument();
          const from = isQuery ? [model.query] : [model.fresh, model.backfill];
          if (taken === undefined) assert.ok(from.every(({ size }) => size === 0));
          else assert.ok(from.some((waiting) => waiting.delete(taken!)));
        } else if (next.op === 'putBack' && taken !== undefined) {
          queue.putBack(next.lane, taken);
          model[next.lane].add(taken);
          taken = undefined;
        } else if (next.op === 'remove') {
          const gone = [...model[next.lane]][next.at];
          if (gone === undefined) continue;
          assert.equal(queue.remove(gone), true);
          model[next.lane].delete(gone);
        }
        for (const name of ['query', 'fresh', 'backfill'] as const) {
          assert.equal(queue.waiting(name), model[name].size);
        }
      }
      const left = [...model.query, ...model.fresh, ...model.backfill];
      assert.deepEqual(new Set(queue.drain()), new Set(left));
    }),
  );
});
