import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCountStore } from '../../src/papers/count-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { inventedPaper } from '../support/papers.js';
import { databaseKinds, withDatabase } from '../support/postgres.js';

for (const kind of databaseKinds) {
  describe(`counts of a paper (${kind})`, () => {
    const database = withDatabase(kind);

    it('are those of the latest look at each, also where one fell', async () => {
      const papers = createPaperStore(database.db);
      const today = '2024-03-20';
      const takeIn = async (asOf: string, fields: Parameters<typeof inventedPaper>[1]) =>
        (await papers.takeIn([inventedPaper(1, fields)], { asOf, today })).outcomes[0]!.key;
      await takeIn('2024-03-01', { upvotes: 9, citations: 2 });
      const key = await takeIn('2024-03-10', { upvotes: 7 });
      await papers.takeIn([inventedPaper(2, { upvotes: 1 })], { asOf: today, today });
      const latest = await createCountStore(database.db).listLatest(key);
      assert.deepEqual(
        latest.toSorted((a, b) => a.kind.localeCompare(b.kind)),
        [
          { kind: 'citations', day: '2024-03-01', value: 2 },
          { kind: 'upvotes', day: '2024-03-10', value: 7 },
        ],
      );
      assert.deepEqual(await createCountStore(database.db).listLatest(key + 1_000), []);
    });
  });
}
