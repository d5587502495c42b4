import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setUp } from './pool-set-up.js';

describe('the choice of a worker', () => {
  it('keeps a worker free of documents while queries are coming in', async () => {
    const { submit, ready, clock, fakes } = setUp({ workers: 2 });
    await ready();
    submit('query', 'q');
    submit('backfill', 'a', 'b', 'c', 'd', 'e');
    const documents = () => fakes.all.map((one) => one.given.filter((text) => text !== 'q!').length);
    assert.deepEqual(documents().toSorted(), [0, 2]);
    clock.now = 300;
    submit('backfill', 'f');
    assert.deepEqual(documents(), [2, 2], 'nobody has asked for a while');
  });
});
