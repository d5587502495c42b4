import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createBatchQueue, type Lane, type QueueLimits } from '../../src/embedding/batch-queue.js';

interface Item {
  name: string;
  tokens: number;
  alone: boolean;
}

const limits: QueueLimits = { maxWaiting: { query: 3, document: 6 }, maxBatchTexts: 4, maxBatchTokens: 100 };
const item = (name: string, tokens = 10, alone = false): Item => ({ name, tokens, alone });
const names = (items: readonly Item[]) => items.map(({ name }) => name).join('');

describe('batch queue', () => {
  it('gives queries before documents, one at a time, each lane first in, first out', () => {
    const queue = createBatchQueue<Item>(limits);
    queue.offer('document', [item('a'), item('b')]);
    queue.offer('query', [item('x')]);
    queue.offer('query', [item('y')]);
    assert.equal(names(queue.take()), 'x');
    queue.offer('query', [item('z')]);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => names(queue.take())),
      ['y', 'z', 'ab', ''],
    );
  });

  it('bounds a batch by tokens and by texts, and gives a text that is too long for any batch alone', () => {
    const queue = createBatchQueue<Item>({ ...limits, maxWaiting: { query: 0, document: 99 } });
    queue.offer('document', [item('a', 60), item('b', 40), item('c', 1), item('L', 500), item('d')]);
    queue.offer(
      'document',
      ['e', 'f', 'g', 'h'].map((name) => item(name, 1)),
    );
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => names(queue.take())),
      ['ab', 'c', 'L', 'defg', 'h'],
    );
  });

  it('lets an item that must travel alone travel alone, wherever it stands', () => {
    const queue = createBatchQueue<Item>(limits);
    queue.offer('document', [item('a'), item('P', 1, true), item('b'), item('c')]);
    assert.deepEqual(
      [1, 2, 3].map(() => names(queue.take())),
      ['a', 'P', 'bc'],
    );
  });

  it('takes all of an offer or nothing', () => {
    const queue = createBatchQueue<Item>(limits);
    assert.equal(queue.offer('query', [item('a'), item('b')]), true);
    assert.equal(queue.offer('query', [item('c'), item('d')]), false);
    assert.equal(queue.waiting('query'), 2);
    assert.equal(queue.offer('query', [item('e')]), true);
    assert.equal(queue.offer('document', [item('f')]), true, 'the lanes have bounds of their own');
    assert.equal(names(queue.drain()), 'abef');
    assert.equal(queue.waiting('query') + queue.waiting('document'), 0);
  });

  it('puts back at the front, even where the queue is full', () => {
    const queue = createBatchQueue<Item>(limits);
    queue.offer(
      'document',
      ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => item(name)),
    );
    const batch = queue.take();
    queue.offer(
      'document',
      ['g', 'h', 'i', 'j'].map((name) => item(name)),
    );
    queue.putBack('document', batch);
    assert.equal(queue.waiting('document'), 10);
    assert.equal(queue.offer('document', [item('k')]), false);
    assert.deepEqual(
      [1, 2, 3].map(() => names(queue.take())),
      ['abcd', 'efgh', 'ij'],
    );
  });

  it('removes what waits and ignores what does not', () => {
    const queue = createBatchQueue<Item>(limits);
    const [a, b, c] = [item('a'), item('b'), item('c')];
    queue.offer('document', [a, b]);
    queue.remove([a, c]);
    assert.equal(names(queue.drain()), 'b');
  });

  it('loses and doubles nothing, keeps its bounds and its order, whatever happens', () => {
    const lane = fc.constantFrom<Lane>('query', 'document');
    const step = fc.oneof(
      fc.record({
        op: fc.constant('offer' as const),
        lane,
        sizes: fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 4 }),
      }),
      fc.record({ op: fc.constant('take' as const) }),
      fc.record({ op: fc.constant('remove' as const), at: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = createBatchQueue<Item>(limits);
        const model: Record<Lane, Item[]> = { query: [], document: [] };
        let count = 0;
        for (const next of steps) {
          if (next.op === 'offer') {
            const items = next.sizes.map((tokens) => item(String(count++), tokens, tokens % 7 === 0));
            const fits = model[next.lane].length + items.length <= limits.maxWaiting[next.lane];
            assert.equal(queue.offer(next.lane, items), fits);
            if (fits) model[next.lane].push(...items);
          } else if (next.op === 'take') {
            const from = model.query.length > 0 ? 'query' : 'document';
            const batch = queue.take();
            assert.deepEqual(batch, model[from].splice(0, batch.length));
            const tokens = batch.reduce((sum, one) => sum + one.tokens, 0);
            assert.ok(batch.length <= (from === 'query' ? 1 : limits.maxBatchTexts));
            assert.ok(
              batch.length <= 1 || (tokens <= limits.maxBatchTokens && !batch.some(({ alone }) => alone)),
            );
          } else {
            const all = [...model.query, ...model.document];
            const gone = all[next.at];
            if (gone === undefined) continue;
            queue.remove([gone]);
            for (const name of ['query', 'document'] as const)
              model[name] = model[name].filter((one) => one !== gone);
          }
          assert.equal(queue.waiting('query'), model.query.length);
          assert.equal(queue.waiting('document'), model.document.length);
        }
        assert.deepEqual(queue.drain(), [...model.query, ...model.document]);
      }),
    );
  });
});
